// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/template_ast.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace rt::cli::template_ast {
namespace {

using Json = nlohmann::json;
using Values = std::span<const Json>;

constexpr std::int64_t kMostPadding = 4096;

template <class... Parts>
std::unexpected<Error> wrong(const Parts&... parts) {
    return fail(Code::invalid_argument, parts...);
}

Result<std::string> text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    return wrong("expected a string, found ", value.type_name(), " ", show(value));
}

Result<std::int64_t> number_of(const Json& value) {
    if (value.is_number_integer()) return value.get<std::int64_t>();
    return wrong("expected a number, found ", value.type_name(), " ", show(value));
}

std::string map_letters(std::string text, int (*change)(int)) {
    for (char& c : text)
        if ((static_cast<unsigned char>(c) & 0x80U) == 0)
            c = static_cast<char>(change(static_cast<unsigned char>(c)));
    return text;
}

// -1, 0, 1; numbers with numbers, strings with strings.
Result<int> compare(const Json& left, const Json& right) {
    if (left.is_number() && right.is_number()) {
        if (left < right) return -1;
        return right < left ? 1 : 0;
    }
    if (left.is_string() && right.is_string()) {
        const int order = left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    return wrong("cannot compare ", left.type_name(), " with ", right.type_name());
}

Result<bool> equal(const Json& left, const Json& right) {
    if (left.is_structured() || right.is_structured()) return wrong("lists and maps cannot be compared");
    if (left.is_boolean() && right.is_boolean()) return left == right;
    if (left.is_null() || right.is_null()) return left.is_null() && right.is_null();
    RT_TRY_ASSIGN(const int order, compare(left, right));
    return order == 0;
}

Result<Json> eq(Values values) { // docker: is the first one of the others
    for (const Json& other : values.subspan(1)) {
        RT_TRY_ASSIGN(const bool same, equal(values[0], other));
        if (same) return true;
    }
    return false;
}
Result<Json> ne(Values values) {
    RT_TRY_ASSIGN(const bool same, equal(values[0], values[1]));
    return !same;
}
Result<Json> lt(Values values) {
    RT_TRY_ASSIGN(const int order, compare(values[0], values[1]));
    return order < 0;
}
Result<Json> le(Values values) {
    RT_TRY_ASSIGN(const int order, compare(values[0], values[1]));
    return order <= 0;
}
Result<Json> gt(Values values) {
    RT_TRY_ASSIGN(const int order, compare(values[0], values[1]));
    return order > 0;
}
Result<Json> ge(Values values) {
    RT_TRY_ASSIGN(const int order, compare(values[0], values[1]));
    return order >= 0;
}
Result<Json> negation(Values values) {
    return !is_true(values[0]);
}

Result<Json> len(Values values) {
    if (values[0].is_string()) return values[0].get_ref<const std::string&>().size();
    if (values[0].is_structured()) return values[0].size();
    return wrong("len of ", values[0].type_name());
}

Result<Json> index(Values values) {
    Json at = values[0];
    for (const Json& key : values.subspan(1)) {
        if (at.is_object()) {
            RT_TRY_ASSIGN(const std::string name, text_of(key));
            const auto found = at.find(name);
            Json next = found == at.end() ? Json() : *found; // as in Go: no error for a map
            at = std::move(next);
        } else if (at.is_array()) {
            RT_TRY_ASSIGN(const std::int64_t number, number_of(key));
            if (number < 0 || number >= static_cast<std::int64_t>(at.size()))
                return wrong("index out of range: ", number);
            Json next = at[static_cast<std::size_t>(number)];
            at = std::move(next);
        } else {
            return wrong(at.is_null() ? "index of untyped nil" : cat("cannot index ", at.type_name()));
        }
    }
    return at;
}

Result<Json> slice(Values values) { // slice TEXT-OR-LIST [FROM [TO]], in bytes as Go's
    const Json& whole = values[0];
    if (!whole.is_string() && !whole.is_array()) return wrong("slice of ", whole.type_name());
    const auto size = static_cast<std::int64_t>(whole.is_string() ? whole.get_ref<const std::string&>().size()
                                                                  : whole.size());
    std::int64_t from = 0, to = size;
    if (values.size() > 1) {
        RT_TRY_ASSIGN(from, number_of(values[1]));
    }
    if (values.size() > 2) {
        RT_TRY_ASSIGN(to, number_of(values[2]));
    }
    if (from < 0 || to > size) return wrong("index out of range: ", from < 0 ? from : to);
    if (from > to) return wrong("invalid slice index: ", from, " > ", to);
    if (whole.is_string())
        return whole.get_ref<const std::string&>().substr(static_cast<std::size_t>(from),
                                                          static_cast<std::size_t>(to - from));
    return Json(Json::array_t(whole.begin() + from, whole.begin() + to));
}

Result<Json> join(Values values) {
    if (values[0].is_null()) return "";
    if (!values[0].is_array()) return wrong("expected a list, found ", values[0].type_name());
    RT_TRY_ASSIGN(const std::string between, text_of(values[1]));
    std::string text;
    for (const Json& value : values[0]) {
        if (&value != &values[0].front()) text += between;
        text += show(value);
    }
    return text;
}

Result<Json> split(Values values) {
    RT_TRY_ASSIGN(const std::string text, text_of(values[0]));
    RT_TRY_ASSIGN(const std::string between, text_of(values[1]));
    Json parts = Json::array();
    if (between.empty()) {
        for (const char c : text) parts.push_back(std::string(1, c));
        return parts;
    }
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find(between, begin)) != std::string::npos;
         begin = end + between.size())
        parts.push_back(text.substr(begin, end - begin));
    parts.push_back(text.substr(begin));
    return parts;
}

Result<Json> upper(Values values) {
    RT_TRY_ASSIGN(const std::string text, text_of(values[0]));
    return map_letters(text, std::toupper);
}
Result<Json> lower(Values values) {
    RT_TRY_ASSIGN(const std::string text, text_of(values[0]));
    return map_letters(text, std::tolower);
}
Result<Json> title(Values values) {
    RT_TRY_ASSIGN(std::string text, text_of(values[0]));
    bool begins = true;
    for (char& c : text) {
        if (begins) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        begins = c == ' ';
    }
    return text;
}

Result<Json> pad(Values values) { // pad TEXT BEFORE AFTER
    RT_TRY_ASSIGN(const std::string text, text_of(values[0]));
    RT_TRY_ASSIGN(const std::int64_t before, number_of(values[1]));
    RT_TRY_ASSIGN(const std::int64_t after, number_of(values[2]));
    if (before < 0 || after < 0 || before > kMostPadding || after > kMostPadding)
        return wrong("padding is from 0 to ", kMostPadding);
    if (text.empty()) return text;
    return std::string(static_cast<std::size_t>(before), ' ') + text +
           std::string(static_cast<std::size_t>(after), ' ');
}

Result<Json> truncate(Values values) { // in characters
    RT_TRY_ASSIGN(const std::string text, text_of(values[0]));
    RT_TRY_ASSIGN(const std::int64_t length, number_of(values[1]));
    std::int64_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U && ++seen > length)
            return text.substr(0, i);
    return text;
}

Result<Json> to_json(Values values) {
    return values[0].dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> print(Values values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        // As Go's Sprint: a space only between two of which none is a string.
        if (i > 0 && !values[i].is_string() && !values[i - 1].is_string()) text += ' ';
        text += show(values[i]);
    }
    return text;
}

Result<Json> println(Values values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) text += cat(i > 0 ? " " : "", show(values[i]));
    return text + "\n";
}

struct Function {
    std::string_view name;
    Result<Json> (*call)(Values);
    std::size_t fewest, most;
};

constexpr std::size_t kAny = SIZE_MAX;
constexpr std::array kFunctions = {
    Function{"eq", eq, 2, kAny},
    Function{"ne", ne, 2, 2},
    Function{"lt", lt, 2, 2},
    Function{"le", le, 2, 2},
    Function{"gt", gt, 2, 2},
    Function{"ge", ge, 2, 2},
    Function{"not", negation, 1, 1},
    Function{"len", len, 1, 1},
    Function{"index", index, 1, kAny},
    Function{"join", join, 2, 2},
    Function{"split", split, 2, 2},
    Function{"upper", upper, 1, 1},
    Function{"lower", lower, 1, 1},
    Function{"title", title, 1, 1},
    Function{"pad", pad, 3, 3},
    Function{"truncate", truncate, 2, 2},
    Function{"json", to_json, 1, 1},
    Function{"print", print, 0, kAny},
    Function{"println", println, 0, kAny},
    Function{"printf", format_values, 1, kAny},
    Function{"slice", slice, 1, 3},
};

const Function* find(std::string_view name) {
    const auto* const found = std::ranges::find(kFunctions, name, &Function::name);
    return found == kFunctions.end() ? nullptr : found;
}

} // namespace

bool is_function(std::string_view name) {
    return name == "and" || name == "or" || find(name) != nullptr; // those two do not look at all arguments
}

Result<Json> call_function(std::string_view name, Values arguments) {
    const Function& function = *find(name);
    if (arguments.size() < function.fewest || arguments.size() > function.most)
        return wrong("wrong number of arguments for ", name, ": ", arguments.size(), ", it takes ",
                     function.most == kAny ? "at least " : "", function.fewest);
    auto result = function.call(arguments);
    if (!result) return in_context(std::move(result).error(), "error calling ", name);
    return result;
}

bool is_true(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number()) return value != 0;
    if (value.is_string()) return !value.get_ref<const std::string&>().empty();
    return value.is_structured() && !value.empty();
}

std::string show(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return "<nil>";
    if (value.is_number_float()) {
        std::array<char, 64> text{};
        const auto real = value.get<double>();
        for (int digits = 1; digits < 18; ++digits) { // the shortest that is the same number
            std::snprintf(text.data(), text.size(), "%.*g", digits, real);
            if (std::strtod(text.data(), nullptr) == real) break;
        }
        return text.data();
    }
    if (!value.is_structured()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::string text;
    for (const auto& [key, member] : value.items()) // a map is sorted by its keys
        text += cat(text.empty() ? "" : " ", value.is_object() ? cat(key, ":") : "", show(member));
    return value.is_object() ? cat("map[", text, "]") : cat("[", text, "]");
}

} // namespace rt::cli::template_ast
