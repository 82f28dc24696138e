// SPDX-License-Identifier: Apache-2.0
// The life of a container in its shim, from launch to the last word.
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt::test {
namespace {

TEST_F(ShimTest, RunsAProgramFromLaunchToReaped) {
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("echo out; echo err >&2; exit 3"));
    ASSERT_TRUE(created.has_value()) << created.error().message;
    EXPECT_GT(created->pid, 0);
    EXPECT_TRUE(created->netns);
    EXPECT_TRUE(created->warnings.empty());
    ASSERT_TRUE(client.attach(false));
    ASSERT_TRUE(client.start(operation_));

    const Collected all = collect(client);
    EXPECT_EQ(all.out, "out\n");
    EXPECT_EQ(all.error, "err\n");
    ASSERT_TRUE(all.exited);
    EXPECT_EQ(all.exit.exit_code, 3);

    const auto record = read_exit_record(directory());
    ASSERT_TRUE(record && *record);
    EXPECT_EQ((*record)->exit_code, 3);
    EXPECT_EQ((*record)->finished_at, all.exit.finished_at);
    EXPECT_EQ((*record)->log_lines_lost, 0U);

    EXPECT_TRUE(shim_is_alive(directory()));
    ASSERT_TRUE(client.reaped());
    EXPECT_TRUE(eventually([&] { return !shim_is_alive(directory()); }));
    EXPECT_FALSE(std::filesystem::exists(directory() / shim::kSocketName));
    EXPECT_FALSE(std::filesystem::exists(directory() / shim::kPidName));
    EXPECT_FALSE(std::filesystem::exists(directory() / shim::kLogName)) << "there was nothing to say";
    EXPECT_EQ(reaper_runs(), 0U);
}

TEST_F(ShimTest, TellsTheSignalThatEndedTheProgramAs128PlusItsNumber) {
    ShimClient client = run(shell("kill -9 $$"));
    EXPECT_EQ(collect(client).exit.exit_code, 137);
}

TEST_F(ShimTest, SendsSignals) {
    ShimClient client = run(shell("trap 'exit 42' USR1; echo ready; while :; do sleep 0.01; done"));
    expect_output(client, "ready");
    ASSERT_TRUE(client.signal(operation_, SIGUSR1, SignalScope::first_process));
    EXPECT_EQ(collect(client).exit.exit_code, 42);
    const auto late = client.signal(operation_, SIGUSR1, SignalScope::first_process);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Code::failed_precondition);
}

TEST_F(ShimTest, SaysThatAProgramIsMissing) {
    ShimClient client = launch();
    ASSERT_TRUE(client.create(operation_, program({"/no/such/program"})));
    const auto started = client.start(operation_);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::not_found);
    ASSERT_TRUE(client.destroy(operation_));
    const auto record = read_exit_record(directory());
    EXPECT_TRUE(record && !*record) << "it never ran";
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimTest, HandsBackTheDriversCodesUnchanged) {
    annotations_ = R"({"fake.fail-create": "5"})";
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("true"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::permission_denied);
    annotations_ = R"({"fake.fail-start": "8"})";
    ASSERT_TRUE(client.create(operation_, shell("true"))) << "after a failure it can be tried again";
    const auto started = client.start(operation_);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::resource_exhausted);
}

TEST_F(ShimTest, BringsTheDriversWarningsToWhoCreates) {
    annotations_ = R"({"fake.warn": "less than asked for"})";
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("true"));
    ASSERT_TRUE(created);
    ASSERT_EQ(created->warnings.size(), 1U);
    EXPECT_NE(created->warnings[0].find("less than asked for"), std::string::npos);
}

TEST_F(ShimTest, SaysWhyItsDriverDoesNotLoad) {
    launch_.isolation.config_json = R"({"broken": true})";
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("true"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::invalid_argument);
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimTest, LaunchNamesAProgramThatIsNotThere) {
    launch_.program = "/no/such/shim";
    const auto client = ShimClient::launch(launch_);
    ASSERT_FALSE(client);
    EXPECT_EQ(client.error().code, Code::not_found);
}

TEST_F(ShimTest, RefusesStepsOutOfOrder) {
    ShimClient client = launch();
    const auto early = client.start(operation_);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, Code::failed_precondition);
    const auto nothing = client.signal(operation_, SIGTERM, SignalScope::first_process);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, Code::not_found);
    EXPECT_TRUE(client.destroy(operation_)) << "there is nothing to destroy";
    ASSERT_TRUE(client.create(operation_, shell("sleep 1000")));
    const auto twice = client.create(operation_, shell("true"));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Code::already_exists);
    ASSERT_TRUE(client.start(operation_));
    const auto reaped = client.reaped();
    ASSERT_FALSE(reaped);
    EXPECT_EQ(reaped.error().code, Code::failed_precondition);
    ASSERT_TRUE(client.destroy(operation_));
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimTest, TellsTheExitToWhoWatchesAlsoAfterwards) {
    ShimClient client = run(shell("read line; exit 5")); // its stdin is /dev/null
    ShimClient watcher = connect();
    ASSERT_TRUE(watcher.watch_exit());
    EXPECT_EQ(collect(watcher).exit.exit_code, 5);
    ShimClient late = connect();
    ASSERT_TRUE(late.watch_exit());
    EXPECT_EQ(collect(late).exit.exit_code, 5);
    ShimClient attached = connect();
    ASSERT_TRUE(attached.attach(false));
    EXPECT_EQ(collect(attached).exit.exit_code, 5);
}

TEST_F(ShimTest, IsAliveByPidAndStartTime) {
    EXPECT_FALSE(shim_is_alive(directory()));
    EXPECT_FALSE(shim_is_alive("/no/such/directory"));
    ShimClient client = run(shell("sleep 1000"));
    EXPECT_TRUE(shim_is_alive(directory()));
    write_file(directory() / "other", "");
    std::filesystem::create_directory(temp_ / "stale");
    write_file(temp_ / "stale" / shim::kPidName, cat("pid ", ::getpid(), "\nstart 1\n"));
    EXPECT_FALSE(shim_is_alive(temp_ / "stale")) << "the pid was given out again";
    write_file(temp_ / "stale" / shim::kPidName, "gibberish");
    EXPECT_FALSE(shim_is_alive(temp_ / "stale"));
}

TEST_F(ShimTest, KeepsItsFilesToRoot) {
    ShimClient client = run(shell("sleep 1000"));
    for (const char* name : {shim::kSocketName, shim::kPidName}) {
        struct stat status{};
        ASSERT_EQ(::stat((directory() / name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
    }
}

TEST_F(ShimTest, WorksInADirectoryWhosePathIsTooLongForASocket) {
    directory_ = temp_ / std::string(120, 'd');
    std::filesystem::create_directory(directory_);
    launch_.directory = directory_;
    ShimClient client = run(shell("exit 9"));
    ShimClient other = connect();
    ASSERT_TRUE(other.watch_exit());
    EXPECT_EQ(collect(other).exit.exit_code, 9);
}

TEST_F(ShimTest, ConnectTellsNoSocketFromADeadShim) {
    const auto none = ShimClient::connect(directory());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::not_found);
    ShimClient client = run(shell("sleep 1000"));
    const pid_t pid = shim_pid();
    ASSERT_TRUE(client.destroy(operation_));
    ::kill(pid, SIGKILL);
    EXPECT_EQ(collect(client).exited, true);
    ASSERT_TRUE(eventually([&] { return !shim_is_alive(directory()); }));
    const auto dead = ShimClient::connect(directory());
    ASSERT_FALSE(dead);
    EXPECT_EQ(dead.error().code, Code::not_found);
    // A shim of the same container takes over the socket that was left.
    ShimClient next = run(shell("exit 4"));
    EXPECT_EQ(collect(next).exit.exit_code, 4);
}

TEST_F(ShimTest, DoesNotTakeTheDirectoryOfAShimThatLives) {
    ShimClient client = run(shell("sleep 1000"));
    ShimLaunch again = launch_;
    auto second = ShimClient::launch(again);
    ASSERT_TRUE(second);
    const auto created = second->create(operation_, shell("true"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::already_exists);
    second = fail(Code::cancelled, "its launcher dies");
    EXPECT_EQ(reaper_runs(), 0U);
    EXPECT_TRUE(shim_is_alive(directory()));
    EXPECT_TRUE(connect().watch_exit());
}

TEST_F(ShimTest, IgnoresTheSignalsOfTerminalsAndShutdownsButItsContainerDoesNot) {
    ShimClient client = run(shell("echo ready; grep -E 'Sig(Blk|Ign)' /proc/self/status; sleep 1000"));
    expect_output(client, "SigIgn:\t0000000000000000");
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE})
        ASSERT_EQ(::kill(shim_pid(), number), 0);
    EXPECT_TRUE(connect().watch_exit());
    ASSERT_TRUE(client.signal(operation_, SIGTERM, SignalScope::all_processes));
    EXPECT_EQ(collect(client).exit.exit_code, 143);
}

TEST_F(ShimTest, RefusesALaunchWithoutAReaper) {
    launch_.reaper_command.clear();
    ShimClient client = launch();
    const auto created = client.create(operation_, shell("true"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::invalid_argument);
    ASSERT_TRUE(client.give_up_lease());
    EXPECT_EQ(client.next()->kind, ShimEvent::Kind::closed) << "it does not stay where nobody can reap";
}

#ifndef RT_SANITIZED // which takes far more
TEST_F(ShimTest, TakesLessThanOneMegabyteOfItsOwn) {
    ShimClient client = run(shell("seq 1 100000; echo over; sleep 1000"));
    expect_output(client, "over");
    // Not "Private_*": that counts the program file's pages as long as this is the only shim.
    const auto private_kilobytes = [&] {
        const std::string rollup = read_file(cat("/proc/", shim_pid(), "/smaps_rollup"));
        const std::string_view key = "Anonymous:";
        return std::stol(rollup.substr(rollup.find(key) + key.size()));
    };
    // Also after it had much to do: what that took is given back.
    EXPECT_TRUE(eventually([&] { return private_kilobytes() < 1024; })) << private_kilobytes() << " kB";
}
#endif

TEST_F(ShimTest, PassesOnADeadlineAndACancellation) {
    ShimClient client = launch();
    ASSERT_TRUE(client.create({.id = "test", .deadline_ns = 1LL << 62U}, shell("exit 0")));
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const UniqueFd reading(pipe[0]);
    UniqueFd writing(pipe[1]);
    writing.reset(); // cancelled from the start: the fake does not look at it and goes on
    EXPECT_TRUE(client.start({.id = "test", .deadline_ns = 0, .cancel_fd = reading.get()}));
}

} // namespace
} // namespace rt::test
