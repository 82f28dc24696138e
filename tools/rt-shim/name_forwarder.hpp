// SPDX-License-Identifier: Apache-2.0
// Questions over UDP that others have to answer: each goes to the servers one after the other, from the
// host's network namespace, from a socket (and so a port) of its own. Bounded in number and in time. One
// thread.
#pragma once

#include "event_loop.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rt::shim {

// An address of a name server, as a socket's.
struct ServerAddress {
    sockaddr_storage address{};
    socklen_t size = 0;
    // port 53; false: the text is no address.
    static bool parse(const std::string& text, ServerAddress& out);
};

class NameForwarder {
public:
    // The answer, with the query's id; empty: nobody has answered in time.
    using OnAnswer = std::function<void(std::string_view answer)>;

    explicit NameForwarder(EventLoop& loop);
    ~NameForwarder();
    NameForwarder(const NameForwarder&) = delete;
    NameForwarder& operator=(const NameForwarder&) = delete;

    void use(std::vector<ServerAddress> servers) { servers_ = std::move(servers); }
    [[nodiscard]] const std::vector<ServerAddress>& servers() const { return servers_; }

    // False: there is no server, or too much is under way; on_answer is not called then.
    bool ask(std::string_view query, OnAnswer on_answer);

    void sweep();  // after each batch of events
    void forget(); // nothing is answered any more of what was asked

private:
    class Query;
    EventLoop& loop_;
    std::vector<ServerAddress> servers_;
    std::vector<std::unique_ptr<Query>> queries_;
};

} // namespace rt::shim
