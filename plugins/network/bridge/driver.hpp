// SPDX-License-Identifier: Apache-2.0
// The bridge driver: rt's network contract in terms of bridges, veth pairs and one nf_tables table. It keeps
// no state but the configuration; what exists is asked of the kernel. Every function may run in several
// threads and processes.
#pragma once

#include "documents.hpp"

#include <rt/sdk/network.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rt::bridge {

class BridgeDriver {
public:
    static constexpr std::uint64_t features = RTP_NETWORK_PORTS | RTP_NETWORK_SEVERAL | RTP_NETWORK_MAC;
    static sdk::Result<std::unique_ptr<BridgeDriver>> create(sdk::Host host, std::string_view config_json);

    sdk::Result<std::string> probe(sdk::Call call);
    sdk::Result<std::string> create_network(sdk::Call call, std::string_view network_json);
    sdk::Result<void> remove_network(sdk::Call call, std::string_view network_json);
    sdk::Result<std::string> attach(sdk::Call call, std::string_view endpoint_json, int netns_fd);
    sdk::Result<void> detach(sdk::Call call, std::string_view endpoint_json, int netns_fd);
    sdk::Result<void> check(sdk::Call call, std::string_view endpoint_json, int netns_fd);
    sdk::Result<std::string> stats(sdk::Call call, std::string_view endpoint_json);
    sdk::Result<void> set_default_route(sdk::Call call, std::string_view endpoint_json, int netns_fd,
                                        bool wanted);
    sdk::Result<std::string> set_ports(sdk::Call call, std::string_view endpoint_json, int netns_fd);
    sdk::Result<void> redirect_names(sdk::Call call, int netns_fd, std::uint16_t udp_port,
                                     std::uint16_t tcp_port);
    sdk::Result<std::string> find_leftovers(sdk::Call call, std::string_view known);
    sdk::Result<void> remove_leftover(sdk::Call call, std::string_view known, std::string_view leftover);

private:
    BridgeDriver(sdk::Host host, Config config) : host_(host), config_(std::move(config)) {}

    sdk::Result<void> attach_ports(NetlinkSocket& nft, Endpoint& endpoint);
    sdk::Result<void> attach_link(NetlinkSocket& nft, const Endpoint& endpoint, int netns_fd);
    void warn_of_other_firewalls() const;
    void close_later(NetlinkSocket socket);
    void close_used();

    sdk::Host host_;
    Config config_;
    // Closing any socket of nf_tables waits until the kernel has freed what was deleted last: 5 to 20 ms. So
    // the one that is done with is kept, never used again, and closed at the next call or with the driver.
    std::mutex mutex_;
    std::vector<NetlinkSocket> used_sockets_;
};

} // namespace rt::bridge
