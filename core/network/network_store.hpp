// SPDX-License-Identifier: Apache-2.0
// Networks, endpoints and address leases in rt.db. Backends keep no database: what they answered is stored
// here and handed back. Calls that belong together are made inside one Database::transaction(). One per
// thread.
#pragma once

#include "core/base/error.hpp"
#include "core/interfaces/network_backend.hpp"
#include "core/network/port.hpp"
#include "core/state/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt {

struct Network {
    std::string id; // 12 hex digits
    std::string name;
    std::string driver; // instance
    NetworkTraits traits;
    std::string options; // JSON object
    std::string result;  // JSON the backend answered; "" while it has not
};

struct Endpoint {
    std::string id; // 12 hex digits
    std::string network_id;
    std::string container_id;
    std::string request; // JSON for attach, without "network"
    std::string result;  // JSON it answered; "" while it has not
};

class NetworkStore {
public:
    explicit NetworkStore(Database& database) : database_(database) {}

    // The network that containers of a driver instance join when they name none: it has the instance's name.
    // Empty: not made yet.
    Result<std::optional<Network>> find(const std::string& name);
    Result<std::optional<Network>> find_by_id(const std::string& id);
    Result<void> add(const Network& network);
    Result<void> set_result(const std::string& network_id, const std::string& result);

    Result<void> add_endpoint(const Endpoint& endpoint);
    Result<void> set_endpoint_result(const std::string& endpoint_id, const std::string& result);
    Result<std::vector<Endpoint>> endpoints_of(const std::string& container_id);
    Result<void> remove_endpoints_of(const std::string& container_id); // their leases go with them

    // For an endpoint that is added in the same transaction: the lowest free address of the network's first
    // subnet, as "10.88.0.5/20"; "" when it has no subnet. resource_exhausted: none is free.
    Result<std::string> lease_address(const Network& network, const std::string& endpoint_id);

private:
    Database& database_;
};

// The network as backends get it (<rtp/network.h>).
Json network_json(const Network& network);
// The whole JSON for attach, detach and check.
std::string endpoint_json(const Endpoint& endpoint, const Network& network);

} // namespace rt
