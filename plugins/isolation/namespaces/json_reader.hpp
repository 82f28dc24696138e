// SPDX-License-Identifier: Apache-2.0
// Typed access to one JSON object of config.json; every failure names the place
// ("linux.resources.cpu.shares"). Throws Refused, which parse_config() turns into an Error. Only for .cpp
// files: it brings in the JSON library.
#pragma once

#include "system.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rt::namespaces {

struct Refused : std::runtime_error {
    Refused(Code refused_code, const std::string& text) : std::runtime_error(text), code(refused_code) {}
    Code code;
};

[[noreturn]] inline void refuse(const std::string& place, const std::string& why) {
    throw Refused(Code::invalid_argument, cat("config.json: '", place, "' ", why));
}

class JsonReader {
public:
    JsonReader(const nlohmann::json& value, std::string place) : value_(value), place_(std::move(place)) {
        if (!value_.is_object()) refuse(place_, "is not an object");
    }

    [[nodiscard]] const nlohmann::json* find(const char* key) const {
        const auto found = value_.find(key);
        return found == value_.end() || found->is_null() ? nullptr : &*found;
    }
    [[nodiscard]] std::string place(const char* key) const {
        return place_.empty() ? key : cat(place_, ".", key);
    }

    [[nodiscard]] std::optional<JsonReader> object(const char* key) const {
        const auto* found = find(key);
        if (found == nullptr) return std::nullopt;
        return JsonReader(*found, place(key));
    }
    [[nodiscard]] std::string text(const char* key) const {
        const auto* found = find(key);
        return found == nullptr ? std::string() : to_text(*found, place(key));
    }
    [[nodiscard]] bool flag(const char* key) const {
        const auto* found = find(key);
        if (found == nullptr) return false;
        if (!found->is_boolean()) refuse(place(key), "is neither true nor false");
        return found->get<bool>();
    }
    template <class Int>
    [[nodiscard]] std::optional<Int> number(const char* key) const {
        const auto* found = find(key);
        if (found == nullptr) return std::nullopt;
        return to_number<Int>(*found, place(key));
    }
    template <class Int>
    [[nodiscard]] Int required(const char* key) const {
        const auto found = number<Int>(key);
        if (!found) refuse(place(key), "is missing");
        return *found;
    }
    [[nodiscard]] std::vector<std::string> texts(const char* key) const {
        std::vector<std::string> out;
        for_each(key, [&](const nlohmann::json& item, const std::string& at) {
            out.push_back(to_text(item, at));
        });
        return out;
    }
    // Calls each(item, place) for the items of an array, if there is one.
    template <class Each>
    void for_each(const char* key, Each&& each) const {
        const auto* found = find(key);
        if (found == nullptr) return;
        if (!found->is_array()) refuse(place(key), "is not an array");
        std::size_t index = 0;
        for (const auto& item : *found) each(item, cat(place(key), "[", index++, "]"));
    }
    // A field of the specification that this driver does not have: refused when it asks for anything.
    void refuse_if_set(const char* key) const {
        const auto* found = find(key);
        if (found == nullptr || found->empty() ||
            (found->is_string() && found->get_ref<const std::string&>().empty()))
            return;
        throw Refused(Code::unsupported, cat("config.json: '", place(key),
                                             "' is not implemented by the driver 'namespaces'; remove it"));
    }

    static std::string to_text(const nlohmann::json& item, const std::string& at) {
        if (!item.is_string()) refuse(at, "is not a string");
        const auto& text = item.get_ref<const std::string&>();
        if (text.find('\0') != std::string::npos) refuse(at, "contains a NUL character");
        return text;
    }
    template <class Int>
    static Int to_number(const nlohmann::json& item, const std::string& at) {
        if (!item.is_number_integer()) refuse(at, "is not a whole number");
        if (item.is_number_unsigned()) {
            const auto number = item.get<std::uint64_t>();
            if (!std::in_range<Int>(number)) refuse(at, "is out of range");
            return static_cast<Int>(number);
        }
        const auto number = item.get<std::int64_t>();
        if (!std::in_range<Int>(number)) refuse(at, "is out of range");
        return static_cast<Int>(number);
    }

private:
    const nlohmann::json& value_;
    std::string place_;
};

} // namespace rt::namespaces
