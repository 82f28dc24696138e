// SPDX-License-Identifier: Apache-2.0
// Ports go with the way out: docker publishes through the endpoint that is the container's gateway. A host
// port that was chosen once stays the same wherever it is published.
#include "core/container/running_networks.hpp"

#include "core/container/container_events.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/published_ports.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

using PortsOf = std::vector<PublishedPort> (*)(const Endpoint&);

std::vector<PublishedPort> requested_ports(const Endpoint& endpoint) {
    std::vector<PublishedPort> ports;
    const Json request = Json::parse(endpoint.request);
    for (const Json& value : request.value("ports", Json::array()))
        if (auto port = published_port_from_json(value)) ports.push_back(std::move(*port));
    return ports;
}

// They move with the container: that another program has come to listen there since is no reason to lose
// them.
std::vector<PublishedPort> held_by(const Endpoint& endpoint) {
    auto ports = published_ports(endpoint);
    for (PublishedPort& port : ports) port.held = true;
    return ports;
}

// As at a start.
Result<std::vector<PublishedPort>> asked_ports(Engine::State& state, const Container& container,
                                               const ContainerSpec& spec) {
    std::vector<PublishedPort> ports = spec.ports;
    if (!spec.publish_all_ports) return ports;
    RT_TRY_ASSIGN(const std::string image_config, image_config_of(state, container));
    RT_TRY_ASSIGN(const ProcessPlan plan, plan_process(spec, image_config, spec.hostname));
    RT_TRY_ASSIGN(const auto exposed, ports_of_exposed(plan.exposed_ports, ports));
    ports.insert(ports.end(), exposed.begin(), exposed.end());
    return ports;
}

} // namespace

Result<std::vector<PublishedPort>> RunningNetworks::wanted_ports() const {
    auto ports = held_ports();
    if (!ports.empty()) return ports;
    return asked_ports(state_, container_, spec_); // it may have been in no network with a way out so far
}

// Those that it publishes now, or that it was about to publish.
std::vector<PublishedPort> RunningNetworks::held_ports() const {
    for (const PortsOf ports_of : {held_by, requested_ports})
        for (const JoinedNetwork& joined : joined_)
            if (auto ports = ports_of(joined.endpoint); !ports.empty()) return ports;
    return {};
}

Result<void> RunningNetworks::can_change_ports(const JoinedNetwork& joined) const {
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(joined.network.driver));
    if (backend->abilities().port_changes) return {};
    return fail(Code::unsupported, "network driver '", joined.network.driver,
                "' cannot change what an attached endpoint publishes");
}

// Success: nothing keeps them from being published by this one, and by it alone.
Result<void> RunningNetworks::can_take_ports(const JoinedNetwork& gateway) const {
    std::string where = "are not published";
    const auto outcome = [&]() -> Result<void> {
        for (const JoinedNetwork& joined : joined_) {
            if (&joined == &gateway || published_ports(joined.endpoint).empty()) continue;
            where = cat("stay published in network '", joined.network.name, "'");
            RT_TRY(can_change_ports(joined));
        }
        if (!gateway.network.traits.publishes_ports)
            return fail(Code::unsupported, "network '", gateway.network.name, "' publishes none");
        return can_change_ports(gateway);
    }();
    if (outcome) return {};
    return fail(outcome.error().code, "container '", container_.name, "': its ports ", where,
                " until it is restarted: ", outcome.error().message);
}

void RunningNetworks::request_ports(JoinedNetwork& joined, const std::vector<PublishedPort>& ports) {
    Json request = Json::parse(joined.endpoint.request);
    request["ports"] = Json::array();
    for (const PublishedPort& port : ports) request["ports"].push_back(to_json(port));
    joined.endpoint.request = request.dump();
}

Result<void> RunningNetworks::set_ports(JoinedNetwork& joined, const std::vector<PublishedPort>& ports) {
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(joined.network.driver));
    request_ports(joined, ports);
    RT_TRY_ASSIGN(
        joined.endpoint.result,
        backend->set_ports(operation_, endpoint_json(joined.endpoint, joined.network), netns_.get()));
    return {};
}

// Taken from the others first: a port is published once.
Result<void> RunningNetworks::move_ports(JoinedNetwork& gateway, const std::vector<PublishedPort>& ports) {
    for (JoinedNetwork& joined : joined_)
        if (&joined != &gateway && !published_ports(joined.endpoint).empty()) RT_TRY(set_ports(joined, {}));
    return set_ports(gateway, ports);
}

Result<void> RunningNetworks::settle_ports() {
    JoinedNetwork* const gateway = way_out();
    if (gateway == nullptr) return {};
    RT_TRY_ASSIGN(const auto ports, wanted_ports());
    if (ports.empty() || (held_ports().empty() && !gateway->network.traits.publishes_ports)) return {};
    // Where they cannot be changed nobody has begun to.
    if (!published_ports(gateway->endpoint).empty() && !can_change_ports(*gateway)) return {};
    RT_TRY(can_take_ports(*gateway));
    request_ports(*gateway, ports); // on record before they leave another
    RT_TRY(record(*gateway));
    auto moved = move_ports(*gateway, ports);
    if (!moved) {
        (void)set_ports(*gateway, {}); // nothing is told to be published that may not be
        request_ports(*gateway, ports);
    }
    const Result<void> recorded = state_.database.transaction([&]() -> Result<void> {
        for (const JoinedNetwork& joined : joined_) RT_TRY(record(joined));
        return {};
    });
    RT_TRY(recorded);
    if (moved) return {};
    return in_context(std::move(moved).error(), "container '", container_.name,
                      "': its ports are not published");
}

} // namespace rt
