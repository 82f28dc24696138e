// SPDX-License-Identifier: Apache-2.0
#include "core/config/json_lines.hpp"

#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace rt {
namespace {

constexpr int kDepthLimit = 64;

// Recursive descent over what is expected to be JSON. Every method leaves at_ behind what it read; broken_
// ends everything.
class Scanner {
public:
    Scanner(std::string_view text, std::string_view what) : text_(text), what_(what) {}

    Result<JsonLines> run() {
        skip_space();
        RT_TRY(value("", 0));
        return std::move(lines_);
    }

private:
    char peek() { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char wanted) {
        if (peek() != wanted) return false;
        ++at_;
        return true;
    }

    void skip_space() {
        for (; at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]); ++at_)
            if (text_[at_] == '\n') ++line_;
    }

    // The raw text between two quotes, escapes and all.
    std::string_view string() {
        const std::size_t start = ++at_;
        while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
        at_ = std::min(at_, text_.size());
        const auto raw = text_.substr(start, at_ - start);
        broken_ = broken_ || !take('"');
        return raw;
    }

    static std::string unescape(std::string_view raw) {
        if (!raw.contains('\\')) return std::string(raw);
        const Json parsed = Json::parse(cat("\"", raw, "\""), nullptr, false);
        return parsed.is_string() ? parsed.get<std::string>() : std::string(raw);
    }

    Result<void> object(const std::string& pointer, int depth) {
        ++at_;
        for (skip_space(); !broken_ && !take('}'); skip_space()) {
            if (peek() != '"') return broken_ = true, Result<void>{};
            const int line = line_;
            const std::string key = unescape(string());
            const std::string below = cat(pointer, "/", pointer_step(key));
            skip_space();
            broken_ = broken_ || !take(':');
            skip_space();
            if (const auto [place, added] = lines_.emplace(below, line); !added)
                return fail(Code::invalid_argument, what_, " line ", line, ": the key '", key,
                            "' stands twice in one object, first on line ", place->second, "; remove one");
            RT_TRY(value(below, depth + 1));
            skip_space();
            (void)take(','); // a missing or trailing comma is found by the parser
        }
        return {};
    }

    Result<void> array(const std::string& pointer, int depth) {
        ++at_;
        std::size_t index = 0;
        for (skip_space(); !broken_ && !take(']'); skip_space()) {
            const std::string below = cat(pointer, "/", index++);
            lines_.emplace(below, line_);
            RT_TRY(value(below, depth + 1));
            skip_space();
            (void)take(',');
        }
        return {};
    }

    Result<void> value(const std::string& pointer, int depth) {
        if (pointer.empty()) lines_.emplace("", line_);
        if (broken_ || depth > kDepthLimit || at_ >= text_.size()) return broken_ = true, Result<void>{};
        if (peek() == '{') return object(pointer, depth);
        if (peek() == '[') return array(pointer, depth);
        if (peek() == '"') return (void)string(), Result<void>{};
        const std::size_t start = at_;
        while (at_ < text_.size() && !std::string_view(" \t\r\n,]}").contains(text_[at_])) ++at_;
        broken_ = at_ == start;
        return {};
    }

    std::string_view text_;
    std::string_view what_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool broken_ = false;
    JsonLines lines_;
};

} // namespace

Result<JsonLines> scan_lines(std::string_view text, std::string_view what) {
    return Scanner(text, what).run();
}

std::string pointer_step(std::string_view key) {
    std::string out;
    for (const char letter : key) {
        if (letter == '~')
            out += "~0";
        else if (letter == '/')
            out += "~1";
        else
            out += letter;
    }
    return out;
}

} // namespace rt
