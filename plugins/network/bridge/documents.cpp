// SPDX-License-Identifier: Apache-2.0
#include "documents.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace rt::bridge {
namespace {

using Json = nlohmann::json;
using sdk::Code;
using sdk::fail;

sdk::Result<Json> parse_object(std::string_view text, std::string_view what) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return fail(Code::invalid_argument, what, " is not a JSON object");
    return json;
}

const Json* member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const Json& object, const char* key, std::string fallback = {}) {
    const Json* value = member(object, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::move(fallback);
}

// Docker's clients give options as strings, so "1500" and "true" are as good as 1500 and true.
std::optional<std::uint32_t> number_of(const Json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= 0xffffffff)
        return value.get<std::uint32_t>();
    if (!value.is_string()) return std::nullopt;
    const auto& text = value.get_ref<const std::string&>();
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<bool> flag_of(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    return std::nullopt;
}

bool is_id(std::string_view id) {
    return id.size() >= kShownDigits && id.size() <= 64 &&
           id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_link_name(std::string_view name) {
    return !name.empty() && name.size() < 16 && name != "." && name != ".." &&
           std::ranges::all_of(
               name, [](unsigned char c) { return c > ' ' && c < 127 && c != '/' && c != ':'; });
}

// One option of a network. Options are the user's words: one that is not known is refused, never ignored.
sdk::Result<void> apply_option(NetworkOptions& options, const std::string& key, const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const auto bad = [&](std::string_view wanted) {
        return fail(Code::invalid_argument, "network option '", key, "' is '", text, "', it must be ",
                    wanted);
    };
    if (key == "subnet") {
        options.subnet = parse_prefix(text);
        if (!options.subnet || options.subnet->subnet() != *options.subnet || options.subnet->length > 30)
            return bad("an IPv4 subnet of at least 4 addresses such as 10.1.0.0/24");
    } else if (key == "gateway") {
        if (!(options.gateway = parse_ipv4(text))) return bad("an IPv4 address");
    } else if (key == "bridge_name" || key == "com.docker.network.bridge.name") {
        if (!is_link_name(text)) return bad("a link name of at most 15 characters");
        options.bridge_name = text;
    } else if (key == "mtu" || key == "com.docker.network.driver.mtu") {
        options.mtu = number_of(value);
        if (!options.mtu || *options.mtu < 68 || *options.mtu > 65535)
            return bad("a number from 68 to 65535");
    } else if (key == "masquerade" || key == "com.docker.network.bridge.enable_ip_masquerade") {
        if (!(options.masquerade = flag_of(value))) return bad("true or false");
    } else if (key == "icc" || key == "com.docker.network.bridge.enable_icc") {
        if (!(options.icc = flag_of(value))) return bad("true or false");
    } else {
        return fail(Code::invalid_argument, "unknown network option '", key,
                    "'; the bridge driver knows subnet, gateway, bridge_name, mtu, masquerade and icc");
    }
    return {};
}

// docker's IPAM: at most one subnet, which is of IPv4.
sdk::Result<void> apply_subnets(NetworkOptions& options, const Json& subnets) {
    for (const Json& entry : subnets) {
        if (!entry.is_object())
            return fail(Code::invalid_argument, "a subnet of the network is not an object");
        const std::string text = text_of(entry, "subnet");
        if (text.find(':') != std::string::npos)
            return fail(Code::unsupported, "subnet '", text, "': the bridge driver has no IPv6");
        if (options.subnet)
            return fail(Code::invalid_argument, "subnet '", text,
                        "': bridge driver doesn't support multiple subnets");
        RT_TRY(apply_option(options, "subnet", text));
        if (const std::string gateway = text_of(entry, "gateway"); !gateway.empty())
            RT_TRY(apply_option(options, "gateway", gateway));
    }
    return {};
}

sdk::Result<NetworkState> parse_state(const Json& json, const std::string& id) {
    const auto corrupt = [&](std::string_view what) {
        return fail(Code::corrupt, "the stored result of network '", id, "' has no valid ", what,
                    "; remove the network and create it again");
    };
    NetworkState state;
    const Json* subnets = member(json, "subnets");
    if (subnets == nullptr || !subnets->is_array() || subnets->size() != 1 || !subnets->front().is_object())
        return corrupt("subnets");
    const auto subnet = parse_prefix(text_of(subnets->front(), "subnet"));
    const auto gateway = parse_ipv4(text_of(subnets->front(), "gateway"));
    if (!subnet || !gateway || !subnet->contains(*gateway)) return corrupt("subnet and gateway");
    state.subnet = subnet->subnet();
    state.gateway = *gateway;
    state.bridge = text_of(json, "bridge");
    if (!is_link_name(state.bridge)) return corrupt("bridge");
    const Json* mtu = member(json, "mtu");
    const auto mtu_number = mtu == nullptr ? std::nullopt : number_of(*mtu);
    if (!mtu_number) return corrupt("mtu");
    state.mtu = *mtu_number;
    state.masquerade = json.value("masquerade", true);
    state.icc = json.value("icc", true);
    state.internal = json.value("internal", false);
    return state;
}

sdk::Result<Network> network_of(const Json& json) {
    Network network;
    network.id = text_of(json, "id");
    network.name = text_of(json, "name");
    if (!is_id(network.id))
        return fail(Code::invalid_argument, "network id '", network.id,
                    "' is not 12 to 64 hexadecimal digits");
    if (const Json* options = member(json, "options"); options != nullptr) {
        if (!options->is_object()) return fail(Code::invalid_argument, "network options are not an object");
        for (const auto& [key, value] : options->items()) RT_TRY(apply_option(network.options, key, value));
    }
    if (const Json* subnets = member(json, "subnets"); subnets != nullptr && subnets->is_array())
        RT_TRY(apply_subnets(network.options, *subnets));
    network.options.internal = json.value("internal", false);
    network.comes_back = json.value("comes_back", false);
    if (const Json* result = member(json, "result");
        result != nullptr && result->is_object() && !result->empty()) {
        RT_TRY_ASSIGN(network.result, parse_state(*result, network.id));
    }
    return network;
}

sdk::Result<PortMapping> parse_port(const Json& json) {
    PortMapping port;
    port.host_ip_text = text_of(json, "host_ip");
    const auto address = port.host_ip_text.empty() ? Ipv4{} : parse_ipv4(port.host_ip_text);
    if (!address)
        return fail(
            Code::invalid_argument, "cannot publish a port on '", port.host_ip_text,
            "': the container has only IPv4, and the bridge driver does not translate between the two; "
            "name an IPv4 address of the host, or none");
    port.host_address = *address;
    const std::string protocol = text_of(json, "protocol", "tcp");
    if (protocol != "tcp" && protocol != "udp")
        return fail(Code::invalid_argument, "cannot publish a port of protocol '", protocol,
                    "': the bridge driver publishes tcp and udp");
    port.protocol = protocol == "tcp" ? Protocol::tcp : Protocol::udp;
    const Json zero = 0;
    const Json* host_port = member(json, "host_port");
    const Json* container_port = member(json, "container_port");
    const auto host = number_of(host_port == nullptr ? zero : *host_port);
    const auto container = number_of(container_port == nullptr ? zero : *container_port);
    if (!host || *host > 65535)
        return fail(Code::invalid_argument, "a host port is not a number from 0 to 65535");
    if (!container || *container == 0 || *container > 65535)
        return fail(Code::invalid_argument, "a container port is not a number from 1 to 65535");
    port.host_port = static_cast<std::uint16_t>(*host);
    port.container_port = static_cast<std::uint16_t>(*container);
    const Json* held = member(json, "held");
    port.held = held != nullptr && held->is_boolean() && held->get<bool>() && port.host_port != 0;
    return port;
}

std::optional<Mac> parse_mac(std::string_view text) {
    Mac mac{};
    if (text.size() != 17) return std::nullopt;
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const char* const digits = text.data() + 3 * i;
        const auto [end, error] = std::from_chars(digits, digits + 2, mac[i], 16);
        if (error != std::errc{} || end != digits + 2 || (i < 5 && *end != ':')) return std::nullopt;
    }
    return mac;
}

// Options of one endpoint are the user's words too.
sdk::Result<void> apply_endpoint_options(Endpoint& endpoint, const Json& options) {
    for (const auto& [key, value] : options.items()) {
        if (key != "com.docker.network.endpoint.ifname" || !value.is_string())
            return fail(Code::invalid_argument, "unknown option '", key,
                        "' of an endpoint; the bridge driver knows com.docker.network.endpoint.ifname");
        endpoint.interface = value.get<std::string>();
    }
    return {};
}

sdk::Result<void> apply_wishes(Endpoint& endpoint, const Json& json) {
    endpoint.default_route = json.value("default_route", true);
    if (const std::string mac = text_of(json, "mac"); !mac.empty()) {
        endpoint.own_mac = parse_mac(mac);
        if (!endpoint.own_mac)
            return fail(Code::invalid_argument, "endpoint '", endpoint.id, "': '", mac,
                        "' is not a MAC address such as 02:42:0a:00:00:05");
    }
    if (const Json* options = member(json, "driver_options"); options != nullptr && options->is_object())
        RT_TRY(apply_endpoint_options(endpoint, *options));
    const Json* addresses = member(json, "link_local_addresses");
    if (addresses == nullptr || !addresses->is_array()) return {};
    constexpr std::uint8_t kLinkLocalLength = 16; // of 169.254.0.0/16, RFC 3927
    for (const Json& item : *addresses) {
        const auto address = item.is_string() ? parse_ipv4(item.get<std::string>()) : std::nullopt;
        if (!address)
            return fail(Code::unsupported, "endpoint '", endpoint.id, "': link-local address ", item.dump(),
                        " is not one of IPv4");
        endpoint.link_local.push_back({*address, kLinkLocalLength});
    }
    return {};
}

void refuse(Endpoint& endpoint, sdk::Error why) {
    if (!endpoint.refused) endpoint.refused = std::move(why);
}

std::vector<PortMapping> read_ports(Endpoint& into, const Json* ports) {
    std::vector<PortMapping> list;
    if (ports == nullptr) return list;
    if (!ports->is_array()) {
        refuse(into, fail(Code::invalid_argument, "the endpoint's ports are not an array").error());
        return list;
    }
    for (const auto& item : *ports) {
        if (auto port = parse_port(item))
            list.push_back(std::move(*port));
        else
            refuse(into, std::move(port).error());
    }
    return list;
}

// The host port that was wanted, or the one that was chosen where none was named.
bool answers(const PortMapping& answer, const PortMapping& wish) {
    return answer.host_address == wish.host_address && answer.container_port == wish.container_port &&
           answer.protocol == wish.protocol && (wish.host_port == 0 || answer.host_port == wish.host_port);
}

// An answer that does not belong to what is wanted is of an earlier call: the latest may have been
// interrupted.
void read_ports(Endpoint& into, const Json& endpoint) {
    const Json* const result = member(endpoint, "result");
    into.wanted_ports = read_ports(into, member(endpoint, "ports"));
    if (result != nullptr && result->is_object()) into.ports = read_ports(into, member(*result, "ports"));
    if (!std::ranges::equal(into.ports, into.wanted_ports, answers))
        into.ports.insert(into.ports.end(), into.wanted_ports.begin(), into.wanted_ports.end());
}

} // namespace

sdk::Result<Config> parse_config(std::string_view text) {
    RT_TRY_ASSIGN(const Json json, parse_object(text, "the configuration"));
    Config config;
    const std::string pool = json.value("pool", "10.88.0.0/16");
    const auto prefix = parse_prefix(pool);
    if (!prefix || prefix->subnet() != *prefix)
        return fail(Code::invalid_argument, "pool '", pool, "' is not an IPv4 subnet such as 10.88.0.0/16");
    config.pool = *prefix;
    config.prefix_length =
        json.value("prefix_length", std::max<int>(config.prefix_length, config.pool.length));
    if (config.prefix_length < config.pool.length || config.prefix_length > 30)
        return fail(Code::invalid_argument, "prefix_length ", config.prefix_length, " is not between ",
                    static_cast<int>(config.pool.length), " (that of the pool) and 30");
    config.mtu = json.value("mtu", 0U);
    if (config.mtu != 0 && (config.mtu < 68 || config.mtu > 65535))
        return fail(Code::invalid_argument, "mtu ", config.mtu, " is neither 0 nor between 68 and 65535");
    config.bridge_prefix = json.value("bridge_prefix", "rt");
    config.nft_table = json.value("nft_table", "rt-bridge");
    config.masquerade = json.value("masquerade", true);
    config.hairpin = json.value("hairpin", true);
    config.icc = json.value("icc", true);
    config.forward_drop = json.value("forward_drop", true);
    return config;
}

sdk::Result<Network> parse_network(std::string_view text) {
    RT_TRY_ASSIGN(const Json json, parse_object(text, "the network"));
    return network_of(json);
}

std::string network_result(const NetworkState& state) {
    return Json{
        {"subnets", Json::array({{{"subnet", state.subnet.text()}, {"gateway", state.gateway.text()}}})},
        {"bridge", state.bridge},
        {"mtu", state.mtu},
        {"masquerade", state.masquerade},
        {"icc", state.icc},
        {"internal", state.internal}}
        .dump();
}

std::string_view protocol_name(Protocol protocol) {
    return protocol == Protocol::tcp ? "tcp" : "udp";
}

std::string PortMapping::text() const {
    return sdk::cat(host_address.text(), ':', host_port, '/', protocol_name(protocol));
}

bool Endpoint::every_port_known() const {
    return std::ranges::all_of(ports, [](const PortMapping& port) { return port.host_port != 0; });
}

sdk::Result<Endpoint> parse_endpoint(std::string_view text) {
    RT_TRY_ASSIGN(const Json json, parse_object(text, "the endpoint"));
    Endpoint endpoint;
    endpoint.id = text_of(json, "id");
    endpoint.interface = text_of(json, "interface", "eth0");
    if (!is_id(endpoint.id))
        return fail(Code::invalid_argument, "endpoint id '", endpoint.id,
                    "' is not 12 to 64 hexadecimal digits");
    if (auto wishes = apply_wishes(endpoint, json); !wishes) refuse(endpoint, std::move(wishes).error());
    if (!is_link_name(endpoint.interface))
        refuse(endpoint, fail(Code::invalid_argument, "interface name '", endpoint.interface,
                              "' is not a valid link name")
                             .error());
    const Json* network = member(json, "network");
    if (network == nullptr || !network->is_object())
        return fail(Code::invalid_argument, "endpoint '", endpoint.id, "' names no network");
    RT_TRY_ASSIGN(endpoint.network, network_of(*network));
    const Json* addresses = member(json, "addresses");
    if (addresses != nullptr && addresses->is_array() && addresses->size() == 1 &&
        addresses->front().is_string())
        endpoint.address = parse_prefix(addresses->front().get<std::string>()).value_or(Ipv4Prefix{});
    read_ports(endpoint, json);
    return endpoint;
}

std::string endpoint_result(const Endpoint& endpoint) {
    Json ports = Json::array();
    for (const auto& port : endpoint.ports)
        ports.push_back(
            {{"host_ip", port.host_ip_text.empty() ? port.host_address.text() : port.host_ip_text},
             {"host_port", port.host_port},
             {"container_port", port.container_port},
             {"protocol", protocol_name(port.protocol)}});
    const Json interface{
        {"name", endpoint.interface}, {"mac", mac_text(endpoint.mac())}, {"host_name", endpoint.host_link()}};
    return Json{{"interfaces", Json::array({interface})},
                {"addresses", Json::array({endpoint.address.text()})},
                {"gateway", endpoint.network.result->gateway.text()},
                {"ports", ports}}
        .dump();
}

std::string endpoint_counters(const Endpoint& endpoint, const LinkCounters& counters) {
    Json interface = Json::object();
    for (const auto& [prefix, side] :
         {std::pair("rx_", counters.received), std::pair("tx_", counters.sent)}) {
        interface[sdk::cat(prefix, "bytes")] = side.bytes;
        interface[sdk::cat(prefix, "packets")] = side.packets;
        interface[sdk::cat(prefix, "errors")] = side.errors;
        interface[sdk::cat(prefix, "dropped")] = side.dropped;
    }
    return Json{{endpoint.interface, std::move(interface)}}.dump();
}

} // namespace rt::bridge
