// SPDX-License-Identifier: Apache-2.0
// "rt.leftovers/1": links and published ports of endpoints that nobody knows, and networks that nobody knows.
//
// What tells that something is this instance's: a network has its reserved subnet in the state directory, or
// the host knows it; a link stands on the bridge of such a network, a port leads to an address in one. So
// nothing of another engine's on the same host is told of. Stateless.
#pragma once

#include "documents.hpp"
#include "networks.hpp"

#include <string>
#include <string_view>

namespace rt::bridge {

// Kinds: "link", "port", "network".
sdk::Result<std::string> find_leftovers(const Config& config, const Directories& directories,
                                        std::string_view known);
sdk::Result<void> remove_leftover(const Config& config, const Directories& directories,
                                  std::string_view known, std::string_view leftover);

} // namespace rt::bridge
