// SPDX-License-Identifier: Apache-2.0
#include "conntrack.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include <string>
#include <utility>
#include <vector>

namespace rt::bridge {
namespace {

// What of the tuple the kernel is to compare; its own header keeps these bits to itself.
constexpr std::uint32_t kSourceAddress = 1U << 0, kProtocol = 1U << 3;

// What names an entry to the kernel: its attributes as they came.
struct Flow {
    std::vector<char> tuple, id, zone; // of the original direction; the zone may be missing
};

std::vector<char> payload_of(const nlattr* attribute) {
    const auto* begin = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {begin, begin + mnl_attr_get_payload_len(attribute)};
}

bool is_udp_from(const nlattr* tuple, Ipv4 source) {
    bool udp = false, from = false;
    each_nested(tuple, [&](const nlattr* part) {
        each_nested(part, [&](const nlattr* item) {
            const std::uint16_t outer = mnl_attr_get_type(part), type = mnl_attr_get_type(item);
            const std::size_t size = mnl_attr_get_payload_len(item);
            if (outer == CTA_TUPLE_IP && type == CTA_IP_V4_SRC && size == sizeof(std::uint32_t))
                from = mnl_attr_get_u32(item) == source.network_order();
            if (outer == CTA_TUPLE_PROTO && type == CTA_PROTO_NUM && size == sizeof(std::uint8_t))
                udp = mnl_attr_get_u8(item) == IPPROTO_UDP;
        });
    });
    return udp && from;
}

void begin(Batch& batch, std::uint16_t type, std::uint16_t flags, std::uint8_t version) {
    batch.begin(static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type), flags);
    auto* header = batch.header<nfgenmsg>();
    header->nfgen_family = AF_INET;
    header->version = version;
}

// One by one, for kernels that delete nothing by a filter.
sdk::Result<void> forget_listed(NetlinkSocket& netfilter, Ipv4 container, const std::string& what) {
    Batch request;
    begin(request, IPCTNL_MSG_CT_GET, NLM_F_DUMP, 0);
    std::vector<Flow> flows;
    RT_TRY(netfilter.dump(request, what, [&](const nlmsghdr* message) {
        Flow flow;
        bool ours = false;
        each_attribute(message, sizeof(nfgenmsg), [&](const nlattr* attribute) {
            switch (mnl_attr_get_type(attribute)) {
            case CTA_TUPLE_ORIG: flow.tuple = payload_of(attribute); break;
            case CTA_TUPLE_REPLY: ours = is_udp_from(attribute, container); break;
            case CTA_ID: flow.id = payload_of(attribute); break;
            case CTA_ZONE: flow.zone = payload_of(attribute); break;
            default: break;
            }
        });
        if (ours) flows.push_back(std::move(flow));
    }));
    for (const Flow& flow : flows) {
        Batch batch;
        begin(batch, IPCTNL_MSG_CT_DELETE, 0, 0);
        batch.put(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.tuple.data(), flow.tuple.size());
        batch.put(CTA_ID, flow.id.data(), flow.id.size());
        if (!flow.zone.empty()) batch.put(CTA_ZONE, flow.zone.data(), flow.zone.size());
        RT_TRY_ASSIGN(const auto failures, netfilter.send(batch));
        if (!failures.empty() && failures.front().error != ENOENT) return refused(failures.front(), what);
    }
    return {};
}

} // namespace

sdk::Result<void> forget_udp_flows(NetlinkSocket& netfilter, Ipv4 container) {
    Batch batch;
    begin(batch, IPCTNL_MSG_CT_DELETE, 0, 1); // in version 0 the family of a deletion is ignored
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
    const std::string what = sdk::cat("forget the UDP flows of '", container.text(), "'");
    RT_TRY_ASSIGN(const auto failures, netfilter.send(batch));
    if (failures.empty() || failures.front().error == ENOENT) return {};
    // Older kernels (6.1, say) take this for one incomplete tuple.
    if (failures.front().error == EINVAL) return forget_listed(netfilter, container, what);
    return refused(failures.front(), what);
}

} // namespace rt::bridge
