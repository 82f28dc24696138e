// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_store.hpp"

#include "core/base/clock.hpp"
#include "core/network/address.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, name, driver, host_namespace, publishes_ports, options, result FROM networks ";

Result<std::optional<Network>> find_one(Database& database, std::string_view where, const std::string& key) {
    std::optional<Network> found;
    RT_TRY(database.run(cat(kColumns, where), {key}, [&](const SqlRow& row) {
        found = Network{row.text(0), row.text(1), row.text(2), {row.number(3) != 0, row.number(4) != 0},
                        row.text(5), row.text(6)};
    }));
    return found;
}

} // namespace

Result<std::optional<Network>> NetworkStore::find(const std::string& name) {
    return find_one(database_, "WHERE name = ?", name);
}

Result<std::optional<Network>> NetworkStore::find_by_id(const std::string& id) {
    return find_one(database_, "WHERE id = ?", id);
}

Result<void> NetworkStore::add(const Network& network) {
    return database_.run(
        "INSERT INTO networks (id, name, driver, host_namespace, publishes_ports, options, result, "
        "created_at) "
        "VALUES (?,?,?,?,?,?,?,?)",
        {network.id, network.name, network.driver, std::int64_t{network.traits.host_namespace},
         std::int64_t{network.traits.publishes_ports}, network.options, network.result, now_ns()});
}

Result<void> NetworkStore::set_result(const std::string& network_id, const std::string& result) {
    return database_.run("UPDATE networks SET result = ? WHERE id = ?", {result, network_id});
}

Result<void> NetworkStore::add_endpoint(const Endpoint& endpoint) {
    return database_.run(
        "INSERT INTO endpoints (id, network_id, container_id, request, result) VALUES (?,?,?,?,?)",
        {endpoint.id, endpoint.network_id, endpoint.container_id, endpoint.request, endpoint.result});
}

Result<void> NetworkStore::set_endpoint_result(const std::string& endpoint_id, const std::string& result) {
    return database_.run("UPDATE endpoints SET result = ? WHERE id = ?", {result, endpoint_id});
}

Result<std::vector<Endpoint>> NetworkStore::endpoints_of(const std::string& container_id) {
    std::vector<Endpoint> found;
    RT_TRY(database_.run(
        "SELECT id, network_id, container_id, request, result FROM endpoints WHERE container_id = ?",
        {container_id}, [&](const SqlRow& row) {
            found.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
        }));
    return found;
}

Result<void> NetworkStore::remove_endpoints_of(const std::string& container_id) {
    return database_.run("DELETE FROM endpoints WHERE container_id = ?", {container_id});
}

Result<std::string> NetworkStore::lease_address(const Network& network, const std::string& endpoint_id) {
    if (network.result.empty()) return std::string();
    RT_TRY_ASSIGN(const Json result,
                  parse_json(network.result, cat("stored result of network '", network.name, "'")));
    const auto subnets = result.find("subnets");
    if (subnets == result.end() || subnets->empty()) return std::string();
    const Json& first = subnets->front();
    RT_TRY_ASSIGN(const Subnet subnet, Subnet::parse(first.value("subnet", "")));
    RT_TRY_ASSIGN(const std::uint32_t gateway, parse_ipv4(first.value("gateway", "")));

    std::uint32_t candidate = subnet.first_host();
    const auto skip_gateway = [&] { candidate += candidate == gateway ? 1U : 0U; };
    skip_gateway();
    RT_TRY(database_.run("SELECT address FROM leases WHERE network_id = ? ORDER BY address", {network.id},
                         [&](const SqlRow& row) {
                             if (row.number(0) != candidate) return;
                             ++candidate;
                             skip_gateway();
                         }));
    if (candidate > subnet.last_host())
        return fail(Code::resource_exhausted, "lease an address: all of ", first.value("subnet", ""),
                    " (network '", network.name,
                    "') are in use: remove containers, or set a smaller prefix_length for driver '",
                    network.driver, "'");
    RT_TRY(database_.run("INSERT INTO leases (network_id, address, endpoint_id) VALUES (?,?,?)",
                         {network.id, static_cast<std::int64_t>(candidate), endpoint_id}));
    return cat(format_ipv4(candidate), "/", subnet.prefix_length);
}

Json network_json(const Network& network) {
    Json value{{"id", network.id}, {"name", network.name}, {"options", Json::parse(network.options)}};
    if (!network.result.empty()) value["result"] = Json::parse(network.result);
    return value;
}

std::string endpoint_json(const Endpoint& endpoint, const Network& network) {
    Json value = Json::parse(endpoint.request);
    value["network"] = network_json(network);
    if (!endpoint.result.empty()) value["result"] = Json::parse(endpoint.result);
    return value.dump();
}

} // namespace rt
