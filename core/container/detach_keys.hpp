// SPDX-License-Identifier: Apache-2.0
// The keys that leave a container without ending it, in docker's words: "ctrl-p,ctrl-q". Values; one thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>

namespace rt {

inline constexpr std::string_view kDefaultDetachKeys = "ctrl-p,ctrl-q";

// Keys, separated by commas: a character, or ctrl- and one of a-z @ [ \ ] ^ _. As the bytes that a terminal
// sends.
Result<std::string> parse_detach_keys(std::string_view text);

// Looks for the keys in what is typed, over any number of reads. What may be their beginning is held back
// until the next key says what it was.
class DetachFilter {
public:
    explicit DetachFilter(std::string keys) : keys_(std::move(keys)) {}
    // Takes the held back and the new bytes, leaves those to be passed on; true: the keys were typed.
    bool filter(std::string& data);

private:
    std::string keys_; // empty: there are none
    std::size_t matched_ = 0;
};

} // namespace rt
