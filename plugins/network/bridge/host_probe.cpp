// SPDX-License-Identifier: Apache-2.0
#include "host_probe.hpp"

#include "forward_policy.hpp"
#include "host_view.hpp"
#include "nft_messages.hpp"
#include "nft_table.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sched.h>

#include <cerrno>
#include <thread>

namespace rt::bridge {
namespace {

using sdk::Code;

constexpr std::string_view kAlternative = "; use the network driver 'host' or 'none' instead";

std::unexpected<sdk::Error> cannot(sdk::Error error, std::string_view what) {
    if (error.code != Code::permission_denied) error.code = Code::unsupported;
    error.message = sdk::cat("bridge networks cannot work here: ", what, ": ", error.message, kAlternative);
    return std::unexpected(std::move(error));
}

// The real thing, end to end: bridge, veth pair, and the whole table with bridge and port look-ups.
sdk::Result<void> try_everything(const Config& config) {
    if (::unshare(CLONE_NEWNET) != 0) {
        const int number = errno;
        return cannot({sdk::code_of_errno(number), number, std::strerror(number)},
                      "no new network namespace");
    }
    const sdk::UniqueFd here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!here) return sdk::fail_errno(errno, "open '/proc/thread-self/ns/net'");
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    const BridgeSpec spec{"rt-probe", "rt probe", {{config.pool.first().value + 1}, 30}, 1500};
    const SysctlView sysctls;
    if (auto made = make_bridge(route, sysctls, spec); !made)
        return cannot(std::move(made).error(), "the kernel makes no bridge (module 'bridge')");
    RT_TRY_ASSIGN(const auto bridge, find_link(route, spec.name));
    const VethSpec veth{"rtv-probe", "rt probe", "eth0", mac_of({1}), 1500, bridge ? bridge->index : 0,
                        here.get(),  true,       false};
    if (auto made = make_veth(route, sysctls, veth); !made)
        return cannot(std::move(made).error(), "the kernel makes no veth pair (module 'veth')");
    auto nft = NetlinkSocket::open(NETLINK_NETFILTER);
    if (!nft) return cannot(std::move(nft).error(), "the kernel has no nf_tables (module 'nfnetlink')");
    if (auto made = add_network(*nft, config.nft_table, {spec.name, spec.gateway, true, true, false}); !made)
        return cannot(std::move(made).error(), "nf_tables lacks something (modules 'nf_tables', 'nft_nat', "
                                               "'nft_masq', 'nft_ct', 'nft_fib_inet')");
    return {};
}

} // namespace

sdk::Result<std::string> probe_host(const Config& config) {
    sdk::Result<void> tried;
    // Only the thread enters the namespace; the last reference to it goes with the thread.
    std::thread([&] {
        try {
            tried = try_everything(config);
        } catch (const std::exception& exception) {
            tried = sdk::fail(Code::internal, "probe the host's network: ", exception.what());
        }
    }).join();
    RT_TRY(tried);

    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(const auto state, look_at_bridge(route, "lo", {}));
    RT_TRY_ASSIGN(const auto mtu, default_route_mtu(route));
    RT_TRY_ASSIGN(const auto chains, dropping_forward_chains(config.nft_table));
    nlohmann::json facts{{"ip_forward", state.forwarding}, {"mtu", config.mtu == 0 ? mtu : config.mtu}};
    facts["forward_drop"] = facts["warnings"] = nlohmann::json::array();
    for (const auto& chain : chains) {
        facts["warnings"].push_back(forward_remedy(chain, config.bridge_prefix));
        facts["forward_drop"].push_back({{"family", chain.family},
                                         {"table", chain.table},
                                         {"chain", chain.chain},
                                         {"remedy", forward_remedy(chain, config.bridge_prefix)}});
    }
    return facts.dump();
}

} // namespace rt::bridge
