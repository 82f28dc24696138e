// SPDX-License-Identifier: Apache-2.0
// Names in networks that users made: who is told to the others, and what a container's own name server (its
// shim) is to know. Without such a network there is nothing of it. One thread.
#pragma once

#include "core/container/joined_network.hpp"
#include "core/shim/client.hpp"

#include <span>
#include <string>
#include <vector>

namespace rt {

// By which names others find it: its name, its short id, its aliases, its hostname where it has one of its
// own. {} in networks without names.
std::vector<std::string> names_in(const JoinedNetwork& joined, const Container& container,
                                  const ContainerSpec& spec);

// So that others find it, after it is attached. The endpoint's request says what was published.
Result<void> publish_names(Engine& engine, const JoinedNetwork& joined);
Result<void> withdraw_names(Engine& engine, const Endpoint& endpoint, const Network& network);
// Of a running container that gets another name: the new one before it has it, and what it is not called any
// more afterwards, so that it is found by its name whatever happens in between. Both repeatable. Its
// endpoints are stored anew.
Result<void> add_name_in_networks(Engine& engine, const Container& container, const std::string& name);
Result<void> correct_names_in_networks(Engine& engine, const Container& container);

// True: the container asks its shim for names.
bool has_name_server(std::span<const JoinedNetwork> joined);

// Of a running container that has a name server now and had none before: its resolv.conf, which is mounted
// into it, is written where it is.
Result<void> use_own_name_server(const Path& run_directory);

// Where a container with a name server is reached.
struct NameClient {
    ShimClient& shim;
    int netns_fd;
};
// Begins to answer, or goes on with what is joined now. Nothing where has_name_server() is false.
Result<void> serve_names(Engine& engine, const Operation& operation, const ContainerSpec& spec,
                         std::span<const JoinedNetwork> joined, NameClient client);

} // namespace rt
