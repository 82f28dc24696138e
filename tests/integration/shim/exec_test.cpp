// SPDX-License-Identifier: Apache-2.0
// Further processes in a running container: stdio of their own, signals, ends, and what is remembered of
// them.
#include "integration/shim/shim_fixture.hpp"

#include <nlohmann/json.hpp>

#include <signal.h>

#include <algorithm>

namespace rt::test {
namespace {

class ShimExecTest : public ShimTest {
protected:
    static ShimExec exec(std::string id, const std::vector<std::string>& arguments, bool terminal = false) {
        ShimExec exec;
        exec.id = std::move(id);
        exec.process_json = nlohmann::json{{"args", arguments}, {"terminal", terminal}}.dump();
        exec.terminal = terminal;
        return exec;
    }
    static ShimExec shell_exec(std::string id, const std::string& script, bool terminal = false) {
        return exec(std::move(id), {"/bin/sh", "-c", script}, terminal);
    }
    // On a connection of its own.
    ShimClient start(const ShimExec& exec, ShimClient::Attach attach = ShimClient::Attach::output) {
        ShimClient client = connect();
        const auto pid = client.exec(operation_, exec, attach);
        if (!pid) throw std::runtime_error(pid.error().message);
        EXPECT_GT(*pid, 0);
        return client;
    }
    std::optional<ShimExecState> state_of(const std::string& id) {
        auto state = connect().state();
        if (!state) return std::nullopt;
        const auto found = std::ranges::find(state->execs, id, &ShimExecState::id);
        return found == state->execs.end() ? std::nullopt : std::optional(*found);
    }
    ShimClient main_ = run(shell("sleep 1000"));
};

TEST_F(ShimExecTest, TellsBothStreamsAndThenTheExit) {
    ShimClient client = start(shell_exec("a", "echo out; echo err >&2; exit 7"));
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "out\n");
    EXPECT_EQ(all.error, "err\n");
    ASSERT_TRUE(all.exited);
    EXPECT_EQ(all.exit.exit_code, 7);
    EXPECT_EQ(log(), "") << "the log is the container's own";
}

TEST_F(ShimExecTest, LosesNothingOfMuchOutputThatIsReadSlowly) {
    ShimClient client = start(shell_exec("a", "head -c 5000000 /dev/zero; echo end >&2"));
    const auto first = client.next();
    ASSERT_TRUE(first && first->kind == ShimEvent::Kind::output);
    ASSERT_TRUE(eventually([&] { return connect().state().has_value(); })) << "others are served meanwhile";
    const Collected all = collect(client);
    EXPECT_EQ(first->data.size() + all.out.size(), 5'000'000U);
    EXPECT_EQ(all.exit.exit_code, 0);
}

TEST_F(ShimExecTest, PassesStdinAndItsEnd) {
    ShimExec cat = exec("a", {"/bin/cat"});
    cat.open_stdin = true;
    ShimClient client = start(cat, ShimClient::Attach::output_and_input);
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.write(piece));
    ASSERT_TRUE(client.close_stdin());
    const Collected all = collect(client);
    EXPECT_EQ(all.out.size(), 2'000'000U);
    EXPECT_EQ(all.exit.exit_code, 0);
}

TEST_F(ShimExecTest, GivesATerminalThatCanBeResized) {
    ShimClient client =
        start(shell_exec("a", "read x; stty size", true), ShimClient::Attach::output_and_input);
    ASSERT_TRUE(client.resize(44, 99));
    ASSERT_TRUE(client.write("go\n"));
    const Collected all = collect(client);
    EXPECT_NE(all.out.find("44 99\r\n"), std::string::npos) << all.out;
}

TEST_F(ShimExecTest, SignalsItsProcessAndNotTheContainer) {
    ShimClient client =
        start(shell_exec("a", "trap 'echo got; exit 3' TERM; echo ready; while :; do sleep 0.01; done"));
    expect_output(client, "ready");
    ASSERT_TRUE(client.signal(operation_, SIGTERM, SignalScope::first_process));
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "got\n");
    EXPECT_EQ(all.exit.exit_code, 3);
    EXPECT_EQ(client.signal(operation_, SIGTERM, SignalScope::first_process).error().code,
              Code::failed_precondition)
        << "what comes after its end does not reach the container";
    EXPECT_EQ(connect().state()->phase, "running");
}

TEST_F(ShimExecTest, RunsSeveralAtOnce) {
    std::vector<ShimClient> clients;
    for (int i = 0; i < 20; ++i) {
        ShimExec one = shell_exec(cat("e", i), cat("read x; echo ", i, "; exit ", i));
        one.open_stdin = true;
        clients.push_back(start(one, ShimClient::Attach::output_and_input));
    }
    for (int i = 19; i >= 0; --i) {
        ShimClient& client = clients[static_cast<std::size_t>(i)];
        ASSERT_TRUE(client.write("\n"));
        const Collected all = collect(client);
        EXPECT_EQ(all.out, cat(i, "\n"));
        EXPECT_EQ(all.exit.exit_code, i);
    }
}

TEST_F(ShimExecTest, SaysThatThereIsNoSuchProgram) {
    ShimClient client = connect();
    const auto pid = client.exec(operation_, exec("a", {"/no/such/program"}), ShimClient::Attach::output);
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, Code::not_found);
    EXPECT_FALSE(state_of("a")) << "it never was";
}

TEST_F(ShimExecTest, GoesOnWithoutItsClient) {
    {
        ShimClient client = start(shell_exec("a", "yes | head -c 3000000; exit 9"));
    }
    ASSERT_TRUE(eventually([&] {
        const auto state = state_of("a");
        return state && !state->running;
    }));
    EXPECT_EQ(state_of("a")->exit_code, 9);
}

TEST_F(ShimExecTest, EndsTheStdinOfOneWhoseClientGoes) {
    ShimExec cat = exec("a", {"/bin/cat"});
    cat.open_stdin = true;
    {
        ShimClient client = start(cat, ShimClient::Attach::output_and_input);
    }
    EXPECT_TRUE(eventually([&] {
        const auto state = state_of("a");
        return state && !state->running;
    }));
}

TEST_F(ShimExecTest, TellsTheExitOfADetachedOneToWhoStays) {
    ShimClient client = start(shell_exec("a", "echo lost; exit 4"), ShimClient::Attach::none);
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "");
    EXPECT_EQ(all.exit.exit_code, 4);
}

TEST_F(ShimExecTest, DoesNotWaitLongForWhatItLeavesInTheBackground) {
    ShimClient client = start(shell_exec("a", "sleep 987 & echo $!"));
    const Collected all = collect(client);
    EXPECT_EQ(all.exit.exit_code, 0);
    ASSERT_FALSE(all.out.empty());
    EXPECT_EQ(::kill(std::stoi(all.out), SIGKILL), 0) << "it goes on";
}

TEST_F(ShimExecTest, RemembersTheLastOnes) {
    for (int i = 0; i < 70; ++i) {
        ShimClient client = start(exec(cat("e", i), {"/bin/true"}));
        ASSERT_TRUE(collect(client).exited);
    }
    EXPECT_FALSE(state_of("e5"));
    ASSERT_TRUE(state_of("e6"));
    EXPECT_EQ(connect().state()->execs.size(), 64U);
    EXPECT_EQ(connect().exec(operation_, exec("e69", {"/bin/true"}), ShimClient::Attach::none).error().code,
              Code::already_exists);
}

TEST_F(ShimExecTest, IsRefusedOnAConnectionThatFollowsTheContainer) {
    const auto pid = main_.exec(operation_, exec("a", {"/bin/true"}), ShimClient::Attach::output);
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, Code::failed_precondition);
}

TEST_F(ShimExecTest, NeedsAContainerThatRuns) {
    ASSERT_TRUE(main_.signal(operation_, SIGKILL, SignalScope::all_processes));
    ASSERT_TRUE(collect(main_).exited);
    const auto pid = connect().exec(operation_, exec("a", {"/bin/true"}), ShimClient::Attach::output);
    ASSERT_FALSE(pid);
    EXPECT_EQ(pid.error().code, Code::failed_precondition);
}

} // namespace
} // namespace rt::test
