// SPDX-License-Identifier: Apache-2.0
#include "tools/rt-shim/dns_message.hpp"
#include "tools/rt-shim/name_session.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <vector>

namespace rt::shim {
namespace {

std::string question(char id) {
    const std::string message =
        std::string("\0", 1) + id + std::string("\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 17);
    return std::string{'\0', static_cast<char>(message.size())} + message;
}

// A name server that takes connections and hangs up, at a port of the kernel's choice.
class RudeServer final : public EventLoop::Handler {
public:
    explicit RudeServer(EventLoop& loop)
        : loop_(loop), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        place.size = sizeof address;
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd_.get(), 4), 0);
        EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&place.address), &place.size), 0);
        EXPECT_TRUE(loop_.add(fd_.get(), EPOLLIN, *this));
    }
    ~RudeServer() { loop_.remove(fd_.get()); }
    RudeServer(const RudeServer&) = delete;
    RudeServer& operator=(const RudeServer&) = delete;
    void on_events(std::uint32_t) override {
        ::close(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ++hung_up;
    }

    ServerAddress place;
    int hung_up = 0;

private:
    EventLoop& loop_;
    UniqueFd fd_;
};

// A client that has asked two questions at once, of a session whose name server is rude.
class NameSessionTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(loop_.open());
        server_.emplace(loop_);
        servers_.push_back(server_->place);
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
        client_.reset(ends[1]);
        session_.emplace(
            loop_, UniqueFd(ends[0]), [](std::string_view) { return std::optional<std::string>(); },
            servers_);
        ASSERT_EQ(::write(client_.get(), both_.data(), both_.size()), static_cast<ssize_t>(both_.size()));
    }
    // Until all answers are there, or the session hangs up. How often the loop turned.
    int read_answers(bool to_the_end) {
        Timer too_late(loop_, [&] { loop_.stop(); });
        too_late.arm(5'000'000'000); // the session itself gives up after ten seconds
        int turns = 0;
        loop_.run(
            [&] {
                std::array<char, 512> piece{};
                const ssize_t size = ::read(client_.get(), piece.data(), piece.size());
                if (size > 0) answers_.append(piece.data(), static_cast<std::size_t>(size));
                ++turns;
                if (size == 0 || (!to_the_end && answers_.size() >= both_.size())) loop_.stop();
            },
            [] {});
        return turns;
    }

    EventLoop loop_;
    std::optional<RudeServer> server_;
    std::vector<ServerAddress> servers_;
    UniqueFd client_;
    std::optional<NameSession> session_;
    const std::string both_ = question(1) + question(2);
    std::string answers_;
};

TEST_F(NameSessionTest, AQuestionBehindOneThatNobodyAnswersIsSeenTo) {
    read_answers(false);
    ASSERT_EQ(answers_.size(), both_.size());
    EXPECT_EQ(server_->hung_up, 2);
    for (const std::size_t at : {std::size_t{0}, both_.size() / 2}) {
        EXPECT_EQ(answers_[at + 3], at == 0 ? 1 : 2) << "the id";
        EXPECT_EQ(answers_[at + 5] & 0x0f, static_cast<int>(dns::Rcode::server_failure));
    }
}

// As `dig +tcp` may, and whoever sends all its questions first.
TEST_F(NameSessionTest, WhoeverHasAskedAndHungUpHalfGetsItsAnswers) {
    ASSERT_EQ(::shutdown(client_.get(), SHUT_WR), 0);
    const int turns = read_answers(true);
    EXPECT_EQ(answers_.size(), both_.size());
    EXPECT_TRUE(session_->is_done());
    EXPECT_LT(turns, 50) << "an end that is over is no event";
}

} // namespace
} // namespace rt::shim
