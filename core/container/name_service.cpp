// SPDX-License-Identifier: Apache-2.0
#include "core/container/name_service.hpp"

#include "core/container/networks.hpp"
#include "core/container/runtime_files.hpp"
#include "core/network/name_directory.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace rt {
namespace {

constexpr std::size_t kShortId = 12;

bool has_names(const Network& network) {
    return network.user_defined();
}

using NameRecord = std::function<Result<void>(const std::vector<std::string>& names)>;

// As it was recorded before attach. No names: nothing was to be published.
EndpointNames recorded_names(const Endpoint& endpoint, const Network& network) {
    const Json request = Json::parse(endpoint.request, nullptr, false);
    EndpointNames names{.endpoint_id = endpoint.id, .network = network.name, .names = {}, .addresses = {}};
    if (!request.is_object()) return names;
    names.names = request.value("names", std::vector<std::string>());
    names.addresses = request.value("addresses", std::vector<std::string>());
    return names;
}

// Those that do not change with the container's name.
std::vector<std::string> lasting_names(const Container& container, const ContainerSpec& spec,
                                       const EndpointSettings& settings) {
    std::vector<std::string> names{container.id.substr(0, kShortId)};
    names.insert(names.end(), settings.aliases.begin(), settings.aliases.end());
    if (!spec.hostname.empty()) names.push_back(spec.hostname);
    return names;
}

} // namespace

std::vector<std::string> names_in(const JoinedNetwork& joined, const Container& container,
                                  const ContainerSpec& spec) {
    if (!has_names(joined.network)) return {};
    std::vector<std::string> names{container.name};
    for (std::string& name : lasting_names(container, spec, joined.settings))
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
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

// Does it have this name there whatever the container is called?
bool lasts(const Container& container, const ContainerSpec& spec, const Network& network,
           const std::string& name) {
    const auto wanted = wanted_endpoints(spec, spec.network);
    const auto settings = std::ranges::find(wanted, network.name, &EndpointSettings::network);
    const auto names =
        lasting_names(container, spec, settings == wanted.end() ? EndpointSettings() : *settings);
    return std::ranges::find(names, name) != names.end();
}

// In each network where the name comes and goes with the container's. What is published is recorded before
// and after: a kill leaves nothing behind the container.
Result<void> change_names(Engine& engine, const Container& container, const std::string& name,
                          const std::function<Result<void>(NameDirectory&, EndpointNames names,
                                                           const NameRecord& record)>& change) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_of(container.id));
    for (const Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(const auto network, state->networks.find_by_id(endpoint.network_id));
        if (!network || !has_names(*network) || lasts(container, spec, *network, name)) continue;
        NameDirectory directory(name_directory(engine, network->id));
        RT_TRY(change(directory, recorded_names(endpoint, *network),
                      [&](const std::vector<std::string>& names) -> Result<void> {
                          Json request = Json::parse(endpoint.request);
                          request["names"] = names;
                          return state->networks.set_endpoint_request(endpoint.id, request.dump());
                      }));
    }
    return {};
}

} // namespace

Result<void> add_name_in_networks(Engine& engine, const Container& container, const std::string& name) {
    return change_names(
        engine, container, name,
        [&](NameDirectory& directory, EndpointNames names, const NameRecord& record) -> Result<void> {
            names.names.insert(names.names.begin(), name);
            RT_TRY(record(names.names));
            names.names = {name};
            return directory.publish(names);
        });
}

Result<void> drop_name_in_networks(Engine& engine, const Container& container, const std::string& name) {
    return change_names(
        engine, container, name,
        [&](NameDirectory& directory, EndpointNames names, const NameRecord& record) -> Result<void> {
            EndpointNames dropped = names;
            dropped.names = {name};
            dropped.addresses.clear();
            RT_TRY(directory.withdraw(dropped));
            std::erase(names.names, name);
            if (!names.names.empty()) RT_TRY(directory.publish(names)); // whose its addresses are
            return record(names.names);
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
        names.directories.push_back(name_directory(engine, one.network.id).native());
    }
    // A container without a way out must not have one by the questions that it asks.
    if (has_way_out) names.servers = spec.dns.empty() ? host_name_servers() : spec.dns;
    RT_TRY_ASSIGN(const ShimNamePorts ports, client.shim.serve_names(names));
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(user_defined->network.driver));
    return backend->redirect_names(operation, client.netns_fd, {ports.udp, ports.tcp});
}

} // namespace rt
