// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/object_reader.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace rt::rtd {

ObjectReader::ObjectReader(const Json& object, std::string place)
    : ObjectReader(object, std::move(place), std::make_shared<std::optional<Error>>()) {}

ObjectReader::ObjectReader(const Json& object, std::string place,
                           std::shared_ptr<std::optional<Error>> problem)
    : object_(object), place_(std::move(place)), problem_(std::move(problem)) {}

std::string ObjectReader::place_of(const std::string& key) const {
    return place_.empty() ? key : cat(place_, ".", key);
}

const Json* ObjectReader::find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void ObjectReader::complain(Error error) {
    if (!*problem_) *problem_ = std::move(error);
}

Result<void> ObjectReader::done() const {
    if (*problem_) return std::unexpected(**problem_);
    return {};
}

bool ObjectReader::expect(bool fits, const std::string& key, const Json& value, const char* what) {
    if (!fits)
        complain({Code::invalid_argument, 0,
                  cat("invalid JSON: ", place_of(key), " is ", what, ", not ", value.type_name())});
    return fits;
}

void ObjectReader::text(const char* key, std::string& value) {
    const Json* const found = find(key);
    if (found != nullptr && expect(found->is_string(), key, *found, "a string")) value = *found;
}

void ObjectReader::flag(const char* key, bool& value) {
    const Json* const found = find(key);
    if (found != nullptr && expect(found->is_boolean(), key, *found, "a boolean")) value = *found;
}

void ObjectReader::flag(const char* key, std::optional<bool>& value) {
    if (has(key)) flag(key, value.emplace());
}

template <class Number>
void ObjectReader::whole_number(const char* key, Number& value) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_number_integer(), key, *found, "a whole number")) return;
    const bool fits = found->is_number_unsigned() ? std::in_range<Number>(found->get<std::uint64_t>())
                                                  : std::in_range<Number>(found->get<std::int64_t>());
    if (fits)
        value = found->get<Number>();
    else
        complain({Code::invalid_argument, 0,
                  cat("invalid JSON: ", place_of(key), ": ", found->dump(), " is out of range")});
}

void ObjectReader::number(const char* key, std::int64_t& value) {
    whole_number(key, value);
}
void ObjectReader::number(const char* key, int& value) {
    whole_number(key, value);
}
void ObjectReader::number(const char* key, std::optional<int>& value) {
    if (has(key)) whole_number(key, value.emplace());
}
void ObjectReader::number(const char* key, std::optional<std::int64_t>& value) {
    if (has(key)) whole_number(key, value.emplace());
}

void ObjectReader::texts(const char* key, std::vector<std::string>& values) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_array(), key, *found, "an array")) return;
    values.clear();
    for (const Json& entry : *found) {
        if (!expect(entry.is_string(), key, entry, "an array of strings")) return;
        values.push_back(entry);
    }
}

void ObjectReader::texts(const char* key, std::optional<std::vector<std::string>>& values) {
    if (has(key)) texts(key, values.emplace());
}

void ObjectReader::text_or_texts(const char* key, std::optional<std::vector<std::string>>& values) {
    const Json* const found = find(key);
    if (found == nullptr) return;
    if (found->is_string())
        values = {found->get<std::string>()};
    else
        texts(key, values.emplace());
}

void ObjectReader::map(const char* key, std::map<std::string, std::string>& values) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_object(), key, *found, "an object")) return;
    for (const auto& [name, value] : found->items())
        if (expect(value.is_string() || value.is_null(), cat(key, ".", name), value, "a string"))
            values[name] = value.is_null() ? std::string() : value.get<std::string>();
}

void ObjectReader::object(const char* key, const std::function<void(ObjectReader&)>& read) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_object(), key, *found, "an object")) return;
    ObjectReader inside(*found, place_of(key), problem_);
    read(inside);
}

void ObjectReader::objects(const char* key, const std::function<void(ObjectReader&)>& read) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_array(), key, *found, "an array")) return;
    std::size_t number = 0;
    for (const Json& entry : *found) {
        const std::string name = cat(key, "[", number++, "]");
        if (!expect(entry.is_object() || entry.is_null(), name, entry, "an object")) return;
        ObjectReader inside(entry, place_of(name), problem_);
        read(inside);
    }
}

void ObjectReader::members(const char* key,
                           const std::function<void(const std::string&, ObjectReader&)>& read) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_object(), key, *found, "an object")) return;
    for (const auto& [name, entry] : found->items()) {
        const std::string place = cat(key, ".", name);
        if (!expect(entry.is_object() || entry.is_null(), place, entry, "an object")) return;
        ObjectReader inside(entry, place_of(place), problem_);
        read(name, inside);
    }
}

void ObjectReader::keys(const char* key, std::vector<std::string>& values) {
    const Json* const found = find(key);
    if (found == nullptr || !expect(found->is_object(), key, *found, "an object")) return;
    for (const auto& [name, unused] : found->items()) values.push_back(name);
}

} // namespace rt::rtd
