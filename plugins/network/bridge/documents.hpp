// SPDX-License-Identifier: Apache-2.0
// The JSON that crosses the border, as plain values: configuration, networks, endpoints and their results.
// Everything is checked here, so the rest may rely on it. Stateless.
#pragma once

#include "counters.hpp"
#include "ipv4.hpp"
#include "links.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::bridge {

constexpr std::size_t kShownDigits = 12; // of an id that names a link; an alias has all of them

struct Config {
    Ipv4Prefix pool;
    int prefix_length = 20;
    std::uint32_t mtu = 0; // 0: that of the default route's link
    std::string bridge_prefix;
    std::string nft_table;
    bool masquerade = true;
    bool hairpin = true;
    bool icc = true;          // containers of one network reach each other
    bool forward_drop = true; // where forwarding was switched on here, only containers are forwarded for
};
sdk::Result<Config> parse_config(std::string_view json);

// A network as it is in the kernel: what create_network() answers, and what is handed back.
struct NetworkState {
    Ipv4Prefix subnet;
    Ipv4 gateway;
    std::string bridge;
    std::uint32_t mtu = 0;
    bool masquerade = true;
    bool icc = true;
    bool internal = false; // no way out
};

// What the user asked of a network.
struct NetworkOptions {
    std::optional<Ipv4Prefix> subnet;
    std::optional<Ipv4> gateway;
    std::optional<std::string> bridge_name;
    std::optional<std::uint32_t> mtu;
    std::optional<bool> masquerade, icc;
    bool internal = false;
};

struct Network {
    std::string id;
    std::string name;
    NetworkOptions options;
    std::optional<NetworkState> result;
    bool comes_back = false; // where it is removed: its subnet stays its own
    [[nodiscard]] std::string alias() const { return "rt network " + id; }
};
sdk::Result<Network> parse_network(std::string_view json);
std::string network_result(const NetworkState& state);

enum class Protocol : std::uint8_t { tcp = 6, udp = 17 };
std::string_view protocol_name(Protocol protocol);

struct PortMapping {
    Ipv4 host_address; // 0.0.0.0: every address of the host
    std::uint16_t host_port = 0;
    std::uint16_t container_port = 0;
    Protocol protocol = Protocol::tcp;
    bool held = false;                      // the container has it already: not looked for on the host
    std::string host_ip_text;               // as given: it goes back like that
    [[nodiscard]] std::string text() const; // "0.0.0.0:8080/tcp"
};

struct Endpoint {
    std::string id;
    std::string interface;
    Network network;
    Ipv4Prefix address;
    std::vector<PortMapping> wanted_ports; // its "ports"
    std::vector<PortMapping> ports; // those of its result, and those wanted where it has not answered them
    std::optional<Mac> own_mac;     // asked for
    std::vector<Ipv4Prefix> link_local;
    bool default_route = true; // where the namespace has none yet
    // What of it cannot be had: attach() says so, detach() removes what there is all the same.
    std::optional<sdk::Error> refused;
    [[nodiscard]] Mac mac() const { return own_mac.value_or(mac_of(address.address)); }
    [[nodiscard]] std::string host_link() const { return "rtv" + id.substr(0, kShownDigits); }
    [[nodiscard]] std::string alias() const { return "rt endpoint " + id; }
    [[nodiscard]] bool every_port_known() const;
};
sdk::Result<Endpoint> parse_endpoint(std::string_view json);
std::string endpoint_counters(const Endpoint& endpoint, const LinkCounters& counters);
std::string endpoint_result(const Endpoint& endpoint);

} // namespace rt::bridge
