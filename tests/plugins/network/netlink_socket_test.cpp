// SPDX-License-Identifier: Apache-2.0
// Dumps, with a kernel that answers as the test says.
#include "plugins/network/bridge/netlink_socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <thread>

namespace rt::bridge {
namespace {

struct Part {
    std::uint16_t type;
    std::uint16_t flags;
    std::uint32_t value; // the payload; of NLMSG_ERROR the error
};
using Round = std::vector<Part>; // what one request is answered with, each part in a datagram

constexpr std::uint16_t kItem = NLMSG_MIN_TYPE;
constexpr std::uint16_t kInterrupted = NLM_F_MULTI | NLM_F_DUMP_INTR;

class Kernel {
public:
    explicit Kernel(std::vector<Round> rounds) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        client_.reset(ends[0]);
        end_.reset(ends[1]);
        thread_ = std::thread([this, all = std::move(rounds)] {
            for (const Round& round : all)
                if (!answer(round)) return;
        });
    }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    ~Kernel() {
        ::shutdown(end_.get(), SHUT_RDWR);
        thread_.join();
    }
    sdk::UniqueFd client() { return std::move(client_); }
    [[nodiscard]] int requests() const { return requests_; }

private:
    bool answer(const Round& round) {
        std::array<char, 4096> request{};
        if (::recv(end_.get(), request.data(), request.size(), 0) <= 0) return false;
        ++requests_;
        for (const Part& part : round) {
            std::array<char, 256> buffer{};
            nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
            message->nlmsg_type = part.type;
            message->nlmsg_flags = part.flags;
            message->nlmsg_seq = reinterpret_cast<const nlmsghdr*>(request.data())->nlmsg_seq;
            if (part.type == NLMSG_ERROR)
                static_cast<nlmsgerr*>(mnl_nlmsg_put_extra_header(message, sizeof(nlmsgerr)))->error =
                    -static_cast<int>(part.value);
            else
                *static_cast<std::uint32_t*>(mnl_nlmsg_put_extra_header(message, 4)) = part.value;
            EXPECT_EQ(::send(end_.get(), buffer.data(), message->nlmsg_len, MSG_NOSIGNAL),
                      static_cast<ssize_t>(message->nlmsg_len));
        }
        return true;
    }

    sdk::UniqueFd client_, end_;
    std::atomic<int> requests_ = 0;
    std::thread thread_;
};

sdk::Result<std::vector<std::uint32_t>> dump(Kernel& kernel) {
    NetlinkSocket socket = NetlinkSocket::over(kernel.client());
    Batch request;
    request.begin(kItem, NLM_F_DUMP);
    std::vector<std::uint32_t> values;
    RT_TRY(socket.dump(request, "list", [&](const nlmsghdr* message) {
        values.push_back(*static_cast<const std::uint32_t*>(mnl_nlmsg_get_payload(message)));
    }));
    return values;
}

TEST(NetlinkDump, GivesEveryPartInItsOrder) {
    Kernel kernel({{{kItem, NLM_F_MULTI, 1}, {kItem, NLM_F_MULTI, 2}, {NLMSG_DONE, NLM_F_MULTI, 0}}});
    EXPECT_EQ(dump(kernel), (std::vector<std::uint32_t>{1, 2}));
}

TEST(NetlinkDump, IsRepeatedWhenWhatIsListedChanges) {
    Kernel kernel({{{kItem, NLM_F_MULTI, 1}, {kItem, kInterrupted, 2}, {NLMSG_DONE, NLM_F_MULTI, 0}},
                   {{kItem, NLM_F_MULTI, 3}, {NLMSG_DONE, kInterrupted, 0}},
                   {{kItem, NLM_F_MULTI, 4}, {NLMSG_DONE, NLM_F_MULTI, 0}}});
    EXPECT_EQ(dump(kernel), (std::vector<std::uint32_t>{4}));
    EXPECT_EQ(kernel.requests(), 3);
}

TEST(NetlinkDump, GivesUpWhenItNeverHoldsStill) {
    Kernel kernel(std::vector<Round>(100, {{kItem, kInterrupted, 1}, {NLMSG_DONE, kInterrupted, 0}}));
    const auto values = dump(kernel);
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().code, sdk::Code::unavailable);
}

TEST(NetlinkDump, FailsWithTheKernelsError) {
    Kernel kernel({{{NLMSG_ERROR, 0, ENOENT}}});
    const auto values = dump(kernel);
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().sys_errno, ENOENT);
}

} // namespace
} // namespace rt::bridge
