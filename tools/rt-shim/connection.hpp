// SPDX-License-Identifier: Apache-2.0
// One client of the shim: frames in, frames out. What it does not read is kept here, so its owner looks at
// queued() and slows down the container before that grows. A peer that breaks the protocol is hung up on. One
// thread; the owner destroys it after dead() in after_events().
#pragma once

#include "core/shim/protocol.hpp"
#include "event_loop.hpp"

#include <string>

namespace rt::shim {

class Connection final : public EventLoop::Handler {
public:
    class Owner {
    public:
        virtual void on_frame(Connection& connection, const Frame& frame) = 0;
        virtual void on_drained(Connection& connection) = 0; // queued() is 0 again
        virtual void on_closed(Connection& connection) = 0;  // it is dead()

    protected:
        ~Owner() = default;
    };

    Connection(EventLoop& loop, Owner& owner, UniqueFd fd, std::uint64_t id);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    Result<void> open(); // takes part in the loop from now on

    void send(FrameType type, std::uint32_t request, std::string_view payload = {}, int descriptor = -1);
    void send_output(Stream stream, std::string_view data); // at most kDataLimit bytes
    void hang_up();
    void flush(); // as far as the peer takes it now

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] std::size_t queued() const { return out_.size() - sent_; }
    [[nodiscard]] bool dead() const { return !fd_; }

    void on_events(std::uint32_t events) override;

    // What this client has asked for; the owner's to use.
    bool attached = false;
    bool with_stdin = false;
    bool had_stdin = false; // until it was told the exit: what crossed that on its way is dropped
    bool watching = false;
    bool of_exec = false;          // stdio, size and signals are those of the exec that it asked for
    std::size_t stdin_pending = 0; // sent by it, not yet taken by the container

private:
    void receive();
    void handle_frames();
    void send_pieces(std::string_view head, std::string_view data, int descriptor);
    void keep(std::string_view text, std::size_t skip);
    void watch();

    EventLoop& loop_;
    Owner& owner_;
    UniqueFd fd_;
    std::uint64_t id_;
    FrameReader reader_;
    std::string out_;
    std::size_t sent_ = 0; // of out_
    std::uint32_t watched_ = 0;
    bool deaf_ = false; // it takes nothing any more; what it has sent is still read
};

} // namespace rt::shim
