// SPDX-License-Identifier: Apache-2.0
// The life of containers over the API, byte by byte.
#include "with_rtd.hpp"

#include <algorithm>
#include <csignal>
#include <sstream>
#include <sys/wait.h>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class ApiContainers : public WithRtd {
protected:
    json inspect(const std::string& id) const { return call("GET", "/containers/" + id + "/json").json(); }
};

std::string frame(char stream, const std::string& data) {
    std::string text{stream, 0, 0, 0, 0, 0, 0, static_cast<char>(data.size())};
    return text + data;
}

TEST_F(ApiContainers, AWholeLife) {
    const std::string id = create({{"Cmd", {"sleep", "100"}}}, "life");
    EXPECT_EQ(inspect("life")["State"]["Status"], "created");
    EXPECT_EQ(call("POST", "/containers/life/start").status, 204);
    EXPECT_EQ(call("POST", "/containers/life/start").status, 304);
    EXPECT_TRUE(inspect("life")["State"]["Running"]);
    const auto list = call("GET", "/containers/json").json();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["Id"], id);
    EXPECT_EQ(list[0]["Names"], json{"/life"});
    EXPECT_EQ(call("POST", "/containers/life/pause").status, 204);
    EXPECT_EQ(call("POST", "/containers/life/unpause").status, 204);
    EXPECT_EQ(call("POST", "/containers/life/rename?name=other").status, 204);
    EXPECT_EQ(call("GET", "/containers/other/top").json()["Titles"][0], "UID");
    EXPECT_EQ(call("DELETE", "/containers/other").status, 409);
    EXPECT_EQ(call("POST", "/containers/other/stop?t=0").status, 204);
    EXPECT_EQ(call("POST", "/containers/other/stop").status, 304);
    EXPECT_EQ(inspect(id)["State"]["ExitCode"], 137);
    EXPECT_EQ(call("DELETE", "/containers/other").status, 204);
    const auto gone = call("GET", "/containers/other/json");
    EXPECT_EQ(gone.status, 404);
    EXPECT_THAT(gone.json()["message"], HasSubstr("No such container: other"));
}

TEST_F(ApiContainers, WhoAttachesBeforeTheStartMissesNothing) {
    const std::string id = create({{"Cmd", {"sh", "-c", "echo out; echo err >&2; exit 3"}}});
    auto attached = connect();
    attached.send_request("POST", "/v1.42/containers/" + id + "/attach?stream=1&stdout=1&stderr=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    const auto head = attached.answer_head();
    EXPECT_EQ(head.status, 101);
    EXPECT_EQ(head.headers.at("content-type"), "application/vnd.docker.multiplexed-stream");
    attached.end_sending();
    auto waiting = connect();
    waiting.send_request("POST", "/containers/" + id + "/wait?condition=next-exit");
    EXPECT_EQ(waiting.answer_head().status, 200); // before it is started
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    const std::string all = attached.read_to_end();
    EXPECT_THAT(all, HasSubstr(frame(1, "out\n")));
    EXPECT_THAT(all, HasSubstr(frame(2, "err\n")));
    EXPECT_THAT(waiting.read_until("}"), HasSubstr("{\"StatusCode\":3}"));
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

TEST_F(ApiContainers, WhoAttachesBeforeAnotherStartsItTakesPart) {
    const std::string id =
        create({{"Cmd", {"sh", "-c", "read line; echo heard $line"}}, {"OpenStdin", true}});
    auto attached = connect();
    attached.send_request("POST", "/containers/" + id + "/attach?stream=1&stdin=1&stdout=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(attached.answer_head().status, 101);
    EXPECT_EQ(rtctl_({"start", id}).exit_code, 0);
    attached.send("this\n");
    EXPECT_EQ(attached.read(19), frame(1, "heard this\n"));
    auto waits = connect(); // for one that is never started
    const std::string other = create({{"Cmd", {"true"}}});
    waits.send_request("POST", "/containers/" + other + "/attach?stream=1&stdout=1", "",
                       "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(waits.answer_head().status, 101);
    EXPECT_EQ(call("DELETE", "/containers/" + other).status, 204);
    EXPECT_EQ(waits.read_to_end(), "");
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, ClientsThatTakeNothingKeepNobodyWaiting) {
    const std::string id = create({{"Cmd", {"true"}}}, "idle");
    std::vector<rt::test::HttpClient> slow;
    for (int i = 0; i < 80; ++i) { // more than there are threads for the engine's verbs
        slow.push_back(connect());
        slow.back().send("PUT /containers/idle/archive?path=/tmp HTTP/1.1\r\nHost: rt\r\n"
                         "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(call("GET", "/containers/idle/json").status, 200);
    slow.clear();
    EXPECT_TRUE(eventually([&] { return call("DELETE", "/containers/idle").status == 204; }));
}

TEST_F(ApiContainers, LeaveNoZombiesOfTheirs) {
    const std::string id = create({{"Cmd", {"true"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    EXPECT_TRUE(eventually([&] { return inspect(id)["State"]["Status"] == "exited"; }));
    const std::string children =
        "/proc/" + std::to_string(rtd_->pid()) + "/task/" + std::to_string(rtd_->pid()) + "/children";
    ASSERT_TRUE(std::filesystem::exists(children));
    EXPECT_TRUE(eventually([&] { return rt::test::read_file(children).empty(); }));
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

TEST_F(ApiContainers, ARestartKeepsWhatGoesWithItsEnd) {
    const std::string id = create({{"Cmd", {"sleep", "1000"}}, {"HostConfig", {{"AutoRemove", true}}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    for (int time = 0; time < 5; ++time) {
        EXPECT_EQ(call("POST", "/containers/" + id + "/restart?t=0").status, 204);
        EXPECT_EQ(inspect(id)["State"]["Status"], "running");
    }
    EXPECT_EQ(call("POST", "/containers/" + id + "/stop?t=0").status, 204);
    EXPECT_TRUE(eventually([&] { return call("GET", "/containers/" + id + "/json").status == 404; }));
}

// They take what is not found for the image, and would pull it.
TEST_F(ApiContainers, WhatIsMissingAndNotTheImageIsSaidToBeWrong) {
    const auto refused = call("POST", "/containers/create",
                              {{"Image", "busybox"}, {"HostConfig", {{"NetworkMode", "container:nosuch"}}}});
    EXPECT_EQ(refused.status, 400) << refused.body;
    EXPECT_EQ(call("POST", "/containers/create", {{"Image", "nosuch"}}).status, 404);
}

TEST_F(ApiContainers, WhoHasGivenAllInputLeavesAContainerThatWantsMore) {
    const std::string id = create({{"Cmd", {"cat"}}, {"OpenStdin", true}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    auto attached = connect();
    attached.send_request("POST", "/containers/" + id + "/attach?stream=1&stdin=1&stdout=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(attached.answer_head().status, 101);
    attached.send("given\n");
    EXPECT_EQ(attached.read(14), frame(1, "given\n"));
    attached.end_sending();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(attached.read_to_end(), "");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, rt::test::patience(std::chrono::seconds(10)));
    EXPECT_EQ(inspect(id)["State"]["Status"], "running");
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, StopsThatWaitKeepNobodyWaiting) {
    const std::string id =
        create({{"Cmd", {"sh", "-c", "trap '' TERM; echo ready; sleep 1000"}}}, "stubborn");
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "stubborn"}).out == "ready\n"; }));
    std::vector<rt::test::HttpClient> waiting;
    for (int i = 0; i < 80; ++i) { // more than there are threads for the engine's verbs
        waiting.push_back(connect());
        waiting.back().send_request("POST", "/containers/stubborn/stop?t=1000");
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(call("GET", "/containers/stubborn/json").status, 200);
    EXPECT_EQ(call("POST", "/containers/stubborn/kill").status, 204);
    for (auto& one : waiting) EXPECT_THAT(one.answer_head().status, testing::AnyOf(204, 304));
    EXPECT_EQ(call("DELETE", "/containers/stubborn").status, 204);
}

// The kernel gives a user 128 instances of inotify.
TEST_F(ApiContainers, ManyFollowALogAndHearOfItsRotation) {
    const std::string id = create(
        {{"Cmd", {"cat"}},
         {"OpenStdin", true},
         {"HostConfig",
          {{"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "1k"}, {"max-file", "3"}}}}}}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    std::vector<rt::test::HttpClient> followers;
    for (int i = 0; i < 150; ++i) {
        followers.push_back(connect());
        followers.back().send_request("GET", "/containers/" + id + "/logs?stdout=1&follow=1");
    }
    for (auto& one : followers) EXPECT_EQ(one.answer_head().status, 200);
    auto attached = connect();
    attached.send_request("POST", "/containers/" + id + "/attach?stream=1&stdin=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(attached.answer_head().status, 101);
    for (int line = 100; line < 120; ++line) { // a line is some 90 bytes in the file
        const std::string text = "line " + std::to_string(line) + "\n";
        attached.send(text);
        for (auto& one : followers) ASSERT_THAT(one.read_until(text), HasSubstr(text));
    }
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
    for (auto& one : followers) EXPECT_THAT(one.read_until("0\r\n\r\n"), testing::EndsWith("0\r\n\r\n"));
}

TEST_F(ApiContainers, InputGoesThroughToItsEnd) {
    const std::string id =
        create({{"Cmd", {"cat"}}, {"OpenStdin", true}, {"StdinOnce", true}, {"AttachStdin", true}});
    auto attached = connect();
    // What comes with the request is not lost.
    attached.send("POST /containers/" + id +
                  "/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: rt\r\nConnection: Upgrade\r\n"
                  "Upgrade: tcp\r\n\r\nearly\n");
    EXPECT_EQ(attached.answer_head().status, 101);
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    EXPECT_EQ(attached.read(14), frame(1, "early\n"));
    attached.send("later\n");
    EXPECT_EQ(attached.read(14), frame(1, "later\n"));
    attached.end_sending();
    EXPECT_EQ(attached.read_to_end(), "");
    EXPECT_TRUE(eventually([&] { return inspect(id)["State"]["Status"] == "exited"; }));
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

// Who has to clean up after it is not there yet: it is at rest for all that.
TEST_F(ApiContainers, WhatHasJustEndedIsStartedAgainAndWaitedForAnew) {
    const ::pid_t client =
        rtctl_.start({"run", "--name", "one", "busybox", "sh", "-c", "echo run; [ -e /again ] || sleep 100"});
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "run\n"; }));
    ASSERT_EQ(rtctl_({"exec", "one", "touch", "/again"}).exit_code, 0);
    ASSERT_EQ(::kill(client, SIGSTOP), 0);
    ASSERT_EQ(call("POST", "/containers/one/kill").status, 204);
    EXPECT_EQ(inspect("one")["State"]["Status"], "exited");
    auto attached = connect(), waiting = connect(), starting = connect();
    attached.send_request("POST", "/containers/one/attach?stream=1&stdout=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    waiting.send_request("POST", "/containers/one/wait?condition=next-exit");
    ASSERT_EQ(::kill(client, SIGCONT), 0);
    ASSERT_EQ(::waitpid(client, nullptr, 0), client);
    EXPECT_EQ(attached.answer_head().status, 101);
    EXPECT_EQ(waiting.answer_head().status, 200);
    starting.send_request("POST", "/containers/one/start");
    EXPECT_EQ(starting.answer().status, 204);
    EXPECT_EQ(attached.read_to_end(), frame(1, "run\n"));
    EXPECT_THAT(waiting.read_until("}"), HasSubstr("{\"StatusCode\":0}"));
    EXPECT_EQ(call("DELETE", "/containers/one").status, 204);
}

// The same of a start, which was taken for one of a container that runs.
TEST_F(ApiContainers, AStartWaitsForTheCleanUpOfTheRunBefore) {
    const ::pid_t client = rtctl_.start({"run", "--name", "one", "busybox", "sleep", "100"});
    ASSERT_TRUE(eventually([&] { return !rtctl_({"ps", "-q", "--filter", "name=one"}).out.empty(); }));
    ASSERT_EQ(::kill(client, SIGSTOP), 0);
    ASSERT_EQ(call("POST", "/containers/one/kill").status, 204);
    auto starting = connect();
    starting.send_request("POST", "/containers/one/start");
    EXPECT_FALSE(rt::test::is_readable(starting.fd(), std::chrono::milliseconds(200)));
    ASSERT_EQ(::kill(client, SIGCONT), 0);
    ASSERT_EQ(::waitpid(client, nullptr, 0), client);
    EXPECT_EQ(starting.answer().status, 204);
    EXPECT_TRUE(inspect("one")["State"]["Running"]);
    EXPECT_EQ(call("DELETE", "/containers/one?force=1").status, 204);
}

// More than a socket holds, at once.
TEST_F(ApiContainers, MuchInputGoesThroughWhole) {
    for (const std::size_t bytes : {220'000U, 700'000U, 5'000'000U}) {
        const std::string id =
            create({{"Cmd", {"wc", "-c"}}, {"OpenStdin", true}, {"StdinOnce", true}, {"AttachStdin", true}});
        auto attached = connect();
        attached.send("POST /containers/" + id +
                      "/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: rt\r\nConnection: Upgrade\r\n"
                      "Upgrade: tcp\r\n\r\n");
        EXPECT_EQ(attached.answer_head().status, 101);
        ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
        attached.send(std::string(bytes, 'x'));
        attached.end_sending();
        EXPECT_THAT(attached.read_to_end(), HasSubstr(std::to_string(bytes) + "\n"));
        EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
    }
}

// Also of many processes, and of one that stands still.
TEST_F(ApiContainers, WhoIsKilledIsDead) {
    for (const bool pauses : {false, true}) {
        const std::string id = create({{"Cmd", {"sh", "-c", "sleep 100 & sleep 100 & wait"}}});
        ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
        if (pauses) {
            EXPECT_EQ(call("POST", "/containers/" + id + "/pause").status, 204);
        }
        ASSERT_EQ(call("POST", "/containers/" + id + "/kill").status, 204);
        EXPECT_EQ(inspect(id)["State"]["Status"], "exited");
        EXPECT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
        EXPECT_TRUE(inspect(id)["State"]["Running"]);
        ASSERT_EQ(call("POST", "/containers/" + id + "/kill?signal=KILL").status, 204);
        EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
    }
}

TEST_F(ApiContainers, AProgramThatEndsWithItsContainerIsToldOfOnce) {
    const std::string id = create({{"Cmd", {"sleep", "100"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    for (const char* program : {"99", "0"}) {
        const std::string exec =
            call("POST", "/containers/" + id + "/exec", {{"Cmd", {"sleep", program}}}).json()["Id"];
        EXPECT_EQ(call("POST", "/exec/" + exec + "/start", {{"Detach", true}}).status, 200);
    }
    const auto ends = [&] {
        std::istringstream told(rtctl_({"events", "--since", "1h", "--until", "0s", "--filter",
                                        "event=exec_die", "--format", "{{.Action}}"})
                                    .out);
        return std::count(std::istreambuf_iterator<char>(told), {}, '\n');
    };
    EXPECT_TRUE(eventually([&] { return ends() == 1; }));
    ASSERT_EQ(call("POST", "/containers/" + id + "/kill").status, 204);
    EXPECT_TRUE(eventually([&] { return ends() == 2; }));
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
    EXPECT_EQ(ends(), 2);
}

TEST_F(ApiContainers, AClientThatGoesLeavesTheContainerRunning) {
    const std::string id = create({{"Cmd", {"sleep", "100"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    for (const char* what : {"/attach?stream=1&stdout=1", "/wait"}) {
        auto client = connect();
        client.send_request("POST", "/containers/" + id + what);
        EXPECT_EQ(client.answer_head().status, 200);
        client.close();
    }
    EXPECT_TRUE(inspect(id)["State"]["Running"]);
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, LogsCanBeReadAndFollowed) {
    const std::string id = create({{"Cmd", {"sh", "-c", "echo one; read x; echo two"}}, {"OpenStdin", true}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    EXPECT_TRUE(eventually(
        [&] { return call("GET", "/containers/" + id + "/logs?stdout=1").body == frame(1, "one\n"); }));
    EXPECT_EQ(call("GET", "/containers/" + id + "/logs").status, 400);
    auto follower = connect();
    follower.send_request("GET", "/containers/" + id + "/logs?stdout=1&follow=1");
    EXPECT_EQ(follower.answer_head().status, 200);
    follower.read_until("one\n");
    auto attached = connect();
    attached.send_request("POST", "/containers/" + id + "/attach?stream=1&stdin=1");
    EXPECT_EQ(attached.answer_head().status, 200);
    attached.send("\n");
    EXPECT_THAT(follower.read_until("0\r\n\r\n"), HasSubstr(frame(1, "two\n")));
    follower.send_request("GET", "/_ping"); // clients keep the connection for the next request
    EXPECT_EQ(follower.answer().body, "OK");
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, AProgramInAContainer) {
    const std::string id = create({{"Cmd", {"sleep", "100"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    const auto made =
        call("POST", "/containers/" + id + "/exec",
             {{"Cmd", {"sh", "-c", "cat; exit 5"}}, {"AttachStdin", true}, {"AttachStdout", true}});
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string exec = made.json()["Id"];
    auto client = connect();
    client.send_request("POST", "/exec/" + exec + "/start", "{}", "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(client.answer_head().status, 101);
    client.send("hello");
    EXPECT_EQ(client.read(13), frame(1, "hello"));
    EXPECT_TRUE(call("GET", "/exec/" + exec + "/json").json()["Running"]);
    client.end_sending();
    EXPECT_EQ(client.read_to_end(), "");
    const auto after = call("GET", "/exec/" + exec + "/json").json(); // at once: clients ask so
    EXPECT_FALSE(after["Running"]);
    EXPECT_EQ(after["ExitCode"], 5);
    EXPECT_EQ(call("POST", "/exec/" + exec + "/start", json::object()).status, 409);
    EXPECT_EQ(call("GET", "/exec/unknown/json").status, 404);
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, AShimThatIsStoppedStopsNobodyElse) {
    const std::string id = create({{"Cmd", {"sh", "-c", "while true; do echo line; sleep 0.01; done"}}});
    auto attached = connect();
    attached.send_request("POST", "/containers/" + id + "/attach?stream=1&stdout=1", "",
                          "Upgrade: tcp\r\nConnection: Upgrade\r\n");
    EXPECT_EQ(attached.answer_head().status, 101);
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    attached.read_until("line\n");
    const std::string file = rt::test::read_file(rtctl_.run() / "containers" / id / "shim.pid");
    const int shim = std::stoi(file.substr(4)); // "pid 12"
    ASSERT_EQ(::kill(shim, SIGSTOP), 0);
    EXPECT_EQ(call("GET", "/containers/json").json().size(), 1U);
    EXPECT_EQ(call("GET", "/containers/" + id + "/stats?stream=0&one-shot=1").status, 504);
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(::kill(shim, SIGCONT), 0);
    attached.read_until("line\n");
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

// Some clients read the head through a buffer, and then the socket behind it.
TEST_F(ApiContainers, NothingComesWithTheHeadOfAHijackedConnection) {
    const std::string id = create({{"Cmd", {"sleep", "100"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    for (int i = 0; i < 10; ++i) {
        const std::string exec =
            call("POST", "/containers/" + id + "/exec", {{"Cmd", {"echo", "x"}}, {"AttachStdout", true}})
                .json()["Id"];
        auto client = connect();
        client.send_request("POST", "/exec/" + exec + "/start", "{}",
                            "Upgrade: tcp\r\nConnection: Upgrade\r\n");
        EXPECT_EQ(client.answer_head().status, 101);
        EXPECT_EQ(client.buffered(), 0U);
        EXPECT_EQ(client.read_to_end(), frame(1, "x\n"));
    }
    EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, EventsAreToldWhoeverMakesThem) {
    auto events = connect();
    events.send_request("GET", R"(/events?filters={"type":["container"]})");
    EXPECT_EQ(events.answer_head().status, 200);
    EXPECT_EQ(rtctl_({"run", "--rm", "--name", "other", "busybox", "true"}).exit_code, 0);
    for (const char* action : {"create", "attach", "start", "die", "destroy"})
        EXPECT_THAT(events.read_until("\n\r\n"), HasSubstr("\"Action\":\"" + std::string(action) + "\""));
}

// They are told in rounds: nobody misses one, hears one twice, or hears them in another order.
TEST_F(ApiContainers, EventsAreToldToManyAlike) {
    std::vector<rt::test::HttpClient> followers;
    for (int i = 0; i < 200; ++i) {
        followers.push_back(connect());
        followers.back().send_request(
            "GET", R"(/events?filters={"type":["container"],"event":["create","destroy"]})");
    }
    for (auto& one : followers) EXPECT_EQ(one.answer_head().status, 200);
    std::vector<std::string> expected;
    for (int i = 0; i < 10; ++i) {
        if (i == 5) followers.erase(followers.begin() + 100, followers.end()); // some have heard enough
        const std::string id = create({{"Cmd", {"true"}}});
        EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
        for (const char* const action : {" create", " destroy"}) expected.push_back(id + action);
    }
    const std::string last = create({{"Cmd", {"true"}}}); // after which there is nothing more of the others
    EXPECT_EQ(call("DELETE", "/containers/" + last).status, 204);
    expected.push_back(last + " create");
    for (auto& one : followers) {
        std::vector<std::string> told;
        while (told.size() < expected.size()) {
            const std::string text = one.read_until("\n\r\n");
            ASSERT_NE(text.find('{'), text.npos) << "hung up on after " << told.size();
            const json event = json::parse(text.substr(text.find('{')));
            told.push_back(event["id"].get<std::string>() + " " + event["Action"].get<std::string>());
        }
        EXPECT_EQ(told, expected);
    }
}

// Also what came in the last moment before it.
TEST_F(ApiContainers, EventsAreToldUpToTheEndThatWasAskedFor) {
    auto follower = connect();
    using std::chrono::system_clock;
    const auto until =
        std::chrono::ceil<std::chrono::seconds>(
            (system_clock::now() + rt::test::patience(std::chrono::seconds(1))).time_since_epoch())
            .count();
    follower.send_request("GET", R"(/events?filters={"event":["destroy"]}&until=)" + std::to_string(until));
    EXPECT_EQ(follower.answer_head().status, 200);
    while (system_clock::now().time_since_epoch() < std::chrono::seconds(until)) {
        EXPECT_EQ(call("DELETE", "/containers/" + create({{"Cmd", {"true"}}})).status, 204);
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    const std::string end = "\r\n0\r\n\r\n";
    const std::string told = follower.read_until(end);
    EXPECT_THAT(told, testing::EndsWith("}\n" + end));
    auto reader = connect(); // of the log, which by now has all of that time
    reader.send_request("GET",
                        R"(/events?filters={"event":["destroy"]}&since=1&until=)" + std::to_string(until));
    EXPECT_EQ(reader.answer_head().status, 200);
    const auto count = [](const std::string& text) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find("\"Action\"", at)) != std::string::npos; ++at) ++found;
        return found;
    };
    const std::size_t recorded = count(reader.read_until(end));
    EXPECT_GT(count(told), 0U);
    EXPECT_LE(count(told), recorded);
    EXPECT_GE(count(told) + 1, recorded); // the last one may have been on its way into the log at the end
}

TEST_F(ApiContainers, APortThatIsTakenIsNoContainerThatRuns) {
    const json config = {
        {"Cmd", {"sleep", "100"}},
        {"HostConfig", {{"PortBindings", {{"80/tcp", {{{"HostIp", "127.0.0.1"}, {"HostPort", "18097"}}}}}}}}};
    const std::string first = create(config), second = create(config);
    EXPECT_EQ(call("POST", "/containers/" + first + "/start").status, 204);
    EXPECT_EQ(call("POST", "/containers/" + first + "/start").status, 304);
    const auto refused = call("POST", "/containers/" + second + "/start");
    EXPECT_EQ(refused.status, 500);
    EXPECT_THAT(refused.json()["message"], HasSubstr("port is already allocated"));
    EXPECT_EQ(inspect(second)["State"]["Running"], false);
    for (const std::string& id : {first, second})
        EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
}

TEST_F(ApiContainers, WhatWillNotBeIsSaidWhenTheyAreMade) {
    const auto made =
        call("POST", "/containers/create",
             {{"Image", "busybox"},
              {"HostConfig",
               {{"NetworkMode", "host"}, {"PortBindings", {{"80/tcp", {{{"HostPort", "80"}}}}}}}}})
            .json();
    EXPECT_EQ(made["Warnings"], json{"Published ports are discarded when using host network mode"});
    const auto plain = call("POST", "/containers/create", {{"Image", "busybox"}}).json();
    EXPECT_EQ(plain["Warnings"], json::array());
    for (const json& one : {made, plain})
        EXPECT_EQ(call("DELETE", "/containers/" + one["Id"].get<std::string>()).status, 204);
}

TEST_F(ApiContainers, HaveTheNameOfTheirImageAsLongAsThatIsIts) {
    const std::string id = create({{"Cmd", {"true"}}});
    const auto listed = [&] { return call("GET", "/containers/json?all=1").json()[0]["Image"]; };
    EXPECT_EQ(listed(), "busybox");
    const std::string image = inspect(id)["Image"];
    ASSERT_EQ(call("POST", "/commit?container=" + id + "&repo=busybox").status, 201);
    EXPECT_EQ(listed(), image) << "the name is another one's now";
    EXPECT_EQ(rtctl_({"ps", "-a", "--format", "{{.Image}}"}).out, image.substr(7, 12) + "\n");
    EXPECT_EQ(rtctl_({"ps", "-a", "-q", "--filter", "ancestor=busybox"}).out, "");
    EXPECT_EQ(rtctl_({"ps", "-a", "-q", "--filter", "ancestor=" + image}).out, id.substr(0, 12) + "\n");
    ASSERT_EQ(call("POST", "/images/" + image + "/tag?repo=busybox").status, 201);
    EXPECT_EQ(listed(), "busybox");
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

TEST_F(ApiContainers, AGraceMayBeAsLongAsItLikes) {
    const std::string id = create(
        {{"Cmd", {"sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"}}}, "polite");
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "polite"}).out == "ready\n"; }));
    EXPECT_EQ(call("POST", "/containers/" + id + "/stop?t=20000000000").status, 204);
    EXPECT_EQ(inspect(id)["State"]["ExitCode"], 7);
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

TEST_F(ApiContainers, ARequestThatCannotBeHadIsRefusedByName) {
    const auto refused = call("POST", "/containers/create",
                              {{"Image", "busybox"}, {"HostConfig", {{"DeviceRequests", {{{"Count", 1}}}}}}});
    EXPECT_EQ(refused.status, 501);
    EXPECT_THAT(refused.json()["message"], HasSubstr("DeviceRequests"));
    const auto runtime =
        call("POST", "/containers/create", {{"Image", "busybox"}, {"HostConfig", {{"Runtime", "runc"}}}});
    EXPECT_EQ(runtime.status, 400);
    EXPECT_THAT(runtime.json()["message"], HasSubstr("runc"));
    const auto missing = call("POST", "/containers/create", {{"Image", "nothing:here"}});
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.json()["message"], HasSubstr("No such image"));
}

} // namespace
