// SPDX-License-Identifier: Apache-2.0
// One connection of a container to its name server: questions over TCP, one after the other, each with its
// length in front. What the server does not know itself goes to the first server of the host that can
// be reached, over TCP as well. Ends when nothing happens for a while. One thread.
#pragma once

#include "event_loop.hpp"
#include "name_forwarder.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rt::shim {

class NameSession {
public:
    // An answer of our own; nullopt: others have to be asked.
    using Answer = std::function<std::optional<std::string>(std::string_view query)>;

    NameSession(EventLoop& loop, UniqueFd client, Answer answer, const std::vector<ServerAddress>& servers);
    ~NameSession() { close(); }
    NameSession(const NameSession&) = delete;
    NameSession& operator=(const NameSession&) = delete;

    void close(); // it is done then
    [[nodiscard]] bool is_done() const { return done_; }

private:
    // One end; what comes from it and goes to it.
    struct End final : EventLoop::Handler {
        explicit End(NameSession& session) : owner(session) {}
        void on_events(std::uint32_t events) override { owner.on_events(*this, events); }
        NameSession& owner;
        UniqueFd socket;
        std::string in, out;
        bool over = false; // nothing comes from it any more; it may still take something
    };

    void on_events(End& end, std::uint32_t events);
    bool read_from(End& end);
    bool write_to(End& end);
    void take_query();
    void take_answer();
    void ask_server(const std::string& query);
    void give(std::string_view answer);
    void watch(End& end);
    void close_end(End& end);

    EventLoop& loop_;
    Answer answer_;
    const std::vector<ServerAddress>& servers_;
    End client_, server_;
    std::string query_; // that the server was asked
    std::size_t next_ = 0;
    Timer patience_;
    bool done_ = false;
};

} // namespace rt::shim
