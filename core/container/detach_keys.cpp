// SPDX-License-Identifier: Apache-2.0
#include "core/container/detach_keys.hpp"

namespace rt {
namespace {

Result<char> parse_key(std::string_view key, std::string_view text) {
    constexpr std::string_view kControl = "ctrl-";
    if (key.size() == 1) return key.front();
    if (key.size() == kControl.size() + 1 && key.starts_with(kControl)) {
        const char letter = key.back();
        if (letter >= 'a' && letter <= 'z') return static_cast<char>(letter - 'a' + 1);
        if (letter == '@' || (letter >= '[' && letter <= '_')) return static_cast<char>(letter - '@');
    }
    return fail(Code::invalid_argument, "detach keys '", text, "': '", key,
                "' is neither a character nor ctrl- and one of a-z @ [ \\ ] ^ _");
}

} // namespace

Result<std::string> parse_detach_keys(std::string_view text) {
    std::string keys;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        RT_TRY_ASSIGN(const char key, parse_key(rest.substr(0, comma), text));
        keys += key;
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return keys;
}

bool DetachFilter::filter(std::string& data) {
    if (keys_.empty()) return false;
    std::string passed;
    for (const char key : data) {
        while (matched_ > 0 && key != keys_[matched_]) {
            // The longest end of what is held back, with this key, that is a beginning of the keys.
            std::size_t shorter = matched_ - 1;
            while (shorter > 0 && keys_.compare(0, shorter, keys_, matched_ - shorter, shorter) != 0)
                --shorter;
            passed.append(keys_, 0, matched_ - shorter);
            matched_ = shorter;
        }
        if (key != keys_[matched_]) {
            passed += key;
        } else if (++matched_ == keys_.size()) {
            matched_ = 0;
            data = std::move(passed);
            return true;
        }
    }
    data = std::move(passed);
    return false;
}

} // namespace rt
