// SPDX-License-Identifier: Apache-2.0
// Linux capabilities as 64-bit sets (bit n is capability n), straight through capset(2) and prctl(2).
#pragma once

#include "oci_config.hpp"

#include <string>
#include <string_view>

namespace rt::namespaces {

// "CAP_CHOWN" -> 0; -1 for a name that is none.
int capability_number(std::string_view name);
// 0 -> "CAP_CHOWN"; a number where there is no name.
std::string capability_names(std::uint64_t set);

// The capabilities of the calling process's bounding set, and those of them that are asked for.
std::uint64_t bounding_set();
std::uint64_t bounded_part(std::uint64_t asked);

std::uint64_t all_of(const Capabilities& sets);

// Restricts every set to what the kernel can give us, and the ambient set to what is permitted and
// inheritable. Returns what was asked for but cannot be had.
std::uint64_t reduce_to(Capabilities& wanted, std::uint64_t available);

// Before the change of user: lets the process keep its permitted set, and limits the bounding set.
Result<void> limit_bounding_set(std::uint64_t bounding);
// After the change of user: sets effective, permitted, inheritable and ambient.
Result<void> apply_capabilities(const Capabilities& wanted);

} // namespace rt::namespaces
