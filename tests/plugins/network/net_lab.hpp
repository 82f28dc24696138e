// SPDX-License-Identifier: Apache-2.0
// A small laboratory for network drivers: namespaces that stand for containers and for machines outside,
// sockets in any of them, and a picture of what the "host" (the test's own namespace) has, to compare before
// and after.
#pragma once

#include "support/patience.hpp"

#include <rt/sdk/unique_fd.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rt::test {

// A network namespace that lives as long as this object: a sleeping child keeps it, as a container's process
// would.
class NetNs {
public:
    NetNs();
    NetNs(const NetNs&) = delete;
    NetNs& operator=(const NetNs&) = delete;
    ~NetNs() { end(); }

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // Lets go of the descriptor and ends the process, so that nothing holds the namespace any more.
    void end();

private:
    sdk::UniqueFd fd_;
    pid_t pid_ = -1;
};

// Runs body in a thread inside the namespace (-1: where the test is).
void in_namespace(int netns_fd, const std::function<void()>& body);

// Runs a shell command line (ip, nft) inside the namespace and gives what it printed; throws when it fails.
std::string shell(const std::string& command, int netns_fd = -1);

// Links, addresses, routes and nf_tables of the host.
std::string picture_of_host();

// Something that answers on a port with a fixed text, in a thread of its own.
class Service {
public:
    enum class Kind { tcp, udp };
    Service(int netns_fd, Kind kind, const std::string& address, std::uint16_t port, std::string answer);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();
    // The address that the last request came from, as the service saw it.
    [[nodiscard]] std::string last_client() const;

private:
    struct State;
    State* state_;
};

// Asks such a service from a namespace; nullopt when nothing answers within the time (unless said as long as
// a connection takes whose first packet is lost).
std::optional<std::string> ask(int netns_fd, Service::Kind kind, const std::string& address,
                               std::uint16_t port,
                               std::chrono::milliseconds limit = patience(std::chrono::seconds(2)));

} // namespace rt::test
