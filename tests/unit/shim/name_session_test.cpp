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

TEST(NameSession, AQuestionBehindOneThatNobodyAnswersIsSeenTo) {
    EventLoop loop;
    ASSERT_TRUE(loop.open());
    RudeServer server(loop);
    const std::vector<ServerAddress> servers{server.place};
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const UniqueFd ours(ends[1]);
    NameSession session(
        loop, UniqueFd(ends[0]), [](std::string_view) { return std::optional<std::string>(); }, servers);
    const std::string both = question(1) + question(2);
    ASSERT_EQ(::write(ours.get(), both.data(), both.size()), static_cast<ssize_t>(both.size()));

    Timer too_late(loop, [&] { loop.stop(); });
    too_late.arm(5'000'000'000); // the session itself gives up after ten seconds
    std::string answers;
    loop.run(
        [&] {
            std::array<char, 512> piece{};
            if (const ssize_t size = ::read(ours.get(), piece.data(), piece.size()); size > 0)
                answers.append(piece.data(), static_cast<std::size_t>(size));
            if (answers.size() >= both.size()) loop.stop();
        },
        [] {});
    ASSERT_EQ(answers.size(), both.size());
    EXPECT_EQ(server.hung_up, 2);
    for (const std::size_t at : {std::size_t{0}, both.size() / 2}) {
        EXPECT_EQ(answers[at + 3], at == 0 ? 1 : 2) << "the id";
        EXPECT_EQ(answers[at + 5] & 0x0f, static_cast<int>(dns::Rcode::server_failure));
    }
}

// As `dig +tcp` may, and whoever sends all its questions first.
TEST(NameSession, WhoeverHasAskedAndHungUpHalfGetsItsAnswers) {
    EventLoop loop;
    ASSERT_TRUE(loop.open());
    RudeServer server(loop);
    const std::vector<ServerAddress> servers{server.place};
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const UniqueFd ours(ends[1]);
    NameSession session(
        loop, UniqueFd(ends[0]), [](std::string_view) { return std::optional<std::string>(); }, servers);
    const std::string both = question(1) + question(2);
    ASSERT_EQ(::write(ours.get(), both.data(), both.size()), static_cast<ssize_t>(both.size()));
    ASSERT_EQ(::shutdown(ours.get(), SHUT_WR), 0);

    Timer too_late(loop, [&] { loop.stop(); });
    too_late.arm(5'000'000'000);
    std::string answers;
    int turns = 0;
    loop.run(
        [&] {
            std::array<char, 512> piece{};
            const ssize_t size = ::read(ours.get(), piece.data(), piece.size());
            if (size > 0) answers.append(piece.data(), static_cast<std::size_t>(size));
            ++turns;
            if (size == 0) loop.stop();
        },
        [] {});
    EXPECT_EQ(answers.size(), both.size());
    EXPECT_TRUE(session.is_done());
    EXPECT_LT(turns, 50) << "an end that is over is no event";
}

} // namespace
} // namespace rt::shim
