// SPDX-License-Identifier: Apache-2.0
#include "nft_table.hpp"

#include "nft_messages.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>

namespace rt::bridge {
namespace {

constexpr const char* kBridges = "bridges";   // ifname: every bridge of ours
constexpr const char* kInternal = "internal"; // ifname: bridges of networks without a way out
constexpr const char* kSame = "same_network"; // ifname . ifname: in and out by the same bridge
constexpr const char* kMasqueraded =
    "masqueraded";                          // ipv4_addr intervals: containers that appear as the host outside
constexpr const char* kHairpin = "hairpin"; // ipv4_addr intervals: containers whose networks have hairpin
constexpr const char* kClosed = "closed";   // nf_proto: families that are forwarded for containers only
constexpr const char* kToContainers = "to_containers";

// The types by which `nft list` shows a set; the kernel stores and ignores them. A concatenation has 6 bits
// for each.
constexpr std::uint32_t kIpv4Type = 7, kProtocolType = 12, kServiceType = 13, kNameType = 41, kFamilyType = 2;
constexpr std::uint32_t concatenation(std::uint32_t a, std::uint32_t b) {
    return a << 6 | b;
}

constexpr std::uint32_t kSourceOffset = 12, kDestinationOffset = 16; // in the IPv4 header
constexpr std::uint32_t kPortOffset = 2;                             // of the destination port in TCP and UDP

struct SetSpec {
    const char* name;
    std::uint32_t key_type, key_size, data_type, data_size, flags;
};
constexpr std::uint32_t kNameSize = 16;
constexpr std::uint32_t kTarget = concatenation(kIpv4Type, kServiceType);
constexpr std::array kSets{
    SetSpec{kBridges, kNameType, kNameSize, 0, 0, 0},
    SetSpec{kInternal, kNameType, kNameSize, 0, 0, 0},
    SetSpec{kSame, concatenation(kNameType, kNameType), 2 * kNameSize, 0, 0, 0},
    SetSpec{kClosed, kFamilyType, 1, 0, 0, 0},
    SetSpec{kMasqueraded, kIpv4Type, 4, 0, 0, NFT_SET_INTERVAL},
    SetSpec{kHairpin, kIpv4Type, 4, 0, 0, NFT_SET_INTERVAL},
    SetSpec{kPortsOfAny, concatenation(kProtocolType, kServiceType), 8, kTarget, 8, NFT_SET_MAP},
    SetSpec{kPortsOfAddress, concatenation(concatenation(kIpv4Type, kProtocolType), kServiceType), 12,
            kTarget, 8, NFT_SET_MAP},
};

void put_set(Batch& batch, const std::string& table, const SetSpec& spec, std::uint32_t id) {
    const NftSet set(nftnl_set_alloc());
    nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
    nftnl_set_set_str(set.get(), NFTNL_SET_NAME, spec.name);
    nftnl_set_set_u32(set.get(), NFTNL_SET_ID, id);
    if (spec.flags != 0) nftnl_set_set_u32(set.get(), NFTNL_SET_FLAGS, spec.flags);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_TYPE, spec.key_type);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_LEN, spec.key_size);
    if (spec.key_type == kNameType) {
        // For `nft list` alone: names are texts, not numbers in network order. Type, length,
        // BYTEORDER_HOST_ENDIAN.
        constexpr std::array<std::uint8_t, 6> kHostOrder{0, 4, 1, 0, 0, 0};
        nftnl_set_set_data(set.get(), NFTNL_SET_USERDATA, kHostOrder.data(), kHostOrder.size());
    }
    if (spec.data_size != 0) {
        nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_TYPE, spec.data_type);
        nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_LEN, spec.data_size);
    }
    nftnl_set_nlmsg_build_payload(begin_nft(batch, NFT_MSG_NEWSET, NLM_F_CREATE), set.get());
}

struct ChainSpec {
    const char* name;
    const char* type; // nullptr: no base chain
    std::uint32_t hook = 0;
    std::int32_t priority = 0;
};
constexpr std::array kChains{
    ChainSpec{kToContainers, nullptr},
    ChainSpec{"early", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW},
    ChainSpec{"prerouting", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST},
    ChainSpec{"output", "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST},
    ChainSpec{"postrouting", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC},
    ChainSpec{"forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER},
};

void put_chain(Batch& batch, const std::string& table, const ChainSpec& spec) {
    const NftChain chain(nftnl_chain_alloc());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, table.c_str());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, spec.name);
    if (spec.type != nullptr) {
        nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, spec.type);
        nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, spec.hook);
        nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, spec.priority);
        nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
    }
    nftnl_chain_nlmsg_build_payload(begin_nft(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE), chain.get());
}

// A rule of the table, restricted to IPv4 where it looks into the header.
RuleWriter ipv4_rule(const std::string& table, const char* chain) {
    const std::uint8_t ipv4 = NFPROTO_IPV4;
    RuleWriter rule(table, chain);
    rule.meta(NFT_META_NFPROTO, 0).compare(0, NFT_CMP_EQ, &ipv4, sizeof ipv4);
    return rule;
}

RuleWriter& is_loopback(RuleWriter& rule, std::uint32_t offset) {
    const std::uint8_t loopback = 127;
    return rule.payload(NFT_PAYLOAD_NETWORK_HEADER, offset, 1, 0)
        .compare(0, NFT_CMP_EQ, &loopback, sizeof loopback);
}

void put_port_rules(Batch& batch, const std::string& table, const char* chain) {
    ipv4_rule(table, chain)
        .payload(NFT_PAYLOAD_NETWORK_HEADER, kDestinationOffset, 4, 0)
        .meta(NFT_META_L4PROTO, 1)
        .payload(NFT_PAYLOAD_TRANSPORT_HEADER, kPortOffset, 2, 2)
        .map(0, kPortsOfAddress, 4)
        .dnat(4, 5)
        .append_to(batch);
    const std::uint32_t local = RTN_LOCAL;
    ipv4_rule(table, chain)
        .fib_type(0)
        .compare(0, NFT_CMP_EQ, &local, sizeof local)
        .meta(NFT_META_L4PROTO, 0)
        .payload(NFT_PAYLOAD_TRANSPORT_HEADER, kPortOffset, 2, 1)
        .map(0, kPortsOfAny, 4)
        .dnat(4, 5)
        .append_to(batch);
}

void put_nat_rules(Batch& batch, const std::string& table) {
    // A port published on 127.0.0.1 is for this host only. What comes in for it by a wire would be refused by
    // routing, but only after this chain.
    RuleWriter not_from_outside = ipv4_rule(table, "prerouting");
    is_loopback(not_from_outside, kDestinationOffset).verdict(NFT_RETURN).append_to(batch);
    put_port_rules(batch, table, "prerouting");
    put_port_rules(batch, table, "output");

    // By source, not by the link it came in by: where bridges pass packets through iptables (br_netfilter),
    // that link is not known here.
    ipv4_rule(table, "postrouting")
        .payload(NFT_PAYLOAD_NETWORK_HEADER, kSourceOffset, 4, 0)
        .in_set(0, kMasqueraded)
        .meta(NFT_META_OIFNAME, 0)
        .not_in_set(0, kBridges)
        .masquerade()
        .append_to(batch);
    // A container that reaches a published port of its own network: the answer has to come back through the
    // host.
    ipv4_rule(table, "postrouting")
        .payload(NFT_PAYLOAD_NETWORK_HEADER, kSourceOffset, 4, 0)
        .in_set(0, kHairpin)
        .meta(NFT_META_OIFNAME, 0)
        .in_set(0, kBridges)
        .has_ct_bits(NFT_CT_STATUS, IPS_DST_NAT)
        .masquerade()
        .append_to(batch);
    RuleWriter from_loopback = ipv4_rule(table, "postrouting");
    is_loopback(from_loopback, kSourceOffset)
        .meta(NFT_META_OIFNAME, 0)
        .in_set(0, kBridges)
        .masquerade()
        .append_to(batch);
}

void put_filter_rules(Batch& batch, const std::string& table) {
    RuleWriter guard = ipv4_rule(table, "early");
    is_loopback(guard, kDestinationOffset)
        .meta(NFT_META_IIFNAME, 0)
        .in_set(0, kBridges)
        .verdict(NF_DROP)
        .append_to(batch);
    // Before anything is let through: not even a published port of another network is reached from these.
    RuleWriter(table, "forward")
        .meta(NFT_META_IIFNAME, 0)
        .in_set(0, kInternal)
        .meta(NFT_META_OIFNAME, 4)
        .not_in_set(0, kSame)
        .verdict(NF_DROP)
        .append_to(batch);
    // Traffic that is neither for nor from a container of ours is none of our business, unless the host
    // forwards only because of us.
    RuleWriter(table, "forward")
        .meta(NFT_META_OIFNAME, 0)
        .in_set(0, kBridges)
        .verdict(NFT_JUMP, kToContainers)
        .append_to(batch);
    RuleWriter(table, "forward")
        .meta(NFT_META_IIFNAME, 0)
        .in_set(0, kBridges)
        .verdict(NF_ACCEPT)
        .append_to(batch);
    RuleWriter(table, "forward")
        .meta(NFT_META_NFPROTO, 0)
        .in_set(0, kClosed)
        .verdict(NF_DROP)
        .append_to(batch);
    constexpr std::uint32_t kEstablished = 1U << 1, kRelated = 1U << 2; // NF_CT_STATE_BIT() of the two
    RuleWriter(table, kToContainers)
        .has_ct_bits(NFT_CT_STATE, kEstablished | kRelated)
        .verdict(NF_ACCEPT)
        .append_to(batch);
    RuleWriter(table, kToContainers)
        .has_ct_bits(NFT_CT_STATUS, IPS_DST_NAT)
        .verdict(NF_ACCEPT)
        .append_to(batch);
    RuleWriter(table, kToContainers)
        .meta(NFT_META_IIFNAME, 0)
        .meta(NFT_META_OIFNAME, 4)
        .in_set(0, kSame)
        .verdict(NF_ACCEPT)
        .append_to(batch);
    RuleWriter(table, kToContainers).verdict(NF_DROP).append_to(batch);
}

using SetElement = std::pair<const char*, Element>;

std::string address_key(std::uint32_t address) {
    const std::uint32_t raw = htonl(address);
    return {reinterpret_cast<const char*>(&raw), sizeof raw};
}

Element element_with(std::string key) {
    Element element;
    element.key = std::move(key);
    return element;
}

std::vector<SetElement> name_elements(const std::string& bridge) {
    const std::string name = name_key(bridge);
    return {{kBridges, element_with(name)}, {kSame, element_with(name + name)}};
}

// An interval is two elements, its first value and the first one behind it, which the highest of all does not
// have.
std::vector<SetElement> subnet_elements(const char* set, const Ipv4Prefix& subnet) {
    std::vector<SetElement> all{{set, element_with(address_key(subnet.first().value))}};
    if (subnet.last().value == ~std::uint32_t{0}) return all;
    Element end = element_with(address_key(subnet.last().value + 1));
    end.ends_interval = true;
    all.emplace_back(set, std::move(end));
    return all;
}

void put_elements(Batch& batch, std::uint16_t type, const std::string& table,
                  const std::vector<SetElement>& elements) {
    const std::uint16_t flags = type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;
    for (const auto& [set, element] : elements) put_element(batch, type, flags, table, set, element);
}

Element ipv4_family() {
    return element_with(std::string(1, static_cast<char>(NFPROTO_IPV4)));
}

sdk::Result<std::uint32_t> generation(NetlinkSocket& nft) {
    Batch batch;
    begin_nft(batch, NFT_MSG_GETGEN, 0, AF_UNSPEC);
    std::uint32_t number = 0;
    RT_TRY(nft.send_all(batch, "ask for the generation of nf_tables", [&](const nlmsghdr* message) {
        each_attribute(message, sizeof(nfgenmsg), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == NFTA_GEN_ID) number = ntohl(mnl_attr_get_u32(attribute));
        });
    }));
    return number;
}

} // namespace

sdk::Result<bool> has_networks(NetlinkSocket& nft, const std::string& table) {
    const auto left = dump_elements(nft, table, kBridges);
    if (!left && left.error().code == sdk::Code::not_found) return false;
    if (!left) return std::unexpected(left.error());
    return !left->empty();
}

sdk::Result<void> remove_table_if_empty(NetlinkSocket& nft, const std::string& table) {
    for (;;) {
        RT_TRY_ASSIGN(const std::uint32_t seen, generation(nft));
        RT_TRY_ASSIGN(const bool used, has_networks(nft, table));
        if (used) return {};
        Batch batch;
        begin_transaction(batch, seen); // if somebody adds a network meanwhile, nothing is removed
        const NftTable object(nftnl_table_alloc());
        nftnl_table_set_str(object.get(), NFTNL_TABLE_NAME, table.c_str());
        nftnl_table_nlmsg_build_payload(begin_nft(batch, NFT_MSG_DELTABLE, 0), object.get());
        end_transaction(batch);
        RT_TRY_ASSIGN(const auto failures, nft.send(batch));
        if (failures.empty() || failures.front().error == ENOENT) return {};
        if (failures.front().error != ERESTART)
            return refused(failures.front(), sdk::cat("remove the nf_tables table 'inet ", table, "'"));
    }
}

void put_table(Batch& batch, const std::string& table) {
    const NftTable object(nftnl_table_alloc());
    nftnl_table_set_str(object.get(), NFTNL_TABLE_NAME, table.c_str());
    nftnl_table_nlmsg_build_payload(begin_nft(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL),
                                    object.get());
    std::uint32_t id = 0;
    for (const auto& spec : kSets) put_set(batch, table, spec, ++id);
    for (const auto& spec : kChains) put_chain(batch, table, spec);
    put_nat_rules(batch, table);
    put_filter_rules(batch, table);
}

sdk::Result<RulesSeen> look_at_rules(NetlinkSocket& nft, const std::string& table,
                                     const std::string& bridge) {
    Batch batch;
    put_element(batch, NFT_MSG_GETSETELEM, 0, table, kBridges, element_with(name_key(bridge)));
    put_element(batch, NFT_MSG_GETSETELEM, 0, table, kClosed, ipv4_family());
    RT_TRY_ASSIGN(const auto failures, nft.send(batch));
    RulesSeen seen{true, true};
    for (const auto& failure : failures) {
        if (failure.error != ENOENT)
            return refused(failure, sdk::cat("look into the nf_tables table 'inet ", table, "'"));
        (failure.message == 0 ? seen.has_network : seen.is_closed) = false;
    }
    return seen;
}

namespace {

sdk::Result<void> change_closed(NetlinkSocket& nft, const std::string& table, std::uint16_t type) {
    Batch batch;
    begin_transaction(batch);
    put_elements(batch, type, table, {{kClosed, ipv4_family()}});
    end_transaction(batch);
    RT_TRY_ASSIGN(const auto failures, nft.send(batch));
    const bool is_gone = type == NFT_MSG_DELSETELEM && !failures.empty() && failures.front().error == ENOENT;
    if (failures.empty() || is_gone) return {};
    return refused(failures.front(),
                   sdk::cat("change what the nf_tables table 'inet ", table, "' lets through"));
}

} // namespace

sdk::Result<void> close_forwarding(NetlinkSocket& nft, const std::string& table) {
    return change_closed(nft, table, NFT_MSG_NEWSETELEM);
}

sdk::Result<void> open_forwarding(NetlinkSocket& nft, const std::string& table) {
    return change_closed(nft, table, NFT_MSG_DELSETELEM);
}

sdk::Result<void> add_network(NetlinkSocket& nft, const std::string& table, const NetworkElements& network) {
    NetlinkFailures failures;
    // Elements first: the table is nearly always there. Two processes that both find it missing: one makes
    // it, for the other EEXIST leads back to the elements. More rounds are needed only if others keep
    // removing it.
    for (int round = 0; round < 8; ++round) {
        Batch batch;
        begin_transaction(batch);
        if (round % 2 == 1) put_table(batch, table);
        put_elements(batch, NFT_MSG_NEWSETELEM, table, name_elements(network.bridge));
        if (network.internal)
            put_elements(batch, NFT_MSG_NEWSETELEM, table,
                         {{kInternal, element_with(name_key(network.bridge))}});
        if (network.masquerade)
            put_elements(batch, NFT_MSG_NEWSETELEM, table, subnet_elements(kMasqueraded, network.subnet));
        if (network.hairpin)
            put_elements(batch, NFT_MSG_NEWSETELEM, table, subnet_elements(kHairpin, network.subnet));
        end_transaction(batch);
        RT_TRY_ASSIGN(failures, nft.send(batch));
        if (failures.empty()) return {};
        if (failures.front().error != ENOENT && failures.front().error != EEXIST) break;
    }
    return refused(failures.front(),
                   sdk::cat("add the bridge '", network.bridge, "' to the nf_tables table 'inet ", table,
                            "' (if that table is not rt's own, set another nft_table)"));
}

sdk::Result<void> remove_network(NetlinkSocket& nft, const std::string& table, const std::string& bridge,
                                 const std::optional<Ipv4Prefix>& subnet) {
    std::vector<std::vector<SetElement>> groups;
    for (auto& element : name_elements(bridge)) groups.push_back({std::move(element)});
    groups.push_back({{kInternal, element_with(name_key(bridge))}});
    if (subnet) {
        groups.push_back(subnet_elements(kMasqueraded, *subnet));
        groups.push_back(subnet_elements(kHairpin, *subnet));
    }
    // One transaction each: that one is gone already must not keep the others.
    for (const auto& group : groups) {
        Batch batch;
        begin_transaction(batch);
        put_elements(batch, NFT_MSG_DELSETELEM, table, group);
        end_transaction(batch);
        RT_TRY_ASSIGN(const auto failures, nft.send(batch));
        if (!failures.empty() && failures.front().error != ENOENT)
            return refused(failures.front(), sdk::cat("remove the bridge '", bridge,
                                                      "' from the nf_tables table 'inet ", table, "'"));
    }
    return {};
}

} // namespace rt::bridge
