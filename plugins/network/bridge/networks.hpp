// SPDX-License-Identifier: Apache-2.0
// Making, completing and removing what a network is in the kernel, and which subnet it gets. What has to be
// made is made under a lock of the driver instance; that nothing has to be made is seen without one.
//
// Subnets that were given away are remembered in the state directory as symbolic links, subnets/<network id>
// -> subnet: after a reboot no route tells of a network until it is used again.
#pragma once

#include "documents.hpp"
#include "netlink_socket.hpp"

#include <map>
#include <string>

namespace rt::bridge {

struct Directories {
    std::string state, run;
};

// The network as it is to be: its stored result, or chosen now and made. Repeatable.
sdk::Result<NetworkState> create_network(const Config& config, const Directories& directories,
                                         const Network& network);

// Makes what is missing of a network that has a result; true when anything was. Two system calls when nothing
// is.
sdk::Result<bool> ensure_network(const Config& config, const Directories& directories,
                                 const Network& network);

sdk::Result<void> remove_network(const Config& config, const Directories& directories,
                                 const Network& network);

// What is remembered of subnets that were given away: network id -> subnet.
std::map<std::string, Ipv4Prefix> reserved_subnets(const Directories& directories);

} // namespace rt::bridge
