// SPDX-License-Identifier: Apache-2.0
// printf of templates, as Go's fmt.Sprintf has it for strings, whole numbers, reals, booleans, lists and
// maps.
#include "tools/rtctl/template_ast.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <optional>

namespace rt::cli::template_ast {
namespace {

using Json = nlohmann::json;

constexpr int kMostWidth = 4096; // of a width or a precision

struct Verb {
    bool minus = false, plus = false, zero = false, space = false, sharp = false;
    int width = 0;
    std::optional<int> precision;
    char letter = 0;
};

// A number at the front of rest, which it is taken from; 0: there is none.
Result<int> take_number(std::string_view& rest) {
    int number = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (parsed.ec == std::errc::result_out_of_range || number > kMostWidth)
        return fail(Code::invalid_argument, "printf: a width is at most ", kMostWidth);
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
    return number;
}

// What stands behind a '%'.
Result<Verb> take_verb(std::string_view& rest) {
    Verb verb;
    for (; !rest.empty() && std::string_view("-+0 #").find(rest.front()) != std::string_view::npos;
         rest.remove_prefix(1)) {
        verb.minus = verb.minus || rest.front() == '-';
        verb.plus = verb.plus || rest.front() == '+';
        verb.zero = verb.zero || rest.front() == '0';
        verb.space = verb.space || rest.front() == ' ';
        verb.sharp = verb.sharp || rest.front() == '#';
    }
    RT_TRY_ASSIGN(verb.width, take_number(rest));
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        RT_TRY_ASSIGN(verb.precision, take_number(rest));
    }
    if (rest.empty()) return verb;
    verb.letter = rest.front();
    rest.remove_prefix(1);
    return verb;
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::string padded(const Verb& verb, std::string text, bool is_number) {
    const auto length = std::ranges::count_if(text, begins_character);
    if (length >= verb.width) return text;
    const auto missing = static_cast<std::size_t>(verb.width - length);
    if (verb.minus) return text + std::string(missing, ' ');
    if (!verb.zero || !is_number) return std::string(missing, ' ') + text;
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') || text.starts_with(' ') ? 1 : 0;
    return text.insert(sign, missing, '0');
}

std::string with_sign(const Verb& verb, std::string text) {
    if (text.starts_with('-')) return text;
    return verb.plus ? "+" + text : verb.space ? " " + text : text;
}

std::string cut(const Verb& verb, const std::string& text) {
    std::size_t end = 0;
    for (int left = verb.precision.value_or(0); end < text.size(); ++end)
        if (begins_character(text[end]) && verb.precision && left-- == 0) break;
    return text.substr(0, end);
}

std::string whole(const Verb& verb, std::int64_t number) {
    if (verb.letter == 'c') return {static_cast<char>(number)};
    const bool negative = number < 0;
    const auto magnitude =
        negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::array<char, 72> digits{};
    const int base = verb.letter == 'd' ? 10 : verb.letter == 'o' ? 8 : verb.letter == 'b' ? 2 : 16;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magnitude, base).ptr;
    std::string text(digits.data(), end);
    if (verb.letter == 'X')
        std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
    if (verb.sharp && base == 16) text.insert(0, verb.letter == 'X' ? "0X" : "0x");
    return with_sign(verb, negative ? "-" + text : text);
}

std::string real(const Verb& verb, double number) {
    const char kind = static_cast<char>(std::tolower(static_cast<unsigned char>(verb.letter)));
    const auto form = kind == 'f'   ? std::chars_format::fixed
                      : kind == 'e' ? std::chars_format::scientific
                                    : std::chars_format::general;
    std::array<char, 512> digits{}; // the longest double has 309 before the point
    const int precision = std::min(verb.precision.value_or(6), 60);
    const bool shortest = kind == 'g' && !verb.precision;
    const auto end =
        shortest ? std::to_chars(digits.data(), digits.data() + digits.size(), number, form).ptr
                 : std::to_chars(digits.data(), digits.data() + digits.size(), number, form, precision).ptr;
    return with_sign(verb, std::string(digits.data(), end));
}

std::string hex_of(const Verb& verb, const std::string& text) {
    std::string digits;
    for (const unsigned char c : text) {
        std::array<char, 3> pair{};
        std::snprintf(pair.data(), pair.size(), verb.letter == 'X' ? "%02X" : "%02x", c);
        digits += pair.data();
    }
    return digits;
}

// "string=hi"
std::string with_kind(const Json& value) {
    if (value.is_null()) return "<nil>";
    const std::string_view kind = value.is_string()           ? "string"
                                  : value.is_boolean()        ? "bool"
                                  : value.is_number_integer() ? "int"
                                  : value.is_number()         ? "float64"
                                  : value.is_array()          ? "[]interface {}"
                                                              : "map[string]interface {}";
    return cat(kind, "=", show(value));
}

// "%!d(string=hi)": what Go says of a verb that does not go with its argument.
std::string mismatch(char letter, const Json& value) {
    return cat("%!", std::string(1, letter), "(", with_kind(value), ")");
}

bool is_one_of(char letter, std::string_view letters) {
    return letters.find(letter) != std::string_view::npos;
}

std::string formatted(const Verb& verb, const Json& value) {
    const char letter = verb.letter;
    if (letter == 'v') return padded(verb, show(value), value.is_number());
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (letter == 's') return padded(verb, cut(verb, text), false);
        if (letter == 'q')
            return padded(verb, Json(cut(verb, text)).dump(-1, ' ', false, Json::error_handler_t::replace),
                          false);
        if (is_one_of(letter, "xX")) return padded(verb, hex_of(verb, text), false);
    }
    if (value.is_boolean() && letter == 't') return padded(verb, value.get<bool>() ? "true" : "false", false);
    if (value.is_number_integer() && is_one_of(letter, "dxXobc"))
        return padded(verb, whole(verb, value.get<std::int64_t>()), letter != 'c');
    if (value.is_number_float() && is_one_of(letter, "feEgG"))
        return padded(verb, real(verb, value.get<double>()), true);
    if (value.is_structured() && letter == 's') return padded(verb, show(value), false);
    return mismatch(letter, value);
}

} // namespace

Result<Json> format_values(std::span<const Json> values) {
    if (!values[0].is_string())
        return fail(Code::invalid_argument, "printf: its first argument is the format");
    std::string_view rest = values[0].get_ref<const std::string&>();
    std::string text;
    std::size_t next = 1;
    while (!rest.empty()) {
        const auto percent = std::min(rest.find('%'), rest.size());
        text += rest.substr(0, percent);
        rest.remove_prefix(percent);
        if (rest.empty()) break;
        rest.remove_prefix(1);
        RT_TRY_ASSIGN(const Verb verb, take_verb(rest));
        if (verb.letter == 0)
            text += "%!(NOVERB)";
        else if (verb.letter == '%')
            text += '%';
        else if (next == values.size())
            text += cat("%!", std::string(1, verb.letter), "(MISSING)");
        else
            text += formatted(verb, values[next++]);
    }
    if (next < values.size()) {
        text += "%!(EXTRA ";
        for (std::size_t i = next; i < values.size(); ++i)
            text += cat(i > next ? ", " : "", with_kind(values[i]));
        text += ")";
    }
    return text;
}

} // namespace rt::cli::template_ast
