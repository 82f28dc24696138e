// SPDX-License-Identifier: Apache-2.0
// Which subnet does a new network get? Pure arithmetic over what is taken; the caller gathers that. Owns
// nothing.
#pragma once

#include "ipv4.hpp"

#include <optional>
#include <vector>

namespace rt::bridge {

// The lowest subnet of prefix_length in pool that overlaps nothing in taken; nullopt when there is none. Its
// cost grows with the number of taken subnets only, whatever the size of the pool.
std::optional<Ipv4Prefix> pick_subnet(const Ipv4Prefix& pool, int prefix_length,
                                      std::vector<Ipv4Prefix> taken);

} // namespace rt::bridge
