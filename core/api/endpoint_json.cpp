// SPDX-License-Identifier: Apache-2.0
// Networks as a container has them: NetworkSettings and EndpointSettings.
#include "core/api/container_json.hpp"
#include "core/api/parts.hpp"

#include "core/container/joined_network.hpp"
#include "core/container/published_ports.hpp"

#include <algorithm>
#include <charconv>

namespace rt::api {
namespace {

struct Address {
    std::string text;
    int prefix_length = 0;
};

// "10.88.0.5/20"
Address split_address(const std::string& text) {
    const auto slash = text.find('/');
    Address address{text.substr(0, slash), 0};
    if (slash != std::string::npos)
        std::from_chars(text.data() + slash + 1, text.data() + text.size(), address.prefix_length);
    return address;
}

bool is_ipv6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

// What the driver answered; an empty object while it has not.
Json result_of(const Attachment& attachment) {
    const Json result = Json::parse(attachment.endpoint.result, nullptr, false);
    return result.is_object() ? result : Json::object();
}

Json address_config(const EndpointSettings& settings) {
    Json config = Json::object();
    set_unless_empty(config, "IPv4Address", settings.ipv4_address);
    set_unless_empty(config, "IPv6Address", settings.ipv6_address);
    set_unless_empty(config, "LinkLocalIPs", settings.link_local_ips);
    return or_null(config);
}

// What was asked for in the network of that name.
EndpointSettings settings_in(const ContainerSpec& spec, const std::string& container_network,
                             const std::string& network) {
    for (EndpointSettings& settings : wanted_endpoints(spec, container_network))
        if (settings.network == network) return std::move(settings);
    return {};
}

} // namespace

Json unused_endpoint_json(const std::string& network_id, const EndpointSettings& settings) {
    return {{"IPAMConfig", address_config(settings)},
            {"Links", or_null(settings.links)},
            {"Aliases", or_null(settings.aliases)},
            {"DriverOpts", or_null(settings.driver_opts)},
            {"GwPriority", settings.gw_priority},
            {"NetworkID", network_id},
            {"EndpointID", ""},
            {"Gateway", ""},
            {"IPAddress", ""},
            {"IPPrefixLen", 0},
            {"IPv6Gateway", ""},
            {"GlobalIPv6Address", ""},
            {"GlobalIPv6PrefixLen", 0},
            {"MacAddress", settings.mac_address},
            {"DNSNames", Json()}};
}

Json endpoint_json(const Attachment& attachment, const ContainerSpec& spec, const std::string& network) {
    Json value =
        unused_endpoint_json(attachment.network->id, settings_in(spec, network, attachment.network->name));
    const Json request = Json::parse(attachment.endpoint.request, nullptr, false);
    value["DNSNames"] = or_null(texts_of(member_or(request, "names", Json::array())));
    value["EndpointID"] = attachment.endpoint.id;
    const Json result = result_of(attachment);
    for (const std::string& text : texts_of(member_or(result, "addresses", Json::array()))) {
        const Address address = split_address(text);
        const bool ipv6 = is_ipv6(address.text);
        const char* const key = ipv6 ? "GlobalIPv6Address" : "IPAddress";
        if (!value[key].get_ref<const std::string&>().empty())
            continue; // the first of a kind is the address; docker has no place for others
        value[key] = address.text;
        value[ipv6 ? "GlobalIPv6PrefixLen" : "IPPrefixLen"] = address.prefix_length;
    }
    const std::string gateway = member_or(result, "gateway", "");
    value[is_ipv6(gateway) ? "IPv6Gateway" : "Gateway"] = gateway;
    const Json interfaces = member_or(result, "interfaces", Json::array());
    if (!interfaces.empty() && interfaces.front().is_object())
        value["MacAddress"] = member_or(interfaces.front(), "mac", "");
    return value;
}

Json port_map(const std::vector<PublishedPort>& ports) {
    Json map = Json::object();
    for (const PublishedPort& port : ports)
        map[cat(port.container_port, "/", port.protocol)].push_back(
            {{"HostIp", port.host_ip},
             {"HostPort", port.host_port == 0 ? std::string() : std::to_string(port.host_port)}});
    return map;
}

Json network_settings_json(const ContainerView& view) {
    const bool is_alive = view.live.state == "running" || view.live.state == "paused";
    const int pid = is_alive ? member_or(view.start, "pid", 0).get<int>() : 0;
    Json value{{"Bridge", ""},
               {"SandboxID", is_alive ? view.record.id : std::string()},
               {"SandboxKey", pid > 0 ? cat("/proc/", pid, "/ns/net") : std::string()},
               {"HairpinMode", false},
               {"LinkLocalIPv6Address", ""},
               {"LinkLocalIPv6PrefixLen", 0},
               {"SecondaryIPAddresses", Json()},
               {"SecondaryIPv6Addresses", Json()},
               {"Ports", Json::object()},
               {"Networks", Json::object()}};
    Json& networks = value["Networks"];
    Json default_endpoint = unused_endpoint_json("", EndpointSettings());
    std::vector<PublishedPort> ports;
    for (const Attachment& attachment : view.attachments) {
        Json endpoint = endpoint_json(attachment, view.spec, view.record.network);
        // The old members at the top are of a driver's own network only, as docker's are of "bridge".
        if (attachment.network->name == attachment.network->driver) default_endpoint = endpoint;
        networks[attachment.network->name] = std::move(endpoint);
        for (PublishedPort& port : published_ports(attachment.endpoint)) ports.push_back(std::move(port));
    }
    if (!is_alive && networks.empty())
        for (const EndpointSettings& settings : wanted_endpoints(view.spec, view.record.network))
            networks[settings.network] = unused_endpoint_json(
                settings.network == view.record.network ? view.network_id : std::string(), settings);
    for (const char* key : {"EndpointID", "Gateway", "IPAddress", "IPPrefixLen", "IPv6Gateway",
                            "GlobalIPv6Address", "GlobalIPv6PrefixLen", "MacAddress"})
        value[key] = default_endpoint[key];
    if (!is_alive) return value;
    value["Ports"] = port_map(ports);
    const Json exposed = member_or(container_config_json(view), "ExposedPorts", Json::object());
    for (const auto& [port, unused] : exposed.items())
        if (!value["Ports"].contains(port)) value["Ports"][port] = Json(); // not published
    return value;
}

} // namespace rt::api
