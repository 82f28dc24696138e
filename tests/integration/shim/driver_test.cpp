// SPDX-License-Identifier: Apache-2.0
// What the shim passes on to its driver: pause, resume, stats, update, processes.
#include "core/base/clock.hpp"
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"

#include <nlohmann/json.hpp>

#include <signal.h>

#include <optional>

namespace rt::test {
namespace {

class ShimDriverTest : public ShimTest {
protected:
    [[nodiscard]] bool says_paused() const {
        return std::filesystem::exists(directory() / shim::kPausedName);
    }
};

TEST_F(ShimDriverTest, PausesAndResumesAndSaysSo) {
    ShimContainer container = shell("while read x; do echo $x; done");
    container.open_stdin = true;
    ShimClient client = run(container, true);
    ShimClient other = connect();
    ASSERT_TRUE(other.pause(operation_));
    EXPECT_TRUE(says_paused());
    EXPECT_TRUE(other.state()->paused);
    EXPECT_EQ(other.pause(operation_).error().code, Code::failed_precondition);
    const ShimExec exec{"a", R"({"args": ["/bin/true"]})"};
    EXPECT_EQ(connect().exec(operation_, exec, ShimClient::Attach::none).error().code,
              Code::failed_precondition);
    ASSERT_TRUE(client.write("word\n"));
    ASSERT_TRUE(other.resume(operation_));
    EXPECT_FALSE(says_paused());
    EXPECT_FALSE(other.state()->paused);
    EXPECT_EQ(other.resume(operation_).error().code, Code::failed_precondition);
    expect_output(client, "word");
    ASSERT_TRUE(client.close_stdin());
    EXPECT_EQ(collect(client).exit.exit_code, 0);
}

TEST_F(ShimDriverTest, StandsStillNoLongerThanWhoeverWantsItLives) {
    ShimClient client = run(shell("sleep 1000"));
    std::optional<ShimClient> stopper = connect();
    ASSERT_TRUE(stopper->stand_still(operation_));
    EXPECT_TRUE(says_paused());
    stopper.reset();
    EXPECT_TRUE(eventually([&] { return !says_paused(); }));
    stopper = connect();
    ASSERT_TRUE(stopper->stand_still(operation_));
    ASSERT_TRUE(stopper->go_on(operation_));
    EXPECT_FALSE(says_paused());
    ASSERT_TRUE(stopper->stand_still(operation_));
    ASSERT_TRUE(client.resume(operation_));
    ASSERT_TRUE(client.pause(operation_)); // by somebody else now, for good
    ASSERT_TRUE(stopper->go_on(operation_));
    EXPECT_TRUE(says_paused());
    stopper.reset();
    ASSERT_TRUE(client.state()); // it has seen the end of the other connection by now, which came first
    EXPECT_TRUE(says_paused());
    ASSERT_TRUE(client.resume(operation_));
}

TEST_F(ShimDriverTest, IsPausedNoMoreWhenItIsKilled) {
    ShimClient client = run(shell("sleep 1000"));
    ASSERT_TRUE(client.pause(operation_));
    ASSERT_TRUE(client.signal(operation_, SIGKILL, SignalScope::all_processes));
    EXPECT_EQ(collect(client).exit.exit_code, 137);
    EXPECT_FALSE(says_paused());
}

TEST_F(ShimDriverTest, ChecksNothingWhilePaused) {
    const Path count = temp_ / "count";
    ShimContainer container = shell("sleep 1000");
    container.health.emplace();
    container.health->interval = 5'000'000;
    container.health->process_json =
        nlohmann::json{{"args", {"/bin/sh", "-c", cat("echo x >>'", count.native(), "'")}}}.dump();
    ShimClient client = run(container);
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(count); }));
    ASSERT_TRUE(client.pause(operation_));
    const std::string health = client.state()->health;
    // Some intervals of the loop's time, in which it answers.
    for (const std::int64_t end = monotonic_ns() + 30'000'000; monotonic_ns() < end;)
        ASSERT_TRUE(client.stats(operation_));
    EXPECT_EQ(client.state()->health, health);
    ASSERT_TRUE(client.resume(operation_));
    EXPECT_TRUE(eventually([&] { return client.state()->health != health; }));
}

TEST_F(ShimDriverTest, PassesOnStatsUpdateAndProcesses) {
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("sleep 1000"));
    ASSERT_TRUE(created);
    EXPECT_EQ(client.stats(operation_).error().code, Code::failed_precondition) << "it does not run yet";
    ASSERT_TRUE(client.start(operation_));
    ASSERT_TRUE(client.update(operation_, R"({"pids": {"limit": 7}})"));
    EXPECT_EQ(client.stats(operation_).value_or(""), R"({"pids": {"limit": 7}})");
    EXPECT_EQ(client.processes(operation_).value_or(std::vector<int>{}), std::vector<int>{created->pid});
}

TEST_F(ShimDriverTest, TellsThatSomethingWasKilledForWantOfMemory) {
    for (const char* kills : {"0", "2"}) {
        ShimClient client = run(shell("sleep 1000"));
        ASSERT_TRUE(client.update(operation_, cat(R"({"memory": {"oom_kills": )", kills, "}}")));
        ASSERT_TRUE(client.signal(operation_, SIGKILL, SignalScope::all_processes));
        EXPECT_EQ(collect(client).exit.oom_killed, std::string(kills) != "0");
        EXPECT_EQ((*read_exit_record(directory()))->oom_killed, std::string(kills) != "0");
        ASSERT_TRUE(client.destroy(operation_));
        ASSERT_TRUE(client.reaped());
        ASSERT_TRUE(eventually([&] { return !shim_is_alive(directory()); }));
    }
}

} // namespace
} // namespace rt::test
