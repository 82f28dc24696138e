// SPDX-License-Identifier: Apache-2.0
// The host's IPv4 forwarding. Containers need it; but a host that did not forward before must not become a
// router between its other links because of them. So where it was off, it is on for containers alone, and off
// again when the last network goes. That it was off is remembered by a file in the run directory, which a
// reboot clears like the setting itself. The caller holds the lock of the networks.
#pragma once

#include "documents.hpp"
#include "netlink_socket.hpp"

#include <string>

namespace rt::bridge {

// After the network is in the table: first what keeps others out, then the forwarding.
sdk::Result<void> start_forwarding(NetlinkSocket& nft, const Config& config, const std::string& run_dir,
                                   const std::string& bridge);

// When a network was removed: where it was the last one, forwarding goes back to what it was.
sdk::Result<void> end_forwarding(NetlinkSocket& nft, const Config& config, const std::string& run_dir);

// Whether the table keeps out what it should.
bool is_as_configured(const Config& config, const std::string& run_dir, bool is_closed);

} // namespace rt::bridge
