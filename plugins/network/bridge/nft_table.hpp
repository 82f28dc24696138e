// SPDX-License-Identifier: Apache-2.0
// The one table of rt in nf_tables, `inet rt-bridge` (`rt` alone is a word of nft's language, which then
// could neither show nor restore it): rules that never change, over sets of bridges and maps of ports. It is
// made with the first network, in one transaction, and goes with the last. Stateless; safe between processes.
//
//   chain early        (prerouting, raw): containers cannot reach 127.0.0.0/8 of the host by route_localnet
//   chain prerouting   (nat, dstnat): what comes from outside and from containers, to the port's holder
//   chain output       (nat, dstnat): the same for what the host itself sends, 127.0.0.1 included
//   chain postrouting  (nat, srcnat): masquerade, for the outside, hairpin, and what came from 127.0.0.0/8
//   chain forward      (filter): to a container only answers, published ports and its own network; and where
//                      the host forwards because of us alone, nothing else
#pragma once

#include "ipv4.hpp"
#include "netlink_socket.hpp"

#include <optional>
#include <string>

namespace rt::bridge {

inline constexpr const char* kPortsOfAny =
    "ports_any"; // inet_proto . inet_service : ipv4_addr . inet_service
inline constexpr const char* kPortsOfAddress = "ports"; // ipv4_addr . inet_proto . inet_service : the same

struct NetworkElements {
    std::string bridge;
    Ipv4Prefix subnet;
    bool masquerade;
    bool hairpin;
    bool internal; // nothing of it is forwarded to anywhere else
};

// The messages that make the table, within a transaction. Fails with EEXIST where it exists.
void put_table(Batch& batch, const std::string& table);

// What decides whether the table is as it should be, asked in one system call.
struct RulesSeen {
    bool has_network;
    bool is_closed; // see close_forwarding()
};
sdk::Result<RulesSeen> look_at_rules(NetlinkSocket& nft, const std::string& table, const std::string& bridge);
// Makes the table where it is missing, and the network's elements in it.
sdk::Result<void> add_network(NetlinkSocket& nft, const std::string& table, const NetworkElements& network);
// Removes the elements. OK when there is nothing. No subnet: none was chosen.
sdk::Result<void> remove_network(NetlinkSocket& nft, const std::string& table, const std::string& bridge,
                                 const std::optional<Ipv4Prefix>& subnet);
sdk::Result<bool> has_networks(NetlinkSocket& nft, const std::string& table);
sdk::Result<void> remove_table_if_empty(NetlinkSocket& nft, const std::string& table);

// Whether IPv4 that is forwarded neither to nor from a container is dropped. The table has to be there.
sdk::Result<void> close_forwarding(NetlinkSocket& nft, const std::string& table);
sdk::Result<void> open_forwarding(NetlinkSocket& nft, const std::string& table);

} // namespace rt::bridge
