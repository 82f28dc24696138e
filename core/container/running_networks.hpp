// SPDX-License-Identifier: Apache-2.0
// The places of a running container in networks, and what goes with its way out: the default route and the
// published ports. The caller holds the container's lock as long as this lives. One thread.
//
// A change is begun (network_change.hpp), recorded before it is made, and made so that the record leads to
// the truth whoever is killed: a connect counts once it is recorded with its result, a disconnect once it is
// recorded as begun. settle() brings the kernel to that, and is what a failed connect and recovery both use.
#pragma once

#include "core/container/joined_network.hpp"

#include <string>
#include <vector>

namespace rt {

class RunningNetworks {
public:
    // unavailable: it does not run (any more). What an interrupted change has left is settled.
    static Result<RunningNetworks> open(Engine& engine, const Container& container);

    // Of the networks that it is in; what else was asked for is for its next start.
    [[nodiscard]] const ContainerSpec& spec() const { return spec_; }

    Result<void> connect(JoinedNetwork joined);
    Result<void> disconnect(const Network& network);

private:
    RunningNetworks(Engine& engine, Engine::State& state, const Container& container)
        : engine_(engine), state_(state), container_(container),
          directory_(engine.run_directory(container.id)) {}

    Result<void> look();
    Result<void> settle();
    Result<void> end_if_settled();
    Result<void> take_back(NetworkBackend& backend, const JoinedNetwork& joined);
    Result<void> attach(JoinedNetwork joined);
    Result<void> record(const JoinedNetwork& joined);
    Result<void> store_spec();
    [[nodiscard]] std::string free_interface() const;
    JoinedNetwork* way_out(); // null: there is none
    Result<void> lead_out();
    Result<void> serve_names();

    // running_ports.cpp
    [[nodiscard]] Result<std::vector<PublishedPort>> wanted_ports() const;
    [[nodiscard]] std::vector<PublishedPort> held_ports() const;
    [[nodiscard]] Result<void> can_change_ports(const JoinedNetwork& joined) const;
    [[nodiscard]] Result<void> can_take_ports(const JoinedNetwork& gateway) const;
    static void request_ports(JoinedNetwork& joined, const std::vector<PublishedPort>& ports);
    Result<void> set_ports(JoinedNetwork& joined, const std::vector<PublishedPort>& ports);
    Result<void> move_ports(JoinedNetwork& gateway, const std::vector<PublishedPort>& ports);
    Result<void> settle_ports();

    Engine& engine_;
    Engine::State& state_;
    Container container_;
    Path directory_;
    Operation operation_ = Engine::new_operation();
    ContainerSpec spec_;
    UniqueFd netns_;
    std::vector<JoinedNetwork> joined_;     // attached
    std::vector<JoinedNetwork> unfinished_; // on the way in or out
    bool is_settled_ = true;                // nothing of an interrupted change is left
};

// After a change that was interrupted. Nothing where it does not run, or somebody else is at work on it.
Result<void> settle_networks(Engine& engine, const std::string& container_id);

} // namespace rt
