// SPDX-License-Identifier: Apache-2.0
// Networks, endpoints and address leases in rt.db. Backends keep no database: what they answered is stored
// here and handed back. Calls that belong together are made inside one Database::transaction(). One per
// thread.
#pragma once

#include "core/base/error.hpp"
#include "core/interfaces/network_backend.hpp"
#include "core/network/network_config.hpp"
#include "core/network/port.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct Network {
    std::string id; // 64 hex digits
    std::string name;
    std::string driver; // instance
    NetworkTraits traits;
    std::string config = "{}";   // JSON of NetworkConfig; "{}": nobody made it, it is its driver's
    std::string result{};        // JSON the backend answered; "" while it has not
    std::int64_t created_at = 0; // ns
    [[nodiscard]] bool user_defined() const { return config != "{}"; }
};

struct Endpoint {
    std::string id; // 64 hex digits
    std::string network_id;
    std::string container_id;
    std::string request; // JSON for attach, without "network"
    std::string result;  // JSON it answered; "" while it has not
};

// What an endpoint asks for; "": any. Without subnets of the family there is none, and none can be asked for.
struct WantedAddresses {
    std::string ipv4{}, ipv6{};
};

class NetworkStore {
public:
    explicit NetworkStore(Database& database) : database_(database) {}

    // The network that containers of a driver instance join when they name none has the instance's name.
    // Empty: there is none.
    Result<std::optional<Network>> find(const std::string& name);
    Result<std::optional<Network>> find_by_id(const std::string& id);
    // By name, id, or unambiguous beginning of an id, as docker: not_found, or failed_precondition where more
    // than one begins so.
    Result<Network> find_any(const std::string& reference);
    Result<std::vector<Network>> list();      // by name
    Result<void> add(const Network& network); // already_exists: the name is taken
    Result<void> remove(const std::string& network_id);
    Result<void> set_result(const std::string& network_id, const std::string& result);

    Result<void> add_endpoint(const Endpoint& endpoint);
    Result<void> set_endpoint_result(const std::string& endpoint_id, const std::string& result);
    Result<void> set_endpoint_request(const std::string& endpoint_id, const std::string& request);
    Result<std::vector<Endpoint>> endpoints_of(const std::string& container_id);
    Result<std::vector<Endpoint>> endpoints_in(const std::string& network_id);
    Result<std::vector<Endpoint>> all_endpoints();
    Result<void> remove_endpoint(const std::string& endpoint_id); // its leases go with it

    // For an endpoint that is added in the same transaction: the lowest free addresses of the network, or
    // those wanted, as {"10.88.0.5/20", "fd00::2/64"}; {} when it has no subnet. resource_exhausted: none is
    // free; unavailable: the wanted one is taken; invalid_argument: it cannot be had here.
    Result<std::vector<std::string>> lease_addresses(const Network& network, const std::string& endpoint_id,
                                                     const WantedAddresses& wanted);

private:
    Result<std::string> lease_ipv4(const Network& network, const std::string& endpoint_id, const Json& subnet,
                                   const std::string& wanted);
    Result<std::string> lease_ipv6(const Network& network, const std::string& endpoint_id, const Json& subnet,
                                   const std::string& wanted);

    Database& database_;
};

// The network as backends get it (<rtp/network.h>).
Json network_json(const Network& network);
// The whole JSON for attach, detach and check. Of one that leaves, with the result that it had: its driver
// may know it by that.
std::string endpoint_json(const Endpoint& endpoint, const Network& network);
// From here on it counts as one that is on its way: it has no result any more, and endpoint_json() has it
// still.
void begin_to_leave(Endpoint& endpoint);

} // namespace rt
