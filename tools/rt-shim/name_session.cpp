// SPDX-License-Identifier: Apache-2.0
#include "name_session.hpp"

#include "dns_message.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace rt::shim {
namespace {

constexpr std::int64_t kIdleLimit = 10'000'000'000; // ns without anything
constexpr std::size_t kLengthSize = 2;

std::string with_length(std::string_view message) {
    std::string out{static_cast<char>(message.size() >> 8U), static_cast<char>(message.size() & 0xffU)};
    return out.append(message);
}

// The first message of a stream, taken out of it, once all of it is there.
std::optional<std::string> take_message(std::string& stream) {
    if (stream.size() < kLengthSize) return std::nullopt;
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(stream[0])) << 8U |
                             static_cast<unsigned char>(stream[1]);
    if (stream.size() < kLengthSize + size) return std::nullopt;
    std::string message = stream.substr(kLengthSize, size);
    stream.erase(0, kLengthSize + size);
    return message;
}

} // namespace

NameSession::NameSession(EventLoop& loop, UniqueFd client, Answer answer,
                         const std::vector<ServerAddress>& servers)
    : loop_(loop), answer_(std::move(answer)), servers_(servers), client_(*this), server_(*this),
      patience_(loop, [this] { close(); }) {
    client_.socket = std::move(client);
    patience_.arm(kIdleLimit);
    if (!loop_.add(client_.socket.get(), EPOLLIN, client_)) close();
}

void NameSession::on_events(End& end, std::uint32_t events) {
    if (done_ || !end.socket) return;
    patience_.arm(kIdleLimit);
    bool good = !end.over || (events & (EPOLLHUP | EPOLLERR)) == 0; // else it takes nothing either
    if (good && (events & EPOLLOUT) != 0) good = write_to(end);
    if (good && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) good = read_from(end);
    if (&end == &server_) {
        take_answer();
        if (!good && !query_.empty()) {
            ask_server(std::string(query_)); // the next one, if there is one
            take_query();                    // if not, that question is over
        }
    } else if (good) {
        take_query();
    } else {
        close();
    }
    // All that was asked before its end is answered.
    if (client_.over && query_.empty() && client_.out.empty()) close();
}

// False: the end is over.
bool NameSession::read_from(End& end) {
    std::array<char, 4096> piece; // NOLINT(cppcoreguidelines-pro-type-member-init): recv() fills it
    const ssize_t size = ::recv(end.socket.get(), piece.data(), piece.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0 && &end == &client_) {
        end.over = true;
        watch(end);
        return true;
    }
    end.in.append(piece.data(), static_cast<std::size_t>(size));
    return size > 0 && end.in.size() <= 2 * (dns::kLongest + kLengthSize);
}

bool NameSession::write_to(End& end) {
    if (!end.out.empty()) {
        const ssize_t size = ::send(end.socket.get(), end.out.data(), end.out.size(), MSG_NOSIGNAL);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        end.out.erase(0, static_cast<std::size_t>(size));
    }
    watch(end);
    return true;
}

void NameSession::take_query() {
    // One at a time: while an answer is on its way the next question waits.
    while (!done_ && query_.empty() && client_.out.empty()) {
        const auto query = take_message(client_.in);
        if (!query) return;
        if (query->size() < dns::kHeaderSize) return close();
        if (const auto own = answer_(*query)) {
            give(*own);
        } else {
            next_ = 0;
            query_ = *query;
            ask_server(*query);
        }
    }
}

void NameSession::ask_server(const std::string& query) {
    close_end(server_);
    while (next_ < servers_.size()) {
        const ServerAddress& server = servers_[next_++];
        server_.socket.reset(
            ::socket(server.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const bool begun = server_.socket &&
                           (::connect(server_.socket.get(),
                                      reinterpret_cast<const sockaddr*>(&server.address), server.size) == 0 ||
                            errno == EINPROGRESS);
        if (begun && loop_.add(server_.socket.get(), EPOLLIN | EPOLLOUT, server_)) {
            server_.out = with_length(query);
            return;
        }
        server_.socket.reset();
    }
    query_.clear();
    give(dns::empty_answer(query, dns::Rcode::server_failure));
}

void NameSession::take_answer() {
    const auto answer = take_message(server_.in);
    if (!answer || query_.empty()) return;
    const bool right = dns::answers(*answer, query_);
    const std::string query = std::exchange(query_, {});
    close_end(server_);
    give(right ? *answer : dns::empty_answer(query, dns::Rcode::server_failure));
    take_query();
}

void NameSession::give(std::string_view answer) {
    client_.out += with_length(answer);
    if (!write_to(client_)) close();
}

void NameSession::watch(End& end) {
    const std::uint32_t in = end.over ? 0U : static_cast<std::uint32_t>(EPOLLIN);
    loop_.change(end.socket.get(), in | (end.out.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT)), end);
}

void NameSession::close_end(End& end) {
    if (end.socket) loop_.remove(end.socket.get());
    end.socket.reset();
    end.in.clear();
    end.out.clear();
    end.over = false;
}

void NameSession::close() {
    patience_.cancel();
    close_end(client_);
    close_end(server_);
    done_ = true;
}

} // namespace rt::shim
