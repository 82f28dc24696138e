// SPDX-License-Identifier: Apache-2.0
#include "core/container/port_conflict.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

bool is_any(const std::string& address) {
    return address.empty() || address == "0.0.0.0" || address == "::";
}

bool overlap(const PublishedPort& a, const PublishedPort& b) {
    return a.host_port != 0 && a.host_port == b.host_port && a.protocol == b.protocol &&
           (is_any(a.host_ip) || is_any(b.host_ip) || a.host_ip == b.host_ip);
}

// Of an endpoint: what its driver answered, and before that what was asked for.
std::vector<PublishedPort> ports_of(const std::string& result, const std::string& request) {
    std::vector<PublishedPort> ports;
    const Json document = Json::parse(result.empty() ? request : result, nullptr, false);
    const auto found = document.is_object() ? document.find("ports") : document.end();
    if (!document.is_object() || found == document.end()) return ports;
    for (const Json& value : *found)
        if (auto port = published_port_from_json(value)) ports.push_back(std::move(*port));
    return ports;
}

std::string host_side(const PublishedPort& port) {
    const std::string address = port.host_ip.empty() ? "0.0.0.0" : port.host_ip;
    return address.find(':') == std::string::npos ? cat(address, ":", port.host_port)
                                                  : cat("[", address, "]:", port.host_port);
}

} // namespace

Error name_the_holder(Engine::State& state, const std::string& container_id,
                      const std::vector<PublishedPort>& wanted, Error error) {
    if (error.code != Code::already_exists && error.code != Code::unavailable) return error;
    std::string holder;
    PublishedPort port;
    // That it cannot be asked is no reason to say less than the driver did.
    (void)state.database.run(
        "SELECT c.name, e.result, e.request FROM endpoints e JOIN containers c ON c.id = e.container_id "
        "WHERE c.id <> ?",
        {container_id}, [&](const SqlRow& row) {
            for (const PublishedPort& taken : ports_of(row.text(1), row.text(2)))
                for (const PublishedPort& mine : wanted)
                    if (holder.empty() && overlap(taken, mine)) {
                        holder = row.text(0);
                        port = mine;
                    }
        });
    if (holder.empty()) return error;
    return fail(Code::already_exists, "Bind for ", host_side(port),
                " failed: port is already allocated: container '", holder,
                "' has it; choose another host port, or remove that container")
        .error();
}

} // namespace rt
