// SPDX-License-Identifier: Apache-2.0
#include "leftovers.hpp"

#include "nft_messages.hpp"
#include "nft_table.hpp"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace rt::bridge {
namespace {

using Json = nlohmann::json;
using sdk::cat;
using sdk::Code;

constexpr std::string_view kNetworkAlias = "rt network ", kEndpointAlias = "rt endpoint ";

// The id behind the beginning of an alias; empty: it begins otherwise.
std::string id_in(const std::string& alias, std::string_view beginning) {
    return alias.starts_with(beginning) ? alias.substr(beginning.size()) : std::string();
}

// What is ours, and what of it has an owner.
struct Known {
    std::set<std::string> networks, endpoints;  // ids
    std::map<std::string, Ipv4Prefix> reserved; // network id -> subnet
    std::vector<Ipv4Prefix> subnets;            // of all networks of this instance, known or not

    [[nodiscard]] bool is_ours(const std::string& network) const {
        return networks.contains(network) || reserved.contains(network);
    }
};

sdk::Result<Known> parse_known(const Directories& directories, std::string_view text) {
    const Json json = Json::parse(text);
    Known known;
    for (const Json& id : json.value("endpoints", Json::array()))
        known.endpoints.insert(id.get<std::string>());
    for (const Json& item : json.value("networks", Json::array())) {
        RT_TRY_ASSIGN(const Network network, parse_network(item.dump()));
        known.networks.insert(network.id);
        if (network.result) known.subnets.push_back(network.result->subnet);
    }
    known.reserved = reserved_subnets(directories);
    for (const auto& [id, subnet] : known.reserved) known.subnets.push_back(subnet);
    return known;
}

struct NamedLink {
    std::string name;
    Link link;
};

sdk::Result<std::vector<NamedLink>> all_links(NetlinkSocket& route) {
    Batch request;
    request.begin(RTM_GETLINK, NLM_F_DUMP);
    request.header<ifinfomsg>();
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    std::vector<NamedLink> links;
    RT_TRY(route.dump(request, "list the links of this host", [&](const nlmsghdr* message) {
        NamedLink one{{}, read_link(message)};
        each_attribute(message, sizeof(ifinfomsg), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == IFLA_IFNAME) one.name = mnl_attr_get_str(attribute);
        });
        links.push_back(std::move(one));
    }));
    return links;
}

std::string network_of(const std::vector<NamedLink>& links, int bridge_index) {
    const auto bridge = std::ranges::find_if(links, [&](const NamedLink& one) {
        return one.link.index == bridge_index && one.link.kind == "bridge";
    });
    return bridge == links.end() ? std::string() : id_in(bridge->link.alias, kNetworkAlias);
}

// One that the kernel is about to remove is none.
sdk::Result<void> add_links(const Known& known, NetlinkSocket& route, const std::vector<NamedLink>& links,
                            Json& into) {
    for (const auto& [name, link] : links) {
        const std::string endpoint = id_in(link.alias, kEndpointAlias);
        if (link.kind != "veth" || endpoint.empty() || known.endpoints.contains(endpoint)) continue;
        const std::string network = network_of(links, link.master);
        if (network.empty() || !known.is_ours(network)) continue;
        RT_TRY_ASSIGN(const bool dying, is_left_to_die(route, link));
        if (dying) continue;
        into.push_back({{"kind", "link"},
                        {"name", name},
                        {"what", cat("link '", name, "'")},
                        {"whose", cat("endpoint ", endpoint, " of network ", network)}});
    }
    return {};
}

// A network without its record, by what is reserved for it.
void add_networks(const Known& known, const Config& config, const std::vector<NamedLink>& links, Json& into) {
    for (const auto& [id, subnet] : known.reserved) {
        if (known.networks.contains(id)) continue;
        const auto bridge = std::ranges::find_if(
            links, [&](const NamedLink& one) { return id_in(one.link.alias, kNetworkAlias) == id; });
        const std::string name =
            bridge == links.end() ? cat(config.bridge_prefix, "-br", id.substr(0, 8)) : bridge->name;
        into.push_back(
            {{"kind", "network"},
             {"name", id},
             {"what", cat("subnet ", subnet.text(), " with the bridge '", name, "' and its rules")},
             {"whose", cat("network ", id)},
             {"bridge", name}});
    }
}

struct Port {
    std::string set;
    Element element;
    std::string endpoint, name; // name: as it is told of
};

std::string describe(const std::string& set, const Element& element) {
    const std::size_t offset = set == kPortsOfAny ? 0 : 4;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(element.key[offset + at]); };
    std::uint32_t address = 0;
    if (offset != 0) std::memcpy(&address, element.key.data(), sizeof address);
    return cat(Ipv4{ntohl(address)}.text(), ":", byte(4) * 256 + byte(5), "/",
               protocol_name(static_cast<Protocol>(byte(0))));
}

sdk::Result<std::vector<Port>> unowned_ports(const Known& known, const Config& config) {
    std::vector<Port> ports;
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    for (const char* set : {kPortsOfAny, kPortsOfAddress}) {
        auto elements = dump_elements(nft, config.nft_table, set);
        if (!elements && elements.error().code == Code::not_found) continue; // there is no table
        if (!elements) return std::unexpected(std::move(elements).error());
        for (Element& element : *elements) {
            const std::string endpoint = id_in(element.comment, kEndpointAlias);
            const std::size_t key_size = set == kPortsOfAny ? 8 : 12;
            if (endpoint.empty() || known.endpoints.contains(endpoint) || element.key.size() != key_size ||
                element.data.size() < 4)
                continue;
            std::uint32_t raw = 0;
            std::memcpy(&raw, element.data.data(), sizeof raw);
            const Ipv4 holder{ntohl(raw)};
            if (std::ranges::none_of(known.subnets,
                                     [&](const Ipv4Prefix& one) { return one.contains(holder); }))
                continue;
            std::string name = describe(set, element);
            ports.push_back({set, std::move(element), endpoint, std::move(name)});
        }
    }
    return ports;
}

sdk::Result<void> add_ports(const Known& known, const Config& config, Json& into) {
    RT_TRY_ASSIGN(const std::vector<Port> ports, unowned_ports(known, config));
    for (const Port& port : ports)
        into.push_back({{"kind", "port"},
                        {"name", port.name},
                        {"what", cat("published port ", port.name)},
                        {"whose", cat("endpoint ", port.endpoint)}});
    return {};
}

sdk::Result<void> remove_port(const Known& known, const Config& config, const std::string& name) {
    RT_TRY_ASSIGN(const std::vector<Port> ports, unowned_ports(known, config));
    const auto port = std::ranges::find(ports, name, &Port::name);
    if (port == ports.end()) return {};
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    Batch batch;
    begin_transaction(batch);
    put_element(batch, NFT_MSG_DELSETELEM, 0, config.nft_table, port->set, port->element);
    end_transaction(batch);
    RT_TRY_ASSIGN(const auto failures, nft.send(batch));
    if (!failures.empty() && failures.front().error != ENOENT)
        return refused(failures.front(), cat("remove the published port ", name));
    return {};
}

sdk::Result<Json> look(const Known& known, const Config& config) {
    Json found = Json::array();
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(const std::vector<NamedLink> links, all_links(route));
    RT_TRY(add_links(known, route, links, found));
    RT_TRY(add_ports(known, config, found));
    add_networks(known, config, links, found); // last: what stands in one is removed before it
    return found;
}

} // namespace

sdk::Result<std::string> find_leftovers(const Config& config, const Directories& directories,
                                        std::string_view known_json) {
    RT_TRY_ASSIGN(const Known known, parse_known(directories, known_json));
    RT_TRY_ASSIGN(const Json found, look(known, config));
    return Json{{"leftovers", found}}.dump();
}

sdk::Result<void> remove_leftover(const Config& config, const Directories& directories,
                                  std::string_view known_json, std::string_view leftover_json) {
    const Json wanted = Json::parse(leftover_json);
    const std::string kind = wanted.value("kind", ""), name = wanted.value("name", "");
    RT_TRY_ASSIGN(const Known known, parse_known(directories, known_json));
    if (kind == "port") return remove_port(known, config, name);
    if (kind != "link" && kind != "network")
        return sdk::fail(Code::invalid_argument, "remove a leftover of kind '", kind,
                         "': this driver has none such");
    RT_TRY_ASSIGN(const Json found, look(known, config)); // also by the newer knowledge
    const auto there = std::ranges::find_if(
        found, [&](const Json& one) { return one.at("kind") == kind && one.at("name") == name; });
    if (there == found.end()) return {};
    if (kind == "network") {
        Network network{.id = name, .name = name, .options = {}, .result = {}};
        network.options.bridge_name = there->at("bridge").get<std::string>();
        return remove_network(config, directories, network);
    }
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    return delete_link(route, name);
}

} // namespace rt::bridge
