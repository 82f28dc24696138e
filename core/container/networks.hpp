// SPDX-License-Identifier: Apache-2.0
// The verbs on networks: create, remove, prune, list, inspect, with docker's rules. Connecting containers:
// network_connect.hpp. One thread.
#pragma once

#include "core/container/engine.hpp"

#include <map>
#include <string>
#include <vector>

namespace rt {

struct NetworkRequest {
    std::string name;
    std::string driver; // instance of the wiring; "": the default one
    NetworkConfig config;
};

// already_exists: the name is taken; invalid_argument and unsupported: what cannot be had, by name;
// failed_precondition: its subnet overlaps another one.
Result<Network> create_network(Engine& engine, const NetworkRequest& request);

// By name, id, or beginning of an id. failed_precondition: containers are attached to it, or it is a
// driver's own.
Result<void> remove_network(Engine& engine, const std::string& reference);

// Also those of drivers, which may be there from now on. not_found: there is none of this name.
Result<Network> find_network(Engine& engine, const std::string& reference);

// All networks that users made or drivers have; those of drivers are listed before their first container,
// and made with it. By name.
Result<std::vector<Network>> list_networks(Engine& engine);

// docker's GET /networks/{id}.
Result<Json> inspect_network(Engine& engine, const Network& network);

// docker's --filter of `network ls` and `network prune`.
class NetworkFilters {
public:
    enum class For { ls, prune };
    // texts: "key=value". invalid_argument: no such key for this command, or no value that it takes.
    static Result<NetworkFilters> parse(For command, const std::vector<std::string>& texts);
    // in_use: a container is attached.
    [[nodiscard]] bool matches(const Network& network, const NetworkConfig& config, bool in_use) const;
    [[nodiscard]] bool asks_for_use() const { return values_.contains("dangling"); }

private:
    std::multimap<std::string, std::string> values_;
};

// Removes those that no container is attached to; answers their names.
Result<std::vector<std::string>> prune_networks(Engine& engine, const NetworkFilters& filters);

// Takes from the host what drivers keep there for networks that no container is attached to: links, rules,
// settings of the kernel. The networks stay, and are made again as they were with their next container. What
// could not be taken down is answered, one error each. Repeatable.
std::vector<Error> rest_networks(Engine& engine);

// Where the names of a network's containers are (core/network/name_directory.hpp).
Path name_directory(const Engine& engine, const std::string& network_id);

} // namespace rt
