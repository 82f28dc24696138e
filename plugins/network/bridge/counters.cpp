// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace rt::bridge {
namespace {

std::optional<LinkCounters> read_counters(const nlmsghdr* message) {
    std::optional<LinkCounters> found;
    each_attribute(message, sizeof(ifinfomsg), [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) != IFLA_STATS64) return;
        rtnl_link_stats64 stats{}; // kernels add members at the end, and the attribute is not aligned
        std::memcpy(&stats, mnl_attr_get_payload(attribute),
                    std::min<std::size_t>(sizeof stats, mnl_attr_get_payload_len(attribute)));
        // What this end sends is what the other receives.
        found = LinkCounters{{stats.tx_bytes, stats.tx_packets, stats.tx_errors, stats.tx_dropped},
                             {stats.rx_bytes, stats.rx_packets, stats.rx_errors, stats.rx_dropped}};
    });
    return found;
}

} // namespace

sdk::Result<LinkCounters> read_peer_counters(NetlinkSocket& route, const std::string& host_link) {
    const std::string what = sdk::cat("read the counters of the link '", host_link, "'");
    Batch batch;
    batch.begin(RTM_GETLINK, 0);
    batch.header<ifinfomsg>();
    batch.put_text(IFLA_IFNAME, host_link);
    std::optional<LinkCounters> found;
    RT_TRY_ASSIGN(const auto failures,
                  route.send(batch, [&](const nlmsghdr* message) { found = read_counters(message); }));
    if (!failures.empty() && failures.front().error == ENODEV)
        return sdk::fail(sdk::Code::not_found, what, ": there is no such link");
    if (!failures.empty()) return refused(failures.front(), what);
    if (!found) return sdk::fail(sdk::Code::unsupported, what, ": this kernel does not count");
    return *found;
}

} // namespace rt::bridge
