// SPDX-License-Identifier: Apache-2.0
// What shortens a start: a network namespace before the container, and calls in two halves.
#include "integration/shim/shim_fixture.hpp"

#include <fcntl.h>
#include <poll.h>

namespace rt::test {
namespace {

TEST_F(ShimTest, HasTheNetworkNamespaceReadyBeforeItIsAskedForAContainer) {
    launch_.make_network_namespace = true;
    ShimClient client = launch();
    const auto netns = client.network_namespace(operation_);
    ASSERT_TRUE(netns.has_value()) << netns.error().message;
    EXPECT_EQ(::fcntl(netns->get(), F_GETFD), FD_CLOEXEC);
    const auto again = client.network_namespace(operation_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Code::failed_precondition);
    const auto created = client.create(operation_, shell("exit 4"));
    ASSERT_TRUE(created);
    EXPECT_FALSE(created->netns) << "it was handed out before";
    ASSERT_TRUE(client.attach_and_start(operation_, ShimClient::Attach::output));
    EXPECT_EQ(collect(client).exit.exit_code, 4);
}

TEST_F(ShimTest, KeepsNoDescriptorOfANetworkNamespaceThatNobodyTook) {
    launch_.make_network_namespace = true;
    ShimClient client = launch();
    ASSERT_TRUE(client.create(operation_, shell("true")));
    for (const auto& entry : std::filesystem::directory_iterator(cat("/proc/", shim_pid(), "/fd"))) {
        std::error_code gone;
        EXPECT_FALSE(std::filesystem::read_symlink(entry, gone).native().starts_with("net:")) << entry;
    }
}

TEST_F(ShimTest, SaysWhyThereIsNoNetworkNamespace) {
    const auto none = launch().network_namespace(operation_);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::failed_precondition) << "launch() was not told to make one";
    EXPECT_TRUE(eventually([&] { return !shim_is_alive(directory()) || reaper_runs() > 0; }));
}

TEST_F(ShimTest, TellsTheDriversFailureToWhoeverWaitsForTheNetworkNamespace) {
    launch_.isolation.config_json = R"({"broken": true})";
    launch_.make_network_namespace = true;
    ShimClient client = launch();
    const auto netns = client.network_namespace(operation_);
    ASSERT_FALSE(netns);
    EXPECT_EQ(netns.error().code, Code::invalid_argument);
    const auto created = client.create(operation_, shell("true"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Code::invalid_argument);
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimTest, CreatesWhileItsClientDoesOtherThings) {
    launch_.make_network_namespace = true;
    ShimClient client = launch();
    ASSERT_TRUE(client.send_create(operation_, shell("echo hello; exit 5")));
    EXPECT_TRUE(client.network_namespace(operation_)) << "also while the call is under way";
    const auto created = client.receive_created();
    ASSERT_TRUE(created.has_value()) << created.error().message;
    EXPECT_GT(created->pid, 0);
    EXPECT_FALSE(client.receive_created()) << "that was it";
    ASSERT_TRUE(client.attach_and_start(operation_, ShimClient::Attach::output));
    const Collected all = collect(client);
    EXPECT_EQ(all.out, "hello\n");
    EXPECT_EQ(all.exit.exit_code, 5);
}

TEST_F(ShimTest, StartsWithoutAnOutputThatNobodyWants) {
    ShimClient client = launch();
    ASSERT_TRUE(client.create(operation_, shell("echo hello")));
    ASSERT_TRUE(client.attach_and_start(operation_, ShimClient::Attach::none));
    ASSERT_TRUE(client.watch_exit());
    const Collected all = collect(client);
    EXPECT_TRUE(all.exited);
    EXPECT_EQ(all.out, "");
    EXPECT_NE(log().find("hello"), std::string::npos);
}

TEST_F(ShimTest, AttachesItsStdinWithTheStart) {
    ShimContainer container = shell("read line; echo \"<$line>\"");
    container.open_stdin = true;
    ShimClient client = launch();
    ASSERT_TRUE(client.create(operation_, container));
    ASSERT_TRUE(client.attach_and_start(operation_, ShimClient::Attach::output_and_input));
    ASSERT_TRUE(client.write("words\n"));
    EXPECT_EQ(collect(client).out, "<words>\n");
}

TEST_F(ShimTest, KeepsEventsThatComeWhileItDestroys) {
    ShimClient client = run(shell("echo one; echo two; sleep 1000"));
    expect_output(client, "two");
    ASSERT_TRUE(client.send_destroy(operation_));
    ASSERT_TRUE(client.receive_destroyed());
    const Collected all = collect(client);
    EXPECT_TRUE(all.exited);
    EXPECT_EQ(all.exit.exit_code, 137);
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimTest, AnswersWithinADestroyThatNextHasSeenAreNotLost) {
    ShimClient client = run(shell("sleep 1000"));
    ASSERT_TRUE(client.send_destroy(operation_));
    const auto event = client.next(); // the exit comes with the answer, or before it
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->kind, ShimEvent::Kind::exit);
    EXPECT_TRUE(client.receive_destroyed());
    EXPECT_TRUE(client.reaped());
}

} // namespace
} // namespace rt::test
