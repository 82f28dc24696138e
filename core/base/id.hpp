// SPDX-License-Identifier: Apache-2.0
// Names that nobody chose: random hexadecimal ids. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rt {

// digits hexadecimal digits out of the kernel's random generator (64 for a container, 12 for an endpoint).
std::string random_hex(std::size_t digits);

// What people are shown of an id or a digest: its first 12 digits, without "sha256:".
std::string short_id(std::string_view id);

// A name for a container whose user gave none: "swift-otter-3f2a".
std::string random_name();

bool is_hex(std::string_view text);

// Docker's rule for names of containers, volumes and networks: [a-zA-Z0-9][a-zA-Z0-9_.-]*, here at most 128
// long.
bool is_valid_name(std::string_view text);

} // namespace rt
