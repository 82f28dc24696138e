// SPDX-License-Identifier: Apache-2.0
#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace rt {
namespace {

constexpr int kDepthLimit = 64;

std::string position(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto start = before.rfind('\n');
    return cat("line ", line, ", column ", before.size() - (start == before.npos ? 0 : start + 1) + 1);
}

// Thrown and caught in this file only: what is refused is not read on, or a few megabytes of brackets would
// take hundreds of megabytes.
struct Refused {
    std::string why;
};

} // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
        if (depth > kDepthLimit) throw Refused{cat("nested more than ", kDepthLimit, " deep")};
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
            throw Refused{cat("the key '", value.get<std::string>(), "' stands twice in one object")};
        return true;
    };
    try {
        return Json::parse(text, watch);
    } catch (const Refused& refused) {
        return fail(Code::corrupt, what, ": ", refused.why);
    } catch (const Json::parse_error& error) {
        std::string reason = error.what();
        // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." -> the part that says what
        // is wrong
        if (const auto colon = reason.find("column "); colon != reason.npos)
            if (const auto start = reason.find(": ", colon); start != reason.npos)
                reason = reason.substr(start + 2);
        return fail(Code::corrupt, what, ": not valid JSON at ", position(text, error.byte), ": ", reason);
    } catch (const Json::exception&) { // the other one that the parser has: out_of_range
        return fail(Code::corrupt, what, ": not valid JSON: a number in it is too large");
    }
}

std::string string_at(const Json& object, std::string_view key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace rt
