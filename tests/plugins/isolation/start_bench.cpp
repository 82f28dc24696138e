// SPDX-License-Identifier: Apache-2.0
// How long create, start, exit and destroy of `true` take through the plugin, on an overlay with everything
// on and the network namespace made ahead. Prints quantiles. Usage: isolation_start_bench [rounds]; as root.
#include "container_fixture.hpp"
#include "support/sandbox.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace rt::test {
namespace {

int rounds = 50;

class Bench : public ContainerTest {};

TEST_F(Bench, Start) {
    use_overlay();
    using Clock = std::chrono::steady_clock;
    static constexpr const char* kNames[] = {"netns", "create", "start", "exit", "destroy", "total"};
    std::array<std::vector<double>, 6> times;
    const auto& ahead = host_->table<rtp_isolation_netns_v1>(RTP_ISOLATION_NETNS_V1);
    for (int round = 0; round < rounds; ++round) {
        std::array<Clock::time_point, 6> at;
        at[0] = Clock::now();
        rtp_error error{};
        std::int32_t netns = -1;
        ASSERT_EQ(ahead.make(host_->self(), &kCall, &netns, &error), RTP_OK) << error.message;
        ::close(netns);
        at[1] = Clock::now();
        ASSERT_EQ(create().status, RTP_OK);
        at[2] = Clock::now();
        ASSERT_EQ(start().status, RTP_OK);
        at[3] = Clock::now();
        ASSERT_EQ(wait().exit_code, 0);
        at[4] = Clock::now();
        ASSERT_EQ(destroy().status, RTP_OK);
        at[5] = Clock::now();
        const auto ms = [](auto span) { return std::chrono::duration<double, std::milli>(span).count(); };
        for (std::size_t i = 0; i < 5; ++i) times[i].push_back(ms(at[i + 1] - at[i]));
        times[5].push_back(ms(at[5] - at[0]));
        close_process();
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
        std::ranges::sort(times[i]);
        std::printf("%-8s median %7.3f ms, a tenth below %7.3f ms, least %7.3f ms\n", kNames[i],
                    times[i][times[i].size() / 2], times[i][times[i].size() / 10], times[i][0]);
    }
}

} // namespace
} // namespace rt::test

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (argc > 1) rt::test::rounds = std::max(1, std::atoi(argv[1]));
    rt::test::enter_sandbox();
    return RUN_ALL_TESTS();
}
