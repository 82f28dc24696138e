// SPDX-License-Identifier: Apache-2.0
#include "conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

namespace rt::bridge {
namespace {

// What of the tuple the kernel is to compare (since 5.8; the kernel's own header keeps these bits to itself).
constexpr std::uint32_t kSourceAddress = 1U << 0, kProtocol = 1U << 3;

} // namespace

sdk::Result<void> forget_udp_flows(NetlinkSocket& netfilter, Ipv4 container) {
    Batch batch;
    batch.begin(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0);
    auto* header = batch.header<nfgenmsg>();
    header->nfgen_family = AF_INET;
    header->version = 1; // in version 0 the family of a deletion is ignored
    const auto tuple = batch.nest(CTA_TUPLE_REPLY);
    const auto addresses = batch.nest(CTA_TUPLE_IP);
    batch.put_u32(CTA_IP_V4_SRC, container.network_order());
    batch.end(addresses);
    const auto protocol = batch.nest(CTA_TUPLE_PROTO);
    batch.put_u8(CTA_PROTO_NUM, IPPROTO_UDP);
    batch.end(protocol);
    batch.end(tuple);
    const auto filter = batch.nest(CTA_FILTER);
    batch.put_u32(CTA_FILTER_ORIG_FLAGS, 0);
    batch.put_u32(CTA_FILTER_REPLY_FLAGS, kSourceAddress | kProtocol);
    batch.end(filter);
    // Kernels before 5.8 take this for one incomplete tuple and refuse it with EINVAL: there the entries time
    // out.
    RT_TRY_ASSIGN(const auto failures, netfilter.send(batch));
    if (!failures.empty() && failures.front().error != ENOENT && failures.front().error != EINVAL)
        return refused(failures.front(), sdk::cat("forget the UDP flows of '", container.text(), "'"));
    return {};
}

} // namespace rt::bridge
