// SPDX-License-Identifier: Apache-2.0
#include "support/api_check.hpp"

#include "support/temp_dir.hpp"

#include <algorithm>
#include <regex>

namespace rt::test {
namespace {

using nlohmann::json;

const json& facts() {
    static const json kFacts = json::parse(read_file(RT_SOURCE_DIR "/tests/fixtures/docker_api.json"));
    return kFacts;
}

bool is_date(const std::string& text) {
    static const std::regex kDate(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))");
    return std::regex_match(text, kDate);
}

class Check {
public:
    void value(const json& value, const json& fact, const std::string& place) {
        if (fact.contains("ref")) return reference(value, fact, place);
        const auto type = fact.at("type").get<std::string>();
        if (value.is_null()) {
            // Go writes null for a slice or a map that nobody has filled in.
            if (!fact.value("nullable", false) && type != "array" && type != "map") add(place, "is null");
            return;
        }
        if (!has_type(value, type)) return add(place, "is no " + type + ": " + value.dump());
        if (fact.contains("enum") && std::ranges::find(fact["enum"], value) == fact["enum"].end())
            add(place, value.dump() + " is not one of " + fact["enum"].dump());
        if (fact.value("format", "") == "date-time" && !is_date(value.get<std::string>()))
            add(place, value.dump() + " is no date");
        if (type == "object") fields(value, fact.at("fields"), place);
        if (type == "array")
            for (const json& item : value) this->value(item, fact.at("items"), place + "[]");
        if (type == "map" && fact.contains("values"))
            for (const auto& [key, item] : value.items()) this->value(item, fact["values"], place + "{}");
    }

    std::vector<std::string> take() { return std::move(found_); }

private:
    void add(const std::string& place, const std::string& what) { found_.push_back(place + ": " + what); }

    void reference(const json& value, const json& fact, const std::string& place) {
        json target = facts().at(fact.at("ref").get<std::string>());
        if (fact.value("nullable", false)) target["nullable"] = true;
        this->value(value, target, place);
    }

    static bool has_type(const json& value, const std::string& type) {
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_boolean();
        if (type == "integer") return value.is_number_integer();
        if (type == "array") return value.is_array();
        return value.is_object();
    }

    void fields(const json& value, const json& known, const std::string& place) {
        const std::string before = place.empty() ? "" : place + ".";
        for (const auto& [key, item] : value.items()) {
            if (known.contains(key))
                this->value(item, known[key], before + key);
            else if (before + key != "Rt") // the one key of our own
                add(before + key, "docker has no such field");
        }
        for (const auto& [key, fact] : known.items())
            if (!value.contains(key) && !fact.value("optional", false)) add(before + key, "is missing");
    }

    std::vector<std::string> found_;
};

} // namespace

std::vector<std::string> violations(const json& value, const std::string& definition) {
    Check check;
    check.value(value, facts().at(definition), "");
    return check.take();
}

namespace {

// "/images/{name}/json": only names of images and plugins have slashes.
std::regex pattern_of(const std::string& path) {
    static const std::regex kParameter(R"(\{[^}]*\})");
    const bool slashes = path.starts_with("/images") || path.starts_with("/distribution");
    return std::regex(std::regex_replace(path, kParameter, slashes ? ".+" : "[^/]+"));
}

// What docker says of it; null: nothing.
json described(const std::string& method, const std::string& path, int status) {
    for (const auto& [name, answers] : facts().at("answers").items()) {
        if (!name.starts_with(method + " ")) continue;
        if (!std::regex_match(path, pattern_of(name.substr(method.size() + 1)))) continue;
        return answers.value(std::to_string(status), json());
    }
    return nullptr;
}

} // namespace

std::vector<std::string> answer_violations(const std::string& method, const std::string& target, int status,
                                           const std::string& body) {
    std::string path = target.substr(0, target.find('?'));
    static const std::regex kVersion(R"(/v(\d+\.\d+)(/.*))");
    std::smatch parts;
    if (std::regex_match(path, parts, kVersion)) {
        if (parts[1] != facts().at("version").get<std::string>() && status < 400) return {};
        path = std::string(parts[2]);
    }
    const json value = json::parse(body, nullptr, false);
    if (status >= 400) {
        const bool fits =
            value.is_object() && value.size() == 1 && value.value("message", json()).is_string();
        return fits ? std::vector<std::string>() : std::vector<std::string>{"is no error: " + body};
    }
    const json fact = described(method, path, status);
    if (fact.is_null()) return {};
    if (value.is_discarded()) return {"is no JSON: " + body};
    Check check;
    check.value(value, fact, "");
    return check.take();
}

std::set<std::string> fields_of_definition(const std::string& definition) {
    std::set<std::string> names;
    for (const auto& [key, unused] : facts().at(definition).at("fields").items()) names.insert(key);
    return names;
}

} // namespace rt::test
