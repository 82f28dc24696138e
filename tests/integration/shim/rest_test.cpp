// SPDX-License-Identifier: Apache-2.0
// A container that is started again in the shim that it had.
#include "integration/shim/shim_fixture.hpp"

#include <fcntl.h>
#include <signal.h>

namespace rt::test {
namespace {

constexpr std::int64_t kLong = 3'600'000'000'000; // ns

class ShimRestTest : public ShimTest {
protected:
    // The first run, to its end, cleaned up, and the shim at rest.
    ShimClient rested(std::int64_t delay_ns) {
        ShimClient client = run(shell("echo one; exit 3"));
        EXPECT_EQ(collect(client).exit.exit_code, 3);
        EXPECT_TRUE(client.destroy(operation_));
        EXPECT_TRUE(client.rest(delay_ns));
        return client;
    }
};

TEST_F(ShimRestTest, StaysWithoutLeaseAndRunsNothingBeforeTheDelay) {
    const ShimClient client = rested(kLong);
    EXPECT_EQ(connect().state()->phase, "resting");
    EXPECT_TRUE(shim_is_alive(directory()));
    EXPECT_EQ(reaper_runs(), 0U);
    EXPECT_EQ((*read_exit_record(directory()))->exit_code, 3) << "until it is started again";
}

TEST_F(ShimRestTest, RunsTheReaperAfterTheDelay) {
    const ShimClient client = rested(20'000'000);
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimRestTest, RunsASecondContainerAsTheFirst) {
    const pid_t shim = (rested(kLong), shim_pid());
    ShimClient again = connect();
    ASSERT_TRUE(again.take_lease());
    const auto netns = again.make_network_namespace(operation_);
    ASSERT_TRUE(netns) << netns.error().message;
    EXPECT_GE(::fcntl(netns->get(), F_GETFD), 0);
    ASSERT_TRUE(again.create(operation_, shell("echo two; exit 5")));
    EXPECT_FALSE(*read_exit_record(directory())) << "that was of the run before";
    ASSERT_TRUE(again.attach_and_start(operation_, ShimClient::Attach::output));
    const Collected all = collect(again);
    EXPECT_EQ(all.out, "two\n");
    EXPECT_EQ(all.exit.exit_code, 5);
    EXPECT_EQ((*read_exit_record(directory()))->exit_code, 5);
    EXPECT_NE(log().find("one"), std::string::npos) << "the log goes on";
    EXPECT_NE(log().find("two"), std::string::npos);
    EXPECT_EQ(shim_pid(), shim);
    ASSERT_TRUE(again.destroy(operation_));
    ASSERT_TRUE(again.reaped());
    EXPECT_TRUE(eventually([&] { return !shim_is_alive(directory()); }));
}

TEST_F(ShimRestTest, TellsEachExitToWhoWatches) {
    ShimClient first = run(shell("exit 3"));
    ShimClient watcher = connect();
    ASSERT_TRUE(watcher.watch_exit());
    EXPECT_EQ(collect(watcher).exit.exit_code, 3);
    (void)collect(first);
    ASSERT_TRUE(first.destroy(operation_));
    ASSERT_TRUE(first.rest(kLong));
    ASSERT_TRUE(first.take_lease());
    ASSERT_TRUE(first.create(operation_, shell("exit 4")));
    ASSERT_TRUE(first.start(operation_));
    EXPECT_EQ(collect(watcher).exit.exit_code, 4);
}

TEST_F(ShimRestTest, RunsTheReaperAtOnceWhenTheOneThatStartsItAgainDies) {
    const ShimClient first = rested(kLong);
    {
        ShimClient again = connect();
        ASSERT_TRUE(again.take_lease());
        ASSERT_TRUE(again.make_network_namespace(operation_));
        ASSERT_TRUE(again.create(operation_, shell("true")));
    }
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
    ShimClient third = connect();
    ASSERT_TRUE(eventually([&] { return third.take_lease().has_value(); }));
    ASSERT_TRUE(third.destroy(operation_));
    ASSERT_TRUE(third.rest(kLong)) << "it can be tried once more";
    ASSERT_TRUE(third.take_lease());
    ASSERT_TRUE(third.make_network_namespace(operation_));
    ASSERT_TRUE(third.make_network_namespace(operation_)) << "the one that was not taken goes first";
    ASSERT_TRUE(third.create(operation_, shell("exit 6")));
    ASSERT_TRUE(third.watch_exit());
    ASSERT_TRUE(third.start(operation_));
    EXPECT_EQ(collect(third).exit.exit_code, 6);
}

TEST_F(ShimRestTest, KeepsStdinAndTerminalApartFromTheRunBefore) {
    ShimClient client = run(program({"/bin/sh", "-c", "echo one"}, true), true);
    (void)collect(client);
    ASSERT_TRUE(client.destroy(operation_));
    ASSERT_TRUE(client.rest(kLong));
    ASSERT_TRUE(client.take_lease());
    ShimContainer cat = program({"/bin/cat"});
    cat.open_stdin = true;
    ASSERT_TRUE(client.create(operation_, cat));
    ASSERT_TRUE(client.attach_and_start(operation_, ShimClient::Attach::output_and_input));
    ASSERT_TRUE(client.write("two"));
    ASSERT_TRUE(client.close_stdin());
    EXPECT_EQ(collect(client).out, "two");
}

TEST_F(ShimRestTest, IsForTheHolderOfTheLeaseAndNotWhileItRuns) {
    ShimClient client = run(shell("sleep 1000"));
    EXPECT_EQ(connect().rest(0).error().code, Code::failed_precondition);
    EXPECT_EQ(client.rest(0).error().code, Code::failed_precondition);
    EXPECT_EQ(connect().state()->phase, "running");
}

} // namespace
} // namespace rt::test
