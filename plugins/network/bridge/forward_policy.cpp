// SPDX-License-Identifier: Apache-2.0
#include "forward_policy.hpp"

#include "nft_messages.hpp"

#include <rt/sdk/unique_fd.hpp>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

namespace rt::bridge {
namespace {

struct Chain {
    std::uint32_t family = 0;
    std::string table, name;
    bool drops_forwarded = false;
};

std::optional<Chain> read_chain(const nlmsghdr* message) {
    const NftChain object(nftnl_chain_alloc());
    if (!object || nftnl_chain_nlmsg_parse(message, object.get()) != 0) return std::nullopt;
    const nftnl_chain* raw = object.get();
    Chain chain{nftnl_chain_get_u32(raw, NFTNL_CHAIN_FAMILY), nftnl_chain_get_str(raw, NFTNL_CHAIN_TABLE),
                nftnl_chain_get_str(raw, NFTNL_CHAIN_NAME)};
    const bool ipv4 = chain.family == NFPROTO_IPV4 || chain.family == NFPROTO_INET;
    chain.drops_forwarded = ipv4 && nftnl_chain_is_set(raw, NFTNL_CHAIN_HOOKNUM) &&
                            nftnl_chain_get_u32(raw, NFTNL_CHAIN_HOOKNUM) == NF_INET_FORWARD &&
                            nftnl_chain_is_set(raw, NFTNL_CHAIN_POLICY) &&
                            nftnl_chain_get_u32(raw, NFTNL_CHAIN_POLICY) == NF_DROP;
    return chain;
}

bool legacy_filter_is_loaded() {
    std::ifstream names("/proc/net/ip_tables_names"); // asking by getsockopt() would load the table
    for (std::string line; std::getline(names, line);)
        if (line == "filter") return true;
    return false;
}

// The policy of a built-in chain is the verdict of the rule at its underflow.
bool legacy_forward_drops() {
    const sdk::UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    ipt_getinfo info{};
    std::strcpy(info.name, "filter");
    socklen_t size = sizeof info;
    if (!fd || ::getsockopt(fd.get(), IPPROTO_IP, IPT_SO_GET_INFO, &info, &size) != 0) return false;
    std::vector<char> memory(sizeof(ipt_get_entries) + info.size);
    auto* entries = reinterpret_cast<ipt_get_entries*>(memory.data());
    std::strcpy(entries->name, "filter");
    entries->size = info.size;
    size = static_cast<socklen_t>(memory.size());
    if (::getsockopt(fd.get(), IPPROTO_IP, IPT_SO_GET_ENTRIES, entries, &size) != 0) return false;
    const std::size_t offset = info.underflow[NF_INET_FORWARD];
    if (offset + sizeof(ipt_entry) + sizeof(xt_standard_target) > info.size) return false;
    const char* start = memory.data() + offsetof(ipt_get_entries, entrytable) + offset;
    const auto* entry = reinterpret_cast<const ipt_entry*>(start);
    if (entry->target_offset + offset + sizeof(xt_standard_target) > info.size) return false;
    const auto* target = reinterpret_cast<const xt_standard_target*>(start + entry->target_offset);
    return target->verdict == -NF_DROP - 1;
}

} // namespace

sdk::Result<std::vector<DroppingChain>> dropping_forward_chains(const std::string& own_table) {
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    Batch request;
    begin_nft(request, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC);
    std::vector<Chain> all;
    RT_TRY(nft.dump(request, "list the chains of nf_tables", [&](const nlmsghdr* message) {
        if (auto chain = read_chain(message)) all.push_back(std::move(*chain));
    }));
    std::vector<DroppingChain> dropping;
    for (const auto& chain : all) {
        if (!chain.drops_forwarded || (chain.family == NFPROTO_INET && chain.table == own_table)) continue;
        const bool docker = std::ranges::any_of(all, [&](const Chain& other) {
            return other.name == "DOCKER-USER" && other.table == chain.table && other.family == chain.family;
        });
        dropping.push_back({chain.family == NFPROTO_INET ? "inet" : "ip", chain.table, chain.name, docker});
    }
    if (legacy_filter_is_loaded() && legacy_forward_drops())
        dropping.push_back({"ip (legacy iptables)", "filter", "FORWARD", false});
    return dropping;
}

std::string forward_remedy(const DroppingChain& chain, const std::string& bridge_prefix) {
    const std::string where = sdk::cat("the chain '", chain.family, " ", chain.table, " ", chain.chain,
                                       "' drops what this host forwards");
    const std::string bridges = bridge_prefix + "-br+";
    const bool iptables = chain.table == "filter" && chain.chain == "FORWARD" && chain.family != "inet";
    if (!iptables)
        return sdk::cat(
            where,
            ": containers may not reach other hosts, nor published ports be reached; accept there "
            "what comes from or goes to '",
            bridge_prefix, "-br*'");
    const std::string_view target = chain.has_docker_user ? "DOCKER-USER" : "FORWARD";
    const std::string_view program = chain.family == "ip" ? "iptables" : "iptables-legacy";
    return sdk::cat(
        where,
        " (set by another container engine or firewall): containers may not reach other hosts, nor "
        "published ports be reached; do: ",
        program, " -I ", target, " -i ", bridges, " -j ACCEPT; ", program, " -I ", target, " -o ", bridges,
        " -j ACCEPT");
}

} // namespace rt::bridge
