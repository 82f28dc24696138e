// SPDX-License-Identifier: Apache-2.0
// The container's name server: listens at 127.0.0.11 in the container's network namespace, on ports of the
// kernel's choice, knows the names of the container's networks (core/network/name_directory.hpp), and asks
// the host's servers for the rest. The network driver leads port 53 of that address here. One thread.
#pragma once

#include "core/network/name_directory.hpp"
#include "core/shim/client.hpp"
#include "listener.hpp"
#include "name_forwarder.hpp"
#include "name_session.hpp"

#include <list>
#include <optional>
#include <string>
#include <vector>

namespace rt::shim {

class NameServer final : EventLoop::Handler {
public:
    explicit NameServer(EventLoop& loop)
        : loop_(loop), tcp_(loop, kClientFlags, [this](UniqueFd client) { take(std::move(client)); }),
          forwarder_(loop) {}
    ~NameServer() { close(); }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    // Where it listens already: the same ports, with other names. netns_fd is borrowed.
    Result<ShimNamePorts> serve(int netns_fd, const ShimNames& names);
    [[nodiscard]] bool is_open() const { return bool(udp_); }
    void sweep(); // after each batch of events
    void close(); // also lets go of the namespace

private:
    static constexpr int kClientFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;

    Result<void> listen(int netns_fd);
    void on_events(std::uint32_t events) override; // of the UDP socket
    void take(UniqueFd client);
    // nullopt: others have to be asked.
    [[nodiscard]] std::optional<std::string> own_answer(std::string_view query, std::size_t limit) const;
    [[nodiscard]] NameDirectory::Addresses find(const std::string& name) const;
    void send(std::string_view answer, const sockaddr_storage& to, socklen_t size);

    EventLoop& loop_;
    UniqueFd udp_;
    Listener tcp_;
    ShimNamePorts ports_;
    std::vector<NameDirectory> directories_;
    std::vector<ShimNames::Link> links_;
    NameForwarder forwarder_;
    std::list<NameSession> sessions_;
};

} // namespace rt::shim
