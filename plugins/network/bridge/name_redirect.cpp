// SPDX-License-Identifier: Apache-2.0
#include "name_redirect.hpp"

#include "ipv4.hpp"
#include "nft_messages.hpp"

#include <arpa/inet.h>
#include <linux/netfilter_ipv4.h>

#include <cerrno>

namespace rt::bridge {
namespace {

constexpr const char* kTable = "rt-names";
constexpr const char* kChain = "output";
constexpr Ipv4 kServer{0x7f00000b}; // 127.0.0.11
constexpr std::uint16_t kNamePort = 53;
constexpr std::uint32_t kDestinationOffset = 16, kPortOffset = 2;

void put_table_message(Batch& batch, std::uint16_t type, std::uint16_t flags) {
    const NftTable table(nftnl_table_alloc());
    nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kTable);
    nftnl_table_nlmsg_build_payload(begin_nft(batch, type, flags), table.get());
}

void put_chain(Batch& batch) {
    const NftChain chain(nftnl_chain_alloc());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, kTable);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, kChain);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, "nat");
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_OUT);
    nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, NF_IP_PRI_NAT_DST);
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
    nftnl_chain_nlmsg_build_payload(begin_nft(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE), chain.get());
}

void put_rule(Batch& batch, std::uint8_t protocol, std::uint16_t port) {
    const std::uint8_t ipv4 = NFPROTO_IPV4;
    const std::uint32_t server = kServer.network_order();
    const std::uint16_t asked = htons(kNamePort), answered = htons(port);
    RuleWriter(kTable, kChain)
        .meta(NFT_META_NFPROTO, 0)
        .compare(0, NFT_CMP_EQ, &ipv4, sizeof ipv4)
        .payload(NFT_PAYLOAD_NETWORK_HEADER, kDestinationOffset, sizeof server, 0)
        .compare(0, NFT_CMP_EQ, &server, sizeof server)
        .meta(NFT_META_L4PROTO, 0)
        .compare(0, NFT_CMP_EQ, &protocol, sizeof protocol)
        .payload(NFT_PAYLOAD_TRANSPORT_HEADER, kPortOffset, sizeof asked, 0)
        .compare(0, NFT_CMP_EQ, &asked, sizeof asked)
        .load(&server, sizeof server, 0)
        .load(&answered, sizeof answered, 1)
        .dnat(0, 1)
        .append_to(batch);
}

enum class Earlier { none, replaced };

Batch transaction(NamePorts ports, Earlier earlier) {
    Batch batch;
    begin_transaction(batch);
    if (earlier == Earlier::replaced) put_table_message(batch, NFT_MSG_DELTABLE, 0);
    put_table_message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
    put_chain(batch);
    put_rule(batch, IPPROTO_UDP, ports.udp);
    put_rule(batch, IPPROTO_TCP, ports.tcp);
    end_transaction(batch);
    return batch;
}

} // namespace

sdk::Result<void> redirect_names(int netns_fd, NamePorts ports) {
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER, netns_fd));
    Batch first = transaction(ports, Earlier::none);
    RT_TRY_ASSIGN(auto failures, nft.send(first));
    if (!failures.empty() && failures.front().error == EEXIST) {
        Batch second = transaction(ports, Earlier::replaced);
        RT_TRY_ASSIGN(failures, nft.send(second));
    }
    if (failures.empty()) return {};
    return refused(failures.front(), "lead questions for names in the container to their server");
}

} // namespace rt::bridge
