// SPDX-License-Identifier: Apache-2.0
// How options reach a spec, for the files that run_options.cpp is split into.
#pragma once

#include "core/container/option_values.hpp"
#include "core/container/spec.hpp"
#include "tools/rtctl/options.hpp"

#include <limits>
#include <utility>

namespace rt::cli {

// The value of an option, if it was given, by its parser; the error begins with the option's name.
template <class Parse, class Value>
Result<void> take(const Parsed& parsed, const char* name, Parse parse, Value& value) {
    if (!parsed.has(name)) return {};
    auto result = parse(parsed.get<std::string>(name));
    if (!result) return in_context(std::move(result).error(), "--", name);
    value = std::move(*result);
    return {};
}

inline Result<void> take_int(const Parsed& parsed, const char* name, int& value) {
    std::int64_t number = value;
    RT_TRY(take(parsed, name, parse_integer, number));
    if (!std::in_range<int>(number))
        return fail(Code::invalid_argument, "--", name, ": ", number, " is too large");
    value = static_cast<int>(number);
    return {};
}

// Each value of an option that collects.
template <class Parse, class Value>
Result<void> take_all(const Parsed& parsed, const char* name, Parse parse, std::vector<Value>& values) {
    for (const std::string& text : parsed.get<Words>(name)) {
        auto result = parse(text);
        if (!result) return in_context(std::move(result).error(), "--", name);
        values.push_back(std::move(*result));
    }
    return {};
}

inline Result<void> take_map(const Parsed& parsed, const char* name, StringMap& map) {
    for (const std::string& text : parsed.get<Words>(name)) {
        const auto [key, value] = split_assignment(text);
        if (key.empty() || key == text)
            return fail(Code::invalid_argument, "--", name, " '", text, "' is not of the form KEY=VALUE");
        map.insert_or_assign(key, value);
    }
    return {};
}

Result<void> read_files(const Parsed& parsed, ContainerSpec& spec);
Result<void> read_network(const Parsed& parsed, ContainerSpec& spec);
Result<void> read_limits(const Parsed& parsed, ContainerSpec& spec);
Result<void> read_security(const Parsed& parsed, ContainerSpec& spec);

} // namespace rt::cli
