// SPDX-License-Identifier: Apache-2.0
// A container's place in a network on the way from a wish to an endpoint: which network that is, what may be
// asked for in it, and the request that its driver gets. For starts and for `network connect`. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/spec.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rt {

struct JoinedNetwork {
    EndpointSettings settings;
    Network network;
    NetworkConfig config;               // of the network
    std::string interface = "eth0";     // in the container
    std::vector<PublishedPort> ports{}; // published by this endpoint
    bool default_route = true;          // the container's way out
    std::vector<std::string> names{};   // by which others find it; {}: they do not
    Endpoint endpoint{};
    std::vector<std::string> addresses{}; // "10.88.0.5/20"
};

// What a container is to join: what was asked for, or the one network that it names. The MAC address of the
// container itself is that of the first. None where it has no network, or another container's.
std::vector<EndpointSettings> wanted_endpoints(const ContainerSpec& spec, const std::string& network);

// The network of that name; that of a driver is made with the first container that joins it. Reference may
// also be an id or the beginning of one. not_found: there is none.
Result<Network> find_or_make_network(Engine& engine, const Operation& operation,
                                     const std::string& reference);

// May this be asked for in that network? docker's refusals, in its words.
Result<void> validate_in_network(const EndpointSettings& settings, const Network& network);

// As far as it can be said before anything joins it; none: nothing can.
std::optional<Network> known_network(Engine& engine, Engine::State& state, const std::string& name);

// Whether one container may be in both. docker's refusals, in its words.
Result<void> validate_together(const Network& one, const Network& other);

// What becomes of ports in a network that publishes none, for users.
std::string discarded_ports_text(const Network& network);

// The way out of its first subnet, as its driver answered; "": there is none.
std::string gateway_of(const Network& network);

// True for names of networks that are not a user's: each driver of the wiring has one.
bool is_predefined(const Engine& engine, const std::string& network);

// Which of several is the way out: the highest gw_priority, among equals the first name; internal networks
// and those without a gateway never are. The ports go with it. Without any, nothing is published: the ports
// that are not are returned.
std::vector<PublishedPort> choose_gateway(std::span<JoinedNetwork> joined, std::vector<PublishedPort> ports);

// Inside a transaction: an endpoint with its addresses, whole before attach: whoever has to detach after us
// has nothing else to go by.
Result<void> record_endpoint(Engine::State& state, const Container& container, const std::string& hostname,
                             JoinedNetwork& joined);

// Whether the driver can do what the endpoint asks for; unsupported otherwise, by the name of the option.
Result<void> check_abilities(const NetworkBackend& backend, const JoinedNetwork& joined);

} // namespace rt
