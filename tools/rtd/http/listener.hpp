// SPDX-License-Identifier: Apache-2.0
// Sockets that clients come to. "unix:///run/rt/rtd.sock", "tcp://127.0.0.1:2375", "fd://" for those that
// systemd has opened.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "tools/rtd/http/connection.hpp"

#include <string>
#include <vector>

namespace rt::rtd {

// A socket that listens, and what is to be removed with it.
class Listener {
public:
    Listener(UniqueFd fd, Path path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Listener(Listener&& other) noexcept : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    UniqueFd fd_;
    Path path_; // "": none
};

struct ListenOptions {
    std::string group = "docker"; // that may use a unix socket; where there is no such group, root alone
    bool open_tcp = false;        // loopback without TLS was asked for in so many words
};

// invalid_argument: no such address; already_exists: another server listens there; permission_denied: it
// would let anybody in.
Result<std::vector<Listener>> listen_at(const std::string& address, const ListenOptions& options);

// Clients come in until the server ends.
Awaitable<void> accept_clients(int fd, const FindHandler& find);

} // namespace rt::rtd
