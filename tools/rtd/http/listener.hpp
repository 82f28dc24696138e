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
    Listener(Listener&& other) noexcept
        : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})), tls_(other.tls_) {}
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    [[nodiscard]] int fd() const { return fd_.get(); }
    void speak_tls() { tls_ = true; }
    [[nodiscard]] bool speaks_tls() const { return tls_; }

private:
    UniqueFd fd_;
    Path path_; // "": none
    bool tls_ = false;
};

struct ListenOptions {
    std::string group = "docker"; // that may use a unix socket; where there is no such group, root alone
    bool needs_group = false;     // it was asked for: it has to exist
    bool open_tcp = false;        // loopback without TLS was asked for in so many words
    bool has_tls = false;         // what listens on tcp is to speak TLS with clients of a known authority
};

// invalid_argument: no such address; already_exists: another server listens there; permission_denied: it
// would let anybody in.
Result<std::vector<Listener>> listen_at(const std::string& address, const ListenOptions& options);

// "127.0.0.1:9323", open to everybody who reaches it: for what is no secret.
Result<Listener> listen_for_metrics(const std::string& address);

// Clients come in until the server ends.
// serve: begins to serve one, and returns at once.
using ServeClient = std::function<void(Socket client)>;
Awaitable<void> accept_clients(int fd, ServeClient serve);

} // namespace rt::rtd
