// SPDX-License-Identifier: Apache-2.0
#include "core/container/network_connect.hpp"
#include "core/container/option_values.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome network_connect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    // clang-format off
    description.add_options()
        ("alias", options::value<Words>()->composing()->value_name("NAME"), "a name of it in this network")
        ("ip", options::value<std::string>()->value_name("ADDRESS"), "its IPv4 address")
        ("ip6", options::value<std::string>()->value_name("ADDRESS"), "its IPv6 address")
        ("link-local-ip", options::value<Words>()->composing()->value_name("ADDRESS"), "a link-local address")
        ("driver-opt", options::value<Words>()->composing()->value_name("KEY=VALUE"), "an option of the driver")
        ("gw-priority", options::value<std::string>()->value_name("NUMBER"),
         "the network with the highest has the default route (default: 0)")
        ("link", options::value<Words>()->composing()->value_name("CONTAINER[:NAME]"),
         "another container under a name that only this one knows");
    // clang-format on
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkConnect, description, arguments, Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    EndpointSettings settings{.network = parsed->operands[0],
                              .aliases = parsed->get<Words>("alias"),
                              .link_local_ips = parsed->get<Words>("link-local-ip"),
                              .links = parsed->get<Words>("link"),
                              .ipv4_address = parsed->get<std::string>("ip"),
                              .ipv6_address = parsed->get<std::string>("ip6")};
    for (const std::string& word : parsed->get<Words>("driver-opt"))
        settings.driver_opts.insert(split_assignment(word));
    RT_TRY_ASSIGN(const std::int64_t priority, parse_integer(parsed->get<std::string>("gw-priority", "0")));
    settings.gw_priority = static_cast<int>(priority);
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY(connect(*engine, parsed->operands[1], std::move(settings)));
    return 0;
}

} // namespace

const Command kNetworkConnect = {"network connect", "[OPTIONS] NETWORK CONTAINER",
                                 "Connect a container to a network", network_connect};

} // namespace rt::cli
