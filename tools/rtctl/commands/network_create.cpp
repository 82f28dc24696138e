// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "core/container/option_values.hpp"
#include "core/network/address.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <algorithm>

namespace rt::cli {
namespace {

options::options_description describe_network_create() {
    const auto text = [](const char* what) { return options::value<std::string>()->value_name(what); };
    const auto list = [](const char* what) { return options::value<Words>()->composing()->value_name(what); };
    options::options_description description("Options");
    // clang-format off
    description.add_options()
        ("driver,d", text("DRIVER"), "network driver, as named in the wiring file (default: its default)")
        ("subnet", list("SUBNET"), "its addresses: 10.1.0.0/24 (default: of the driver's choice)")
        ("gateway", list("ADDRESS"), "the host's address in it (default: the first)")
        ("ip-range", list("SUBNET"), "the part of the subnet that containers get addresses from")
        ("aux-address", list("NAME=ADDRESS"), "an address that no container gets")
        ("internal", "no way out: containers reach each other only")
        ("ipv6", "with IPv6 as well")
        ("ipv4", options::value<std::string>()->implicit_value("true"), "with IPv4, as it always is")
        ("opt,o", list("KEY=VALUE"), "an option of the driver: com.docker.network.bridge.name=NAME, ...")
        ("label", list("KEY[=VALUE]"), "a label")
        ("attachable", "kept and shown: it has a meaning in swarms alone")
        ("ingress", "refused: it is for swarms")
        ("scope", text("SCOPE"), "local")
        ("ipam-driver", text("DRIVER"), "default: there is no other")
        ("ipam-opt", list("KEY=VALUE"), "refused: the one that there is has no options")
        ("config-from", text("NETWORK"), "refused: there are no networks that are only configuration")
        ("config-only", "refused, as above");
    // clang-format on
    return description;
}

Result<void> check_subnet(const std::string& text) {
    if (text.find(':') == std::string::npos)
        RT_TRY(Subnet::parse(text));
    else
        RT_TRY(Subnet6::parse(text));
    return {};
}

bool contains(const std::string& subnet, const std::string& address) {
    const std::string host = address.substr(0, address.find('/'));
    if (const auto ipv4 = Subnet::parse(subnet)) {
        const auto number = parse_ipv4(host);
        return number && ipv4->contains(*number);
    }
    const auto ipv6 = Subnet6::parse(subnet);
    const auto number = parse_ipv6(host);
    return ipv6 && number && ipv6->contains(*number);
}

// Gateways, ranges and auxiliary addresses find their subnet by what they are, as with docker.
Result<AddressConfig*> pool_of(NetworkConfig& config, const char* what, const std::string& address) {
    for (AddressConfig& pool : config.pools)
        if (contains(pool.subnet, address)) return &pool;
    return fail(Code::invalid_argument, "no matching subnet for ", what, " ", address);
}

Result<void> take_once(std::string& own, const char* what, const std::string& value,
                       const std::string& subnet) {
    if (!own.empty())
        return fail(Code::invalid_argument, "cannot configure multiple ", what, " (", value, ", ", own,
                    ") on the same subnet (", subnet, ")");
    own = value;
    return {};
}

Result<void> read_pools(const Parsed& parsed, NetworkConfig& config) {
    for (const std::string& subnet : parsed.get<Words>("subnet")) config.pools.push_back({.subnet = subnet});
    const bool needs_subnet = parsed.has("gateway") || parsed.has("ip-range") || parsed.has("aux-address");
    if (needs_subnet && config.pools.empty())
        return fail(Code::invalid_argument, "every ip-range or gateway must have a corresponding subnet");
    for (const AddressConfig& pool : config.pools) RT_TRY(check_subnet(pool.subnet));
    for (const std::string& range : parsed.get<Words>("ip-range")) {
        RT_TRY_ASSIGN(AddressConfig* const pool, pool_of(config, "range", range));
        RT_TRY(take_once(pool->ip_range, "ranges", range, pool->subnet));
    }
    for (const std::string& gateway : parsed.get<Words>("gateway")) {
        RT_TRY_ASSIGN(AddressConfig* const pool, pool_of(config, "gateway", gateway));
        RT_TRY(take_once(pool->gateway, "gateways", gateway, pool->subnet));
    }
    for (const std::string& word : parsed.get<Words>("aux-address")) {
        const auto [name, address] = split_assignment(word);
        RT_TRY_ASSIGN(AddressConfig* const pool, pool_of(config, "aux-address", address));
        pool->aux_addresses.insert_or_assign(name, address);
    }
    return {};
}

Result<void> refuse_swarm(const Parsed& parsed) {
    if (parsed.has("ingress"))
        return fail(Code::unsupported,
                    "Ingress network can only be global scope network: there are no swarms");
    if (const auto scope = parsed.get<std::string>("scope", "local"); scope != "local")
        return fail(Code::unsupported, "--scope ", scope,
                    " is not supported: there are no swarms, only local");
    for (const char* flag : {"config-from", "config-only", "ipam-opt"})
        if (parsed.has(flag)) return fail(Code::unsupported, "--", flag, " is not supported");
    if (const auto driver = parsed.get<std::string>("ipam-driver", "default"); driver != "default")
        return fail(Code::unsupported, "--ipam-driver ", driver, " is not supported: there is only default");
    RT_TRY_ASSIGN(const bool ipv4, parse_boolean(parsed.get<std::string>("ipv4", "true")));
    if (!ipv4) return fail(Code::unsupported, "--ipv4=false is not supported: networks have IPv4");
    return {};
}

Outcome network_create(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkCreate, describe_network_create(), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY(refuse_swarm(*parsed));
    NetworkRequest request{
        .name = parsed->operands.front(), .driver = parsed->get<std::string>("driver"), .config = {}};
    NetworkConfig& config = request.config;
    config.internal = parsed->has("internal");
    config.attachable = parsed->has("attachable");
    config.ipv6 = parsed->has("ipv6");
    RT_TRY(read_pools(*parsed, config));
    for (const std::string& word : parsed->get<Words>("opt")) config.options.insert(split_assignment(word));
    for (const std::string& word : parsed->get<Words>("label")) config.labels.insert(split_assignment(word));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Network network, create_network(*engine, request));
    print_line(network.id);
    return 0;
}

} // namespace

const Command kNetworkCreate = {"network create", "[OPTIONS] NETWORK", "Create a network", network_create};

} // namespace rt::cli
