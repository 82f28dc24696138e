// SPDX-License-Identifier: Apache-2.0
#include "core/container/running_networks.hpp"

#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/container_events.hpp"
#include "core/container/first_process.hpp"
#include "core/container/name_service.hpp"
#include "core/container/network_change.hpp"
#include "core/container/published_ports.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {

Result<RunningNetworks> RunningNetworks::open(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RunningNetworks networks(engine, *state, container);
    RT_TRY_ASSIGN(const UniqueFd process, hold_first_process(networks.directory_));
    networks.netns_.reset(::openat(process.get(), "ns/net", O_RDONLY | O_CLOEXEC));
    if (!networks.netns_ && (errno == ENOENT || errno == ESRCH))
        return fail(Code::unavailable, "container '", container.name, "' has just ended");
    if (!networks.netns_)
        return fail_errno(errno, "open the network namespace of container '", container.name, "'");
    RT_TRY(networks.look());
    if (!networks.unfinished_.empty() || has_network_change(networks.directory_)) RT_TRY(networks.settle());
    return networks;
}

Result<void> RunningNetworks::look() {
    RT_TRY_ASSIGN(spec_, spec_from_json(container_.spec));
    spec_.networks = wanted_endpoints(spec_, container_.network);
    joined_.clear();
    unfinished_.clear();
    RT_TRY_ASSIGN(const auto endpoints, state_.networks.endpoints_of(container_.id));
    for (const Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(const auto network, state_.networks.find_by_id(endpoint.network_id));
        if (!network) continue;
        JoinedNetwork joined{.settings = {.network = network->name}, .network = *network, .config = {}};
        RT_TRY_ASSIGN(joined.config, network_config_from_json(network->config));
        const auto asked = std::ranges::find(spec_.networks, network->name, &EndpointSettings::network);
        if (asked != spec_.networks.end()) joined.settings = *asked;
        joined.endpoint = endpoint;
        const Json request = Json::parse(endpoint.request);
        joined.interface = request.value("interface", "");
        joined.addresses = request.value("addresses", std::vector<std::string>());
        (endpoint.result.empty() ? unfinished_ : joined_).push_back(std::move(joined));
    }
    // One that has left the last of its networks is in none, though its spec would have it join the default
    // one at its next start.
    std::erase_if(spec_.networks, [&](const EndpointSettings& one) {
        return std::ranges::none_of(
            joined_, [&](const JoinedNetwork& joined) { return joined.network.name == one.network; });
    });
    choose_gateway(joined_, {});
    return {};
}

Result<void> RunningNetworks::settle() {
    RT_TRY(begin_network_change(directory_));
    RT_TRY(look());
    is_settled_ = true;
    for (const JoinedNetwork& joined : unfinished_) {
        RT_TRY(withdraw_names(engine_, joined.endpoint, joined.network));
        const auto backend = engine_.drivers().network(joined.network.driver);
        if (backend) {
            RT_TRY(take_back(**backend, joined));
            continue;
        }
        is_settled_ = false; // the container's other networks are none the worse for it
        engine_.warn(cat("take container '", container_.name, "' out of network '", joined.network.name,
                         "': ", backend.error().message));
    }
    RT_TRY(correct_names_in_networks(engine_, container_));
    RT_TRY(look());
    const auto led = lead_out();
    if (!led && led.error().code != Code::unsupported) return led;
    if (!led) engine_.warn(cat("container '", container_.name, "': ", led.error().message));
    if (const auto published = settle_ports(); !published) {
        const bool may_pass = published.error().code == Code::resource_exhausted;
        engine_.warn(cat(published.error().message, may_pass ? "; the next command tries again" : ""));
        if (may_pass) is_settled_ = false;
    }
    RT_TRY(serve_names());
    return end_if_settled();
}

// One that could not be settled stays begun, whatever else has been done: who looks next tries again.
Result<void> RunningNetworks::end_if_settled() {
    return is_settled_ ? end_network_change(directory_) : Result<void>();
}

Result<void> RunningNetworks::take_back(NetworkBackend& backend, const JoinedNetwork& joined) {
    RT_TRY(backend.detach(operation_, endpoint_json(joined.endpoint, joined.network), netns_.get()));
    return state_.networks.remove_endpoint(joined.endpoint.id);
}

Result<void> RunningNetworks::connect(JoinedNetwork joined) {
    spec_.networks.push_back(joined.settings);
    RT_TRY(begin_network_change(directory_));
    Result<void> outcome = attach(std::move(joined));
    if (outcome) {
        (void)end_if_settled(); // if that fails: who looks next finds all settled, and ends it
        return outcome;
    }
    if (const auto settled = settle(); !settled)
        engine_.warn(cat("put back what container '", container_.name,
                         "' had before: ", settled.error().message, "; the next command tries again"));
    return outcome;
}

std::string RunningNetworks::free_interface() const {
    for (std::size_t number = 0;; ++number) {
        std::string name = cat("eth", number);
        const auto is_there = [&](const auto& places) {
            return std::ranges::find(places, name, &JoinedNetwork::interface) != places.end();
        };
        if (!is_there(joined_) && !is_there(unfinished_)) return name;
    }
}

Result<void> RunningNetworks::attach(JoinedNetwork joined) {
    joined.interface = free_interface();
    const std::string hostname = spec_.hostname.empty() ? short_id(container_.id) : spec_.hostname;
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(joined.network.driver));
    RT_TRY(check_abilities(*backend, joined));
    RT_TRY_ASSIGN(auto ports, wanted_ports());
    joined_.push_back(std::move(joined));
    JoinedNetwork& added = joined_.back();
    choose_gateway(joined_, {});
    const bool is_gateway = std::exchange(added.default_route, false); // not before all else is there
    if (!is_gateway) ports.clear();
    const auto can_take = ports.empty() ? Result<void>() : can_take_ports(added);
    if (!can_take) ports.clear();
    added.names = names_in(added, container_, spec_);
    added.ports = ports; // on record before they are there; attach() is not to make them yet
    RT_TRY(state_.database.transaction([&] { return record_endpoint(state_, container_, hostname, added); }));
    Json request = Json::parse(added.endpoint.request);
    request["ports"] = Json::array();
    added.endpoint.request = request.dump();
    RT_TRY_ASSIGN(added.endpoint.result,
                  backend->attach(operation_, endpoint_json(added.endpoint, added.network), netns_.get()));
    added.default_route = is_gateway;
    if (!ports.empty()) RT_TRY(move_ports(added, ports));
    RT_TRY(lead_out());
    RT_TRY(publish_names(engine_, added));
    RT_TRY(serve_names());
    if (has_name_server(joined_)) RT_TRY(use_own_name_server(directory_));
    const Result<void> recorded = state_.database.transaction([&]() -> Result<void> {
        for (const JoinedNetwork& one : joined_) RT_TRY(record(one));
        RT_TRY(store_spec());
        return note_network_event(state_, added.network, container_.id, "connect");
    });
    RT_TRY(recorded);
    if (!can_take) engine_.warn(can_take.error().message);
    return {};
}

// As it is attached now.
Result<void> RunningNetworks::record(const JoinedNetwork& joined) {
    RT_TRY(state_.networks.set_endpoint_request(joined.endpoint.id, joined.endpoint.request));
    return state_.networks.set_endpoint_result(joined.endpoint.id, joined.endpoint.result);
}

// From the record on it is out of that network, and its ports belong to who leads out of it then.
Result<void> RunningNetworks::disconnect(const Network& network) {
    std::erase_if(spec_.networks, [&](const EndpointSettings& one) { return one.network == network.name; });
    const auto found =
        std::ranges::find(joined_, network.id, [](const JoinedNetwork& one) { return one.network.id; });
    if (found == joined_.end()) return store_spec();
    RT_TRY(engine_.drivers().network(network.driver));
    JoinedNetwork gone = *found;
    joined_.erase(found);
    choose_gateway(joined_, {});
    JoinedNetwork* const gateway = way_out();
    auto ports = published_ports(gone.endpoint);
    for (PublishedPort& port : ports) port.held = true;
    request_ports(gone, ports);
    begin_to_leave(gone.endpoint);
    if (gateway != nullptr && !ports.empty() && gateway->network.traits.publishes_ports)
        request_ports(*gateway, ports);
    RT_TRY(begin_network_change(directory_));
    const Result<void> recorded = state_.database.transaction([&]() -> Result<void> {
        RT_TRY(record(gone));
        if (gateway != nullptr) RT_TRY(record(*gateway));
        RT_TRY(store_spec());
        return note_network_event(state_, gone.network, container_.id, "disconnect");
    });
    RT_TRY(recorded);
    RT_TRY(settle());
    if (gateway == nullptr && !ports.empty())
        engine_.warn(cat("container '", container_.name,
                         "': its ports are not published any more: it is in no network with a way out"));
    return {};
}

JoinedNetwork* RunningNetworks::way_out() {
    const auto gateway = std::ranges::find(joined_, true, &JoinedNetwork::default_route);
    return gateway == joined_.end() ? nullptr : &*gateway;
}

Result<void> RunningNetworks::lead_out() {
    const JoinedNetwork* const gateway = way_out();
    if (gateway == nullptr) return {};
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(gateway->network.driver));
    return backend->set_default_route(operation_, endpoint_json(gateway->endpoint, gateway->network),
                                      netns_.get(), NetworkBackend::DefaultRoute::yes);
}

Result<void> RunningNetworks::serve_names() {
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(directory_));
    return rt::serve_names(engine_, operation_, spec_, joined_, {shim, netns_.get()});
}

Result<void> RunningNetworks::store_spec() {
    container_.spec = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
    return state_.containers.set_spec(container_.id, container_.spec);
}

Result<void> settle_networks(Engine& engine, const std::string& container_id) {
    RT_TRY(make_directories(engine.lock_file("x").parent_path()));
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(engine.lock_file(container_id)));
    if (!lock || !has_network_change(engine.run_directory(container_id))) return {};
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(container_id));
    if (container.phase != Phase::running) return {}; // its next start begins anew
    const auto settled = RunningNetworks::open(engine, container);
    if (!settled && settled.error().code != Code::unavailable)
        return in_context(settled.error(), "settle the networks of container '", container.name, "'");
    return {};
}

} // namespace rt
