// SPDX-License-Identifier: Apache-2.0
// What containers use, over the API; and what else a running one is asked.
#include "with_rtd.hpp"

#include <chrono>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class ApiStats : public WithRtd {
protected:
    std::string running(const std::string& line = "sleep 100") const {
        const std::string id = create({{"Cmd", {"sh", "-c", line}}});
        EXPECT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
        return id;
    }
    void remove(const std::string& id) const {
        EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
    }
};

TEST_F(ApiStats, OnceHasTwoSamplesAndOneShotHasOne) {
    const std::string id = running("while true; do :; done");
    const auto both = call("GET", "/containers/" + id + "/stats?stream=0").json();
    EXPECT_EQ(both["id"], id);
    EXPECT_GT(both["cpu_stats"]["cpu_usage"]["total_usage"],
              both["precpu_stats"]["cpu_usage"]["total_usage"]);
    EXPECT_GT(both["precpu_stats"]["cpu_usage"]["total_usage"], 0);
    EXPECT_GT(both["memory_stats"]["usage"], 0);
    EXPECT_GT(both["pids_stats"]["current"], 0);
    EXPECT_TRUE(both["networks"].contains("eth0"));
    const auto one = call("GET", "/containers/" + id + "/stats?stream=0&one-shot=1").json();
    EXPECT_EQ(one["precpu_stats"]["cpu_usage"]["total_usage"], 0);
    EXPECT_EQ(one["preread"], "0001-01-01T00:00:00Z");
    EXPECT_EQ(call("GET", "/containers/" + id + "/stats?one-shot=1").status, 400);
    EXPECT_EQ(call("GET", "/containers/nothing/stats").status, 404);
    remove(id);
}

TEST_F(ApiStats, FollowUntilTheContainerGoes) {
    const std::string id = running();
    auto follower = connect();
    follower.send_request("GET", "/containers/" + id + "/stats");
    EXPECT_EQ(follower.answer_head().status, 200);
    for (int i = 0; i < 2; ++i) EXPECT_THAT(follower.read_until("}\n\r\n"), HasSubstr("\"read\":\"2"));
    remove(id);
    EXPECT_THAT(follower.read_until("0\r\n\r\n"), testing::EndsWith("0\r\n\r\n"));
}

TEST_F(ApiStats, OfOneThatRestsAreNone) {
    const std::string id = create({{"Cmd", {"true"}}});
    const auto none = call("GET", "/containers/" + id + "/stats?stream=0").json();
    EXPECT_EQ(none["id"], id);
    EXPECT_EQ(none["read"], "0001-01-01T00:00:00Z");
    EXPECT_EQ(none["cpu_stats"]["cpu_usage"]["total_usage"], 0);
    remove(id);
}

TEST_F(ApiStats, AnEndWithASignalOfTheClients) {
    const std::string id = running("trap 'exit 9' USR1; echo ready; while true; do sleep 0.01; done");
    const auto is_ready = [&](std::size_t times) {
        return eventually([&] {
            const auto log = call("GET", "/containers/" + id + "/logs?stdout=1").body;
            return log.size() == times * 14; // a frame with "ready\n" each
        });
    };
    ASSERT_TRUE(is_ready(1));
    EXPECT_EQ(call("POST", "/containers/" + id + "/stop?signal=NONE").status, 400);
    EXPECT_EQ(call("POST", "/containers/" + id + "/restart?signal=SIGUSR1&t=60").status, 204);
    ASSERT_TRUE(is_ready(2));
    EXPECT_EQ(call("POST", "/containers/" + id + "/stop?signal=SIGUSR1&t=60").status, 204);
    EXPECT_EQ(call("GET", "/containers/" + id + "/json").json()["State"]["ExitCode"], 9);
    remove(id);
}

TEST_F(ApiStats, AProgramInItHasAPidAndIsToldWhenItIsMade) {
    const std::string id = running();
    auto events = connect();
    events.send_request("GET", R"(/events?filters={"type":["container"]})");
    EXPECT_EQ(events.answer_head().status, 200);
    const std::string exec =
        call("POST", "/containers/" + id + "/exec", {{"Cmd", {"sleep", "100"}}}).json()["Id"];
    EXPECT_THAT(events.read_until("\n\r\n"), HasSubstr("exec_create: sleep 100"));
    EXPECT_EQ(call("GET", "/exec/" + exec + "/json").json()["Pid"], 0);
    EXPECT_EQ(call("POST", "/exec/" + exec + "/start", {{"Detach", true}}).status, 200);
    EXPECT_THAT(events.read_until("\n\r\n"), HasSubstr("exec_start: sleep 100"));
    const auto told = call("GET", "/exec/" + exec + "/json").json();
    EXPECT_TRUE(told["Running"]);
    const int pid = told["Pid"];
    ASSERT_GT(pid, 1);
    std::string line = rt::test::read_file("/proc/" + std::to_string(pid) + "/cmdline");
    EXPECT_EQ(line, std::string("sleep\0"
                                "100\0",
                                10));
    remove(id);
    EXPECT_TRUE(eventually([&] { return !call("GET", "/exec/" + exec + "/json").json()["Running"]; }));
}

} // namespace
