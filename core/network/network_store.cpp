// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_store.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/nearest.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace rt {
namespace {

constexpr const char* kLeft = "left"; // in a request: the result when it began to leave

constexpr std::string_view kColumns =
    "SELECT id, name, driver, host_namespace, publishes_ports, config, result, created_at FROM networks ";

Network read_network(const SqlRow& row) {
    return {row.text(0), row.text(1), row.text(2),  {row.number(3) != 0, row.number(4) != 0},
            row.text(5), row.text(6), row.number(7)};
}

Result<std::vector<Network>> select_networks(Database& database, std::string_view where,
                                             const std::vector<SqlValue>& values) {
    std::vector<Network> found;
    RT_TRY(database.run(cat(kColumns, where), values,
                        [&](const SqlRow& row) { found.push_back(read_network(row)); }));
    return found;
}

Result<std::optional<Network>> find_one(Database& database, std::string_view where, const std::string& key) {
    RT_TRY_ASSIGN(auto found, select_networks(database, where, {key}));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

Result<std::vector<Endpoint>> select_endpoints(Database& database, std::string_view where,
                                               const std::vector<SqlValue>& values) {
    std::vector<Endpoint> found;
    RT_TRY(database.run(cat("SELECT id, network_id, container_id, request, result FROM endpoints ", where),
                        values, [&](const SqlRow& row) {
                            found.push_back(
                                {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
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

Result<Network> NetworkStore::find_any(const std::string& reference) {
    RT_TRY_ASSIGN(auto exact, find(reference));
    if (exact) return std::move(*exact);
    if (is_hex(reference)) {
        RT_TRY_ASSIGN(auto found, select_networks(database_, "WHERE substr(id, 1, ?) = ?",
                                                  {static_cast<std::int64_t>(reference.size()), reference}));
        if (found.size() == 1) return std::move(found.front());
        if (found.size() > 1)
            return fail(Code::failed_precondition, "network ", reference, " is ambiguous (", found.size(),
                        " matches found on id prefix)");
    }
    std::vector<std::string> names;
    RT_TRY(database_.run("SELECT name FROM networks", {},
                         [&](const SqlRow& row) { names.push_back(row.text(0)); }));
    const std::string best = nearest(reference, names);
    return fail(Code::not_found, "network ", reference, " not found",
                best.empty() ? std::string("; 'rtctl network ls' lists those there are")
                             : cat(" (did you mean '", best, "'?)"));
}

Result<std::vector<Network>> NetworkStore::list() {
    return select_networks(database_, "ORDER BY name", {});
}

Result<void> NetworkStore::add(const Network& network) {
    return database_.run(
        "INSERT INTO networks (id, name, driver, host_namespace, publishes_ports, options, config, result, "
        "created_at) VALUES (?,?,?,?,?,'{}',?,?,?)",
        {network.id, network.name, network.driver, std::int64_t{network.traits.host_namespace},
         std::int64_t{network.traits.publishes_ports}, network.config, network.result, now_ns()});
}

Result<void> NetworkStore::remove(const std::string& network_id) {
    return database_.run("DELETE FROM networks WHERE id = ?", {network_id});
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

Result<void> NetworkStore::set_endpoint_request(const std::string& endpoint_id, const std::string& request) {
    return database_.run("UPDATE endpoints SET request = ? WHERE id = ?", {request, endpoint_id});
}

// By id: several of one container are in the order in which they were made.
Result<std::vector<Endpoint>> NetworkStore::endpoints_of(const std::string& container_id) {
    return select_endpoints(database_, "WHERE container_id = ?", {container_id});
}

Result<std::vector<Endpoint>> NetworkStore::endpoints_in(const std::string& network_id) {
    return select_endpoints(database_, "WHERE network_id = ?", {network_id});
}

Result<std::vector<Endpoint>> NetworkStore::all_endpoints() {
    return select_endpoints(database_, "ORDER BY id", {});
}

Result<void> NetworkStore::remove_endpoint(const std::string& endpoint_id) {
    return database_.run("DELETE FROM endpoints WHERE id = ?", {endpoint_id});
}

Json network_json(const Network& network) {
    Json value{{"id", network.id}, {"name", network.name}, {"options", Json::object()}};
    if (network.user_defined()) {
        const Json config = Json::parse(network.config);
        value["options"] = config.at("options");
        value["internal"] = config.at("internal");
        value["ipv6"] = config.at("ipv6");
        value["subnets"] = Json::array();
        for (const Json& pool : config.at("pools"))
            value["subnets"].push_back({{"subnet", pool.at("subnet")}, {"gateway", pool.at("gateway")}});
    }
    if (!network.result.empty()) value["result"] = Json::parse(network.result);
    return value;
}

std::string endpoint_json(const Endpoint& endpoint, const Network& network) {
    Json value = Json::parse(endpoint.request);
    value["network"] = network_json(network);
    const std::string left = value.value(kLeft, "");
    value.erase(kLeft);
    const std::string& result = endpoint.result.empty() ? left : endpoint.result;
    if (!result.empty()) value["result"] = Json::parse(result);
    return value.dump();
}

void begin_to_leave(Endpoint& endpoint) {
    Json request = Json::parse(endpoint.request);
    request[kLeft] = std::exchange(endpoint.result, {});
    endpoint.request = request.dump();
}

} // namespace rt
