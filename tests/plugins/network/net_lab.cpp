// SPDX-License-Identifier: Apache-2.0
#include "net_lab.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace rt::test {
namespace {

int must(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
        throw std::runtime_error("bad address " + text);
    return address;
}

sdk::UniqueFd socket_in(int netns_fd, Service::Kind kind) {
    sdk::UniqueFd fd;
    const int type = kind == Service::Kind::tcp ? SOCK_STREAM : SOCK_DGRAM;
    in_namespace(netns_fd, [&] { fd.reset(must(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket")); });
    return fd;
}

} // namespace

NetNs::NetNs() {
    std::array<int, 2> ready{};
    must(::pipe2(ready.data(), O_CLOEXEC), "pipe");
    pid_ = must(::fork(), "fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const char byte = ::unshare(CLONE_NEWNET) == 0 ? '1' : '0';
        if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = '0';
    const bool made = ::read(ready[0], &byte, 1) == 1 && byte == '1';
    ::close(ready[0]);
    if (!made) throw std::runtime_error("cannot make a network namespace");
    fd_.reset(must(::open(("/proc/" + std::to_string(pid_) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC),
                   "open ns/net"));
}

void NetNs::end() {
    fd_.reset();
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void in_namespace(int netns_fd, const std::function<void()>& body) {
    std::exception_ptr failure;
    std::thread([&] {
        try {
            if (netns_fd >= 0) must(::setns(netns_fd, CLONE_NEWNET), "setns");
            body();
        } catch (...) {
            failure = std::current_exception();
        }
    }).join();
    if (failure) std::rethrow_exception(failure);
}

std::string shell(const std::string& command, int netns_fd) {
    std::string output;
    in_namespace(netns_fd, [&] {
        FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
        if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
        std::array<char, 4096> piece{};
        while (const auto size = std::fread(piece.data(), 1, piece.size(), pipe))
            output.append(piece.data(), size);
        if (::pclose(pipe) != 0) throw std::runtime_error(command + ": " + output);
    });
    return output;
}

// Without numbers, and without what the kernel finds out a while later: whether a cable has two ends.
std::string picture_of_host() {
    return shell("{ ip -o link; ip -o -4 addr; ip -4 route show table all; } | sed -E 's/^[0-9]+: //; "
                 "s/NO-CARRIER,|,LOWER_UP//g; s/ state [A-Z]+//; s/ linkdown//'; nft list ruleset");
}

struct Service::State {
    sdk::UniqueFd socket;
    std::array<sdk::UniqueFd, 2> stop;
    Kind kind;
    std::string answer;
    mutable std::mutex mutex;
    std::string client;
    std::thread thread;

    void remember(const sockaddr_in& from) {
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
        const std::lock_guard guard(mutex);
        client = text.data();
    }
    void serve_one() {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        auto* raw = reinterpret_cast<sockaddr*>(&from);
        if (kind == Kind::tcp) {
            const sdk::UniqueFd peer(::accept4(socket.get(), raw, &size, SOCK_CLOEXEC));
            if (!peer) return;
            remember(from);
            (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
            return;
        }
        std::array<char, 64> request{};
        if (::recvfrom(socket.get(), request.data(), request.size(), 0, raw, &size) < 0) return;
        remember(from);
        (void)::sendto(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL, raw, size);
    }
    void run() {
        for (;;) {
            std::array<pollfd, 2> wait{pollfd{socket.get(), POLLIN, 0}, pollfd{stop[0].get(), POLLIN, 0}};
            ::poll(wait.data(), wait.size(), -1);
            if (wait[1].revents != 0) return;
            serve_one();
        }
    }
};

Service::Service(int netns_fd, Kind kind, const std::string& address, std::uint16_t port, std::string answer)
    : state_(new State) {
    std::array<int, 2> pipe{};
    must(::pipe2(pipe.data(), O_CLOEXEC), "pipe");
    state_->stop[0].reset(pipe[0]);
    state_->stop[1].reset(pipe[1]);
    state_->kind = kind;
    state_->answer = std::move(answer);
    state_->socket = socket_in(netns_fd, kind);
    const sockaddr_in where = address_of(address, port);
    must(::bind(state_->socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "bind");
    if (kind == Kind::tcp) must(::listen(state_->socket.get(), 16), "listen");
    state_->thread = std::thread([state = state_] { state->run(); });
}

Service::~Service() {
    state_->stop[1].reset();
    state_->thread.join();
    delete state_;
}

std::string Service::last_client() const {
    const std::lock_guard guard(state_->mutex);
    return state_->client;
}

std::optional<std::string> ask(int netns_fd, Service::Kind kind, const std::string& address,
                               std::uint16_t port, std::chrono::milliseconds limit) {
    const sdk::UniqueFd fd = socket_in(netns_fd, kind);
    const timeval timeout{limit.count() / 1000, limit.count() % 1000 * 1000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const sockaddr_in where = address_of(address, port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
        return std::nullopt;
    if (kind == Service::Kind::udp && ::send(fd.get(), "?", 1, MSG_NOSIGNAL) != 1) return std::nullopt;
    std::array<char, 256> answer{};
    const ssize_t size = ::recv(fd.get(), answer.data(), answer.size(), 0);
    if (size <= 0) return std::nullopt;
    return std::string(answer.data(), static_cast<std::size_t>(size));
}

} // namespace rt::test
