// SPDX-License-Identifier: Apache-2.0
#include "core/container/name_service.hpp"

#include "core/base/id.hpp"
#include "core/container/container_link.hpp"
#include "core/container/networks.hpp"
#include "core/container/runtime_files.hpp"
#include "core/network/name_directory.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace rt {
namespace {

bool has_names(const Network& network) {
    return network.user_defined();
}

// As it was recorded before attach. No names: nothing was to be published.
EndpointNames recorded_names(const Endpoint& endpoint, const Network& network) {
    const Json request = Json::parse(endpoint.request, nullptr, false);
    EndpointNames names{.endpoint_id = endpoint.id, .network = network.name, .names = {}, .addresses = {}};
    if (!request.is_object()) return names;
    names.names = request.value("names", std::vector<std::string>());
    names.addresses = request.value("addresses", std::vector<std::string>());
    return names;
}

// Of the network whose directory comes next.
void add_links(ShimNames& names, const JoinedNetwork& joined) {
    const auto place = static_cast<std::uint32_t>(names.directories.size());
    for (const std::string& text : joined.settings.links) {
        const auto link = parse_link(text);
        if (!link || link->name.empty()) continue;
        const std::string target = small_letters(link->target);
        names.links.push_back({place, small_letters(link->name), target});
        names.links.push_back({place, small_letters(cat(link->name, ".", joined.network.name)), target});
    }
}

} // namespace

std::vector<std::string> names_in(const JoinedNetwork& joined, const Container& container,
                                  const ContainerSpec& spec) {
    if (!has_names(joined.network)) return {};
    std::vector<std::string> names{container.name};
    const auto add = [&](std::string name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    };
    add(short_id(container.id));
    for (const std::string& alias : joined.settings.aliases) add(alias);
    if (!spec.hostname.empty()) add(spec.hostname);
    return names;
}

Result<void> publish_names(Engine& engine, const JoinedNetwork& joined) {
    const EndpointNames names = recorded_names(joined.endpoint, joined.network);
    if (names.names.empty()) return {};
    return NameDirectory(name_directory(engine, joined.network.id)).publish(names);
}

Result<void> withdraw_names(Engine& engine, const Endpoint& endpoint, const Network& network) {
    if (!has_names(network)) return {};
    const EndpointNames names = recorded_names(endpoint, network);
    if (names.names.empty()) return {};
    return NameDirectory(name_directory(engine, network.id)).withdraw(names);
}

namespace {

// Each of its places in a network with names, and what others find it by there. What is published is recorded
// before it is and until it is no more, so that whoever cleans up knows of it.
Result<void>
for_each_with_names(Engine& engine, const Container& container,
                    const std::function<Result<void>(Endpoint& endpoint, const JoinedNetwork& joined,
                                                     const ContainerSpec& spec)>& use) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    const std::vector<EndpointSettings> wanted = wanted_endpoints(spec, container.network);
    RT_TRY_ASSIGN(std::vector<Endpoint> endpoints, state->networks.endpoints_of(container.id));
    for (Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(const auto network, state->networks.find_by_id(endpoint.network_id));
        if (!network || !has_names(*network)) continue;
        if (endpoint.result.empty()) continue; // on its way in or out
        JoinedNetwork joined{.settings = {}, .network = *network, .config = {}};
        const auto settings = std::ranges::find(wanted, network->name, &EndpointSettings::network);
        if (settings != wanted.end()) joined.settings = *settings;
        RT_TRY(use(endpoint, joined, spec));
    }
    return {};
}

Result<void> record_names(Engine& engine, Endpoint& endpoint, const std::vector<std::string>& names) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Json request = Json::parse(endpoint.request);
    request["names"] = names;
    endpoint.request = request.dump();
    return state->networks.set_endpoint_request(endpoint.id, endpoint.request);
}

} // namespace

Result<void> add_name_in_networks(Engine& engine, const Container& container, const std::string& name) {
    return for_each_with_names(
        engine, container,
        [&](Endpoint& endpoint, const JoinedNetwork& joined, const ContainerSpec&) -> Result<void> {
            EndpointNames names = recorded_names(endpoint, joined.network);
            if (std::ranges::find(names.names, name) != names.names.end()) return {};
            names.names.insert(names.names.begin(), name);
            RT_TRY(record_names(engine, endpoint, names.names));
            names.names = {name};
            return NameDirectory(name_directory(engine, joined.network.id)).publish(names);
        });
}

Result<void> correct_names_in_networks(Engine& engine, const Container& container) {
    return for_each_with_names(
        engine, container,
        [&](Endpoint& endpoint, const JoinedNetwork& joined, const ContainerSpec& spec) -> Result<void> {
            EndpointNames names = recorded_names(endpoint, joined.network);
            EndpointNames surplus = names;
            names.names = names_in(joined, container, spec);
            std::erase_if(surplus.names, [&](const std::string& name) {
                return std::ranges::find(names.names, name) != names.names.end();
            });
            surplus.addresses.clear(); // they have the right name in a moment
            NameDirectory directory(name_directory(engine, joined.network.id));
            RT_TRY(directory.withdraw(surplus));
            RT_TRY(directory.publish(names));
            return record_names(engine, endpoint, names.names);
        });
}

Result<void> use_own_name_server(const Path& run_directory) {
    constexpr std::size_t kLargest = 1U << 20U;
    const Path path = run_directory / "resolv.conf";
    RT_TRY_ASSIGN(const std::string text, read_file(path, kLargest));
    const std::string wanted = with_own_name_server(text);
    if (text.find(wanted.substr(0, wanted.find('\n') + 1)) != std::string::npos) return {};
    RT_TRY_ASSIGN(const UniqueFd fd, open_file(path, O_WRONLY | O_TRUNC | O_NOFOLLOW));
    return write_all(fd.get(), wanted, path.native());
}

bool has_name_server(std::span<const JoinedNetwork> joined) {
    return std::ranges::any_of(joined, [](const JoinedNetwork& one) { return has_names(one.network); });
}

Result<void> serve_names(Engine& engine, const Operation& operation, const ContainerSpec& spec,
                         std::span<const JoinedNetwork> joined, NameClient client) {
    if (!has_name_server(joined)) return {};
    ShimNames names;
    bool has_way_out = false;
    const JoinedNetwork* user_defined = nullptr;
    for (const JoinedNetwork& one : joined) {
        has_way_out = has_way_out || one.default_route;
        if (!has_names(one.network)) continue;
        user_defined = &one;
        add_links(names, one);
        names.directories.push_back(name_directory(engine, one.network.id).native());
    }
    // A container without a way out must not have one by the questions that it asks.
    if (has_way_out) names.servers = spec.dns.empty() ? host_name_servers() : spec.dns;
    RT_TRY_ASSIGN(const ShimNamePorts ports, client.shim.serve_names(names));
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(user_defined->network.driver));
    return backend->redirect_names(operation, client.netns_fd, {ports.udp, ports.tcp});
}

} // namespace rt
