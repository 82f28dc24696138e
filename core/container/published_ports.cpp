// SPDX-License-Identifier: Apache-2.0
#include "core/container/published_ports.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace rt {
namespace {

// At a glance: most have none, and a listing asks a thousand, which are not parsed for it.
bool has_none(const std::string& result) {
    constexpr std::string_view kPorts = "\"ports\"";
    const auto place = result.find(kPorts);
    if (place == std::string::npos) return true;
    return result.compare(place + kPorts.size(), 3, ":[]") == 0 &&
           result.find(kPorts, place + kPorts.size()) == std::string::npos;
}

} // namespace

std::vector<PublishedPort> published_ports(const Endpoint& endpoint) {
    std::vector<PublishedPort> ports;
    if (has_none(endpoint.result)) return ports;
    const Json result = Json::parse(endpoint.result, nullptr, false);
    if (!result.is_object()) return ports;
    for (const Json& value : result.value("ports", Json::array()))
        if (auto port = published_port_from_json(value)) ports.push_back(std::move(*port));
    return ports;
}

Result<std::vector<PublishedPort>> published_ports(Engine::State& state, const std::string& container_id) {
    RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_of(container_id));
    std::vector<PublishedPort> ports;
    for (const Endpoint& endpoint : endpoints)
        for (PublishedPort& port : published_ports(endpoint)) ports.push_back(std::move(port));
    std::ranges::sort(ports, {}, [](const PublishedPort& port) {
        return std::tie(port.container_port, port.protocol, port.host_ip, port.host_port);
    });
    return ports;
}

} // namespace rt
