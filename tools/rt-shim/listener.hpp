// SPDX-License-Identifier: Apache-2.0
// A listening socket. Where a client cannot be taken for want of descriptors or memory, it looks away for a
// moment: the client still waits, and the loop would do nothing else. One thread.
#pragma once

#include "event_loop.hpp"

#include <functional>

namespace rt::shim {

class Listener final : EventLoop::Handler {
public:
    using OnClient = std::function<void(UniqueFd client)>;

    // flags: of accept4(), for clients.
    Listener(EventLoop& loop, int flags, OnClient on_client)
        : loop_(loop), flags_(flags), on_client_(std::move(on_client)), again_(loop, [this] { look(true); }) {
    }
    ~Listener() { close(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    Result<void> open(UniqueFd socket); // listens already
    [[nodiscard]] bool is_open() const { return bool(socket_); }
    void close();

private:
    void on_events(std::uint32_t events) override;
    void look(bool there);

    EventLoop& loop_;
    int flags_;
    OnClient on_client_;
    Timer again_;
    UniqueFd socket_;
};

} // namespace rt::shim
