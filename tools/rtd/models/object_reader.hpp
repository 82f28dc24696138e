// SPDX-License-Identifier: Apache-2.0
// Takes a JSON object of a request apart. Values that are missing or null leave what they would set as it is;
// the first one of a wrong type is the error that done() answers, with its place ("HostConfig.Memory"). Keys
// that nobody asks for are passed over, as docker does. One thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::rtd {

class ObjectReader {
public:
    // object: borrowed.
    explicit ObjectReader(const Json& object, std::string place = {});

    void text(const char* key, std::string& value);
    void flag(const char* key, bool& value);
    void flag(const char* key, std::optional<bool>& value);
    void number(const char* key, std::int64_t& value);
    void number(const char* key, int& value);
    void number(const char* key, std::optional<int>& value);
    void number(const char* key, std::optional<std::int64_t>& value);
    void texts(const char* key, std::vector<std::string>& values);
    void texts(const char* key, std::optional<std::vector<std::string>>& values);
    // A text stands for a list of one, as docker has it for Cmd and Entrypoint.
    void text_or_texts(const char* key, std::optional<std::vector<std::string>>& values);
    void map(const char* key, std::map<std::string, std::string>& values);
    // An object that is given, or the entries of a list or an object of objects (null ones are empty).
    void object(const char* key, const std::function<void(ObjectReader&)>& read);
    void objects(const char* key, const std::function<void(ObjectReader&)>& read);
    void members(const char* key, const std::function<void(const std::string&, ObjectReader&)>& read);
    // The keys of an object whose values mean nothing, as of ExposedPorts.
    void keys(const char* key, std::vector<std::string>& values);

    [[nodiscard]] bool has(const char* key) const { return find(key) != nullptr; }
    [[nodiscard]] const Json* find(const char* key) const; // null: missing, or null
    // What the reader of the values finds wrong.
    void complain(Error error);
    template <class Value, class Outcome>
    void take(Value& value, Outcome outcome) {
        if (outcome)
            value = std::move(*outcome);
        else
            complain(std::move(outcome).error());
    }
    [[nodiscard]] std::string place_of(const std::string& key) const;
    [[nodiscard]] Result<void> done() const;

private:
    ObjectReader(const Json& object, std::string place, std::shared_ptr<std::optional<Error>> problem);
    bool expect(bool fits, const std::string& key, const Json& value, const char* what);
    template <class Number>
    void whole_number(const char* key, Number& value);

    const Json& object_;
    std::string place_;
    std::shared_ptr<std::optional<Error>> problem_; // shared with the readers of what is inside
};

} // namespace rt::rtd
