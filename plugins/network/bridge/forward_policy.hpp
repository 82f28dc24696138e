// SPDX-License-Identifier: Apache-2.0
// Other firewalls of this host that drop what is forwarded: a packet has to pass every base chain of a hook,
// so accepting it in rt's table does not help. Reads only; rules of others are never changed, only named with
// what to do.
#pragma once

#include <rt/sdk/error.hpp>

#include <string>
#include <vector>

namespace rt::bridge {

struct DroppingChain {
    std::string family; // "ip", "inet", or "ip (legacy iptables)"
    std::string table, chain;
    bool has_docker_user = false; // the table has a chain DOCKER-USER, which is made for rules of others
};

// Base chains of the forward hook that have the policy drop and see IPv4, in nf_tables and in legacy
// iptables.
sdk::Result<std::vector<DroppingChain>> dropping_forward_chains(const std::string& own_table);

// What it means and what to do, in one line.
std::string forward_remedy(const DroppingChain& chain, const std::string& bridge_prefix);

} // namespace rt::bridge
