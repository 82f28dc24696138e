// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace rt::shim {
namespace {

constexpr std::int64_t kPause = 100'000'000; // ns

} // namespace

Result<void> Listener::open(UniqueFd socket) {
    close();
    socket_ = std::move(socket);
    return loop_.add(socket_.get(), EPOLLIN, *this);
}

void Listener::close() {
    again_.cancel();
    if (socket_) loop_.remove(socket_.get());
    socket_.reset();
}

void Listener::look(bool there) {
    loop_.change(socket_.get(), there ? static_cast<std::uint32_t>(EPOLLIN) : 0U, *this);
}

void Listener::on_events(std::uint32_t /*events*/) {
    if (!socket_) return; // closed in this very turn of the loop
    UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, flags_));
    if (client) return on_client_(std::move(client));
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
        return; // it has gone again
    look(false);
    again_.arm(kPause);
}

} // namespace rt::shim
