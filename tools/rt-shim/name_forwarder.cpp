// SPDX-License-Identifier: Apache-2.0
#include "name_forwarder.hpp"

#include "dns_message.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstring>

namespace rt::shim {
namespace {

constexpr std::size_t kMostQueries = 256; // a socket each; the shim needs descriptors for others too
constexpr std::int64_t kAnswerLimit = 2'000'000'000; // ns, with each server
constexpr std::size_t kLongestAnswer = 65535;
constexpr std::uint16_t kNamePort = 53;

} // namespace

bool ServerAddress::parse(const std::string& text, ServerAddress& out) {
    sockaddr_in ipv4{};
    sockaddr_in6 ipv6{};
    if (::inet_pton(AF_INET, text.c_str(), &ipv4.sin_addr) == 1) {
        ipv4.sin_family = AF_INET;
        ipv4.sin_port = htons(kNamePort);
        std::memcpy(&out.address, &ipv4, sizeof ipv4);
        out.size = sizeof ipv4;
    } else if (::inet_pton(AF_INET6, text.c_str(), &ipv6.sin6_addr) == 1) {
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = htons(kNamePort);
        std::memcpy(&out.address, &ipv6, sizeof ipv6);
        out.size = sizeof ipv6;
    } else {
        return false;
    }
    return true;
}

class NameForwarder::Query final : EventLoop::Handler {
public:
    Query(NameForwarder& owner, std::string_view text, OnAnswer on_answer)
        : owner_(owner), text_(text), on_answer_(std::move(on_answer)),
          patience_(owner.loop_, [this] { ask_next(); }) {}
    ~Query() { close(); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    void ask_next() {
        close();
        while (next_ < owner_.servers_.size())
            if (send_to(owner_.servers_[next_++])) return patience_.arm(kAnswerLimit);
        finish({});
    }
    void cancel() {
        close();
        done_ = true;
    }
    [[nodiscard]] bool is_done() const { return done_; }

private:
    bool send_to(const ServerAddress& server) {
        socket_.reset(::socket(server.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        // Connected: only that server's answers are seen.
        const bool sent =
            socket_ &&
            ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&server.address), server.size) == 0 &&
            ::send(socket_.get(), text_.data(), text_.size(), MSG_NOSIGNAL) >= 0 &&
            owner_.loop_.add(socket_.get(), EPOLLIN, *this);
        if (!sent) socket_.reset();
        return sent;
    }

    void on_events(std::uint32_t /*events*/) override {
        if (done_) return;
        std::string answer(kLongestAnswer, '\0');
        const ssize_t size = ::recv(socket_.get(), answer.data(), answer.size(), 0);
        if (size < 0) { // nobody listens there
            if (errno != EAGAIN && errno != EINTR) ask_next();
            return;
        }
        answer.resize(static_cast<std::size_t>(size));
        if (dns::answers(answer, text_)) finish(answer); // else somebody's attempt to be quicker
    }

    void finish(std::string_view answer) {
        cancel();
        on_answer_(answer);
    }

    void close() {
        patience_.cancel();
        if (socket_) owner_.loop_.remove(socket_.get());
        socket_.reset();
    }

    NameForwarder& owner_;
    std::string text_;
    OnAnswer on_answer_;
    Timer patience_;
    UniqueFd socket_;
    std::size_t next_ = 0; // server
    bool done_ = false;
};

bool NameForwarder::ask(std::string_view query, OnAnswer on_answer) {
    if (servers_.empty() || queries_.size() >= kMostQueries) return false;
    queries_.push_back(std::make_unique<Query>(*this, query, std::move(on_answer)));
    queries_.back()->ask_next();
    return true;
}

void NameForwarder::sweep() {
    std::erase_if(queries_, [](const auto& query) { return query->is_done(); });
}

NameForwarder::NameForwarder(EventLoop& loop) : loop_(loop) {}
NameForwarder::~NameForwarder() = default;

void NameForwarder::forget() {
    for (const auto& query : queries_) query->cancel(); // gone with the next sweep
}

} // namespace rt::shim
