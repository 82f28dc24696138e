// SPDX-License-Identifier: Apache-2.0
// CNI's verbs. A *network* is what containers are attached to, an *endpoint* one container's place in it.
// What create_network and attach answer is stored by the core and handed back with every later call; the
// backend keeps no database, and makes again what is missing in the kernel (after a reboot). detach and
// remove_network are repeatable. The JSON that goes in and out, and the contract: <rtp/network.h>.
#pragma once

#include "core/interfaces/driver.hpp"

#include <rtp/network.h>

#include <cstdint>
#include <string>

namespace rt {

// What a backend says of itself once and for all.
struct NetworkTraits {
    bool host_namespace = false;  // containers stay in the host's network namespace; attach gets netns_fd -1
    bool publishes_ports = false; // without it ports are refused before anything is made
    bool operator==(const NetworkTraits&) const = default;
};

// What it can do beyond that; asked of the loaded driver where somebody wants it.
struct NetworkAbilities {
    bool several = false; // users make networks of it
    bool mac_addresses = false;
    bool ipv6 = false;
    bool default_routes = false; // set_default_route()
    bool port_changes = false;   // set_ports()
    bool names = false;          // redirect_names()
};

class NetworkBackend : public Driver {
public:
    [[nodiscard]] virtual NetworkTraits traits() const = 0;
    [[nodiscard]] virtual NetworkAbilities abilities() const = 0;

    virtual Result<std::string> create_network(const Operation&, const std::string& network_json) = 0;
    virtual Result<void> remove_network(const Operation&, const std::string& network_json) = 0;
    virtual Result<std::string> attach(const Operation&, const std::string& endpoint_json, int netns_fd) = 0;
    virtual Result<void> detach(const Operation&, const std::string& endpoint_json, int netns_fd) = 0;
    virtual Result<void> check(const Operation&, const std::string& endpoint_json, int netns_fd) = 0;
    // JSON. unsupported where the backend does not have "rt.network.stats/1".
    virtual Result<std::string> stats(const Operation&, const std::string& endpoint_json) = 0;

    // Of the optional interfaces; unsupported without them.
    enum class DefaultRoute { yes, no };
    virtual Result<void> set_default_route(const Operation&, const std::string& endpoint_json, int netns_fd,
                                           DefaultRoute wanted) = 0;
    // The endpoint's new result.
    virtual Result<std::string> set_ports(const Operation&, const std::string& endpoint_json,
                                          int netns_fd) = 0;
    struct NamePorts {
        std::uint16_t udp = 0, tcp = 0;
    };
    virtual Result<void> redirect_names(const Operation&, int netns_fd, NamePorts ports) = 0;
};

} // namespace rt
