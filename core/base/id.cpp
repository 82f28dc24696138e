// SPDX-License-Identifier: Apache-2.0
#include "core/base/id.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace rt {
namespace {

void fill_random(void* data, std::size_t size) {
    // getrandom() gives up to 256 bytes in one piece and can only fail with a bad buffer.
    if (::getrandom(data, size, 0) != static_cast<ssize_t>(size)) std::abort();
}

constexpr std::array kQualities = {"amber", "brave", "brisk", "calm",  "clear", "coral", "crisp", "early",
                                   "fleet", "fresh", "grand", "happy", "keen",  "light", "lucid", "merry",
                                   "mild",  "noble", "plain", "proud", "quick", "quiet", "ready", "sharp",
                                   "solid", "spry",  "still", "sunny", "swift", "tidy",  "vivid", "warm"};
constexpr std::array kAnimals = {"badger", "beaver", "bison", "crane",  "curlew", "dipper", "egret",
                                 "falcon", "ferret", "finch", "gannet", "heron",  "ibex",   "jackal",
                                 "kite",   "lark",   "lynx",  "marten", "merlin", "newt",   "otter",
                                 "owl",    "plover", "raven", "robin",  "seal",   "stoat",  "swan",
                                 "tern",   "vole",   "wolf",  "wren"};

} // namespace

std::string random_hex(std::size_t digits) {
    std::vector<std::uint8_t> bytes((digits + 1) / 2);
    fill_random(bytes.data(), bytes.size());
    std::string text;
    for (std::size_t i = 0; i < digits; ++i) {
        const unsigned nibble = i % 2 == 0 ? bytes[i / 2] >> 4U : bytes[i / 2] & 0xfU;
        text += "0123456789abcdef"[nibble];
    }
    return text;
}

std::string random_name() {
    std::array<std::uint8_t, 2> bytes{};
    fill_random(bytes.data(), bytes.size());
    return std::string(kQualities[bytes[0] % kQualities.size()]) + "-" +
           kAnimals[bytes[1] % kAnimals.size()] + "-" + random_hex(4);
}

std::string short_id(std::string_view id) {
    constexpr std::size_t kDigits = 12;
    return std::string(id.substr(id.find(':') + 1, kDigits));
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_valid_name(std::string_view text) {
    const auto alphanumeric = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return !text.empty() && text.size() <= 128 && alphanumeric(text.front()) &&
           std::ranges::all_of(text,
                               [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

} // namespace rt
