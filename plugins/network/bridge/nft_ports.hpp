// SPDX-License-Identifier: Apache-2.0
// Published ports: one element per port in the maps of rt's table, each with the endpoint's id as its
// comment. Stateless; the kernel's transactions give the order between processes.
#pragma once

#include "documents.hpp"
#include "netlink_socket.hpp"

#include <string>
#include <vector>

namespace rt::bridge {

// Publishes all ports of the endpoint or none, and fills in host ports that are 0. already_exists: another
// endpoint has the port; unavailable: a program of the host has it.
sdk::Result<void> publish_ports(NetlinkSocket& nft, const std::string& table, Endpoint& endpoint);

// The same in place of what is published of its ports before: of both lists what has to go goes and what is
// missing comes, in one transaction. What it has already stays untouched.
sdk::Result<void> replace_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& before,
                                Endpoint& endpoint);

// Removes what is published for the endpoint: that, and nothing of another one that has the same port by now.
sdk::Result<void> unpublish_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& endpoint);

// failed_precondition, naming the first port that is not published as it should be.
sdk::Result<void> check_ports(NetlinkSocket& nft, const std::string& table, const Endpoint& endpoint);

} // namespace rt::bridge
