// SPDX-License-Identifier: Apache-2.0
// Every endpoint in the words of several versions of the API. What is asked, and how it is answered, is what
// the table of docs/api.md is made of (with_rtd.hpp).
#include "support/registry.hpp"
#include "with_rtd.hpp"

namespace {

using nlohmann::json;
using rt::test::HttpAnswer;
using testing::HasSubstr;

class ApiWalk : public WithRtd, public testing::WithParamInterface<const char*> {
protected:
    [[nodiscard]] static std::string at(const std::string& path) {
        return "/v" + std::string(GetParam()) + path;
    }

    // One request, and its status.
    HttpAnswer ask(int status, const std::string& method, const std::string& path,
                   const json& body = nullptr) const {
        auto answer = call(method, at(path), body);
        EXPECT_EQ(answer.status, status) << method << " " << path << ": " << answer.body;
        return answer;
    }
    // One whose body is no JSON.
    HttpAnswer send(int status, const std::string& method, const std::string& path, const std::string& body,
                    const std::string& headers = {}) const {
        auto client = connect();
        client.send(rt::cat(method, " ", at(path), " HTTP/1.1\r\nHost: rt\r\n", headers,
                            "Content-Length: ", body.size(), "\r\n\r\n", body));
        auto answer = client.answer();
        EXPECT_EQ(answer.status, status) << method << " " << path << ": " << answer.body;
        return answer;
    }
    // A stream both ways; all that comes.
    std::string hijacked(const std::string& path, const std::string& body = {}) const {
        auto client = connect();
        client.send_request("POST", at(path), body, "Upgrade: tcp\r\nConnection: Upgrade\r\n");
        EXPECT_EQ(client.answer_head().status, 101) << path;
        return client.read_to_end();
    }

    void walk_system() {
        EXPECT_EQ(ask(200, "GET", "/_ping").body, "OK");
        ask(200, "HEAD", "/_ping");
        ask(200, "GET", "/version");
        ask(200, "GET", "/info");
        ask(200, "GET", "/system/df");
        send(200, "GET", "/events?since=1&until=2", ""); // lines, and none of them
        ask(200, "GET", "/plugins");
        ask(200, "GET", "/plugins/bridge/json");
        ask(200, "POST", "/build/prune");
    }
    void walk_containers() {
        const json config{{"Image", "busybox"}, {"Cmd", {"sh", "-c", "echo said; sleep 1000"}}};
        ask(201, "POST", "/containers/create?name=one", config);
        ask(200, "GET", "/containers/json?all=1");
        ask(200, "GET", "/containers/one/json");
        ask(204, "POST", "/containers/one/start");
        ask(200, "GET", "/containers/one/top");
        ask(200, "GET", "/containers/one/stats?stream=0");
        EXPECT_TRUE(rt::test::eventually([&] { // the program has just been started
            return ask(200, "GET", "/containers/one/logs?stdout=1").body.find("said") != std::string::npos;
        }));
        ask(204, "POST", "/containers/one/rename?name=two");
        ask(204, "POST", "/containers/two/rename?name=one");
        ask(200, "POST", "/containers/one/update", {{"CpuShares", 512}});
        ask(204, "POST", "/containers/one/pause");
        ask(204, "POST", "/containers/one/unpause");
        walk_files();
        walk_execs();
        ask(204, "POST", "/containers/one/restart?t=0");
        ask(204, "POST", "/containers/one/kill");
        ask(200, "POST", "/containers/one/wait");
        ask(304, "POST", "/containers/one/stop");
        ask(204, "DELETE", "/containers/one");
        ask(201, "POST", "/containers/create?name=two",
            {{"Image", "busybox"}, {"Tty", true}, {"Cmd", {"sleep", "1000"}}});
        ask(204, "POST", "/containers/two/start");
        ask(200, "POST", "/containers/two/resize?h=20&w=60");
        ask(204, "POST", "/containers/two/stop?t=0");
        EXPECT_EQ(hijacked("/containers/two/attach?stream=0&logs=1&stdout=1"), "");
        ask(200, "POST", "/containers/prune");
    }
    void walk_files() {
        const auto taken = ask(200, "GET", "/containers/one/archive?path=/etc/group");
        ask(200, "HEAD", "/containers/one/archive?path=/etc/group");
        send(200, "PUT", "/containers/one/archive?path=/tmp", taken.body,
             "Content-Type: application/x-tar\r\n");
        EXPECT_THAT(ask(200, "GET", "/containers/one/changes").body, HasSubstr("/tmp/group"));
        EXPECT_THAT(ask(200, "GET", "/containers/one/export").body, HasSubstr("tmp/group"));
    }
    void walk_execs() {
        const auto made = ask(201, "POST", "/containers/one/exec",
                              {{"Cmd", {"echo", "in"}}, {"AttachStdout", true}, {"Tty", true}});
        const std::string id = made.json().value("Id", "");
        EXPECT_THAT(hijacked("/exec/" + id + "/start", R"({"Detach": false, "Tty": true})"), HasSubstr("in"));
        EXPECT_EQ(ask(200, "GET", "/exec/" + id + "/json").json()["ExitCode"], 0);
        const auto waits =
            ask(201, "POST", "/containers/one/exec", {{"Cmd", {"sleep", "1000"}}, {"Tty", true}});
        const std::string other = waits.json().value("Id", "");
        ask(200, "POST", "/exec/" + other + "/start", {{"Detach", true}, {"Tty", true}});
        ask(200, "POST", "/exec/" + other + "/resize?h=20&w=60");
    }
    void walk_images() {
        ask(200, "GET", "/images/json");
        ask(200, "GET", "/images/busybox/json");
        ask(200, "GET", "/images/busybox/history");
        ask(201, "POST", "/images/busybox/tag?repo=other");
        ask(200, "DELETE", "/images/other");
        const std::string saved = ask(200, "GET", "/images/busybox/get").body;
        ask(200, "GET", "/images/get?names=busybox");
        send(200, "POST", "/images/load", saved, "Content-Type: application/x-tar\r\n");
        ask(201, "POST", "/containers/create?name=one", {{"Image", "busybox"}, {"Cmd", {"true"}}});
        ask(201, "POST", "/commit?container=one&repo=made");
        ask(204, "DELETE", "/containers/one");
        ask(200, "DELETE", "/images/made");
        ask(200, "POST", "/images/prune");
    }
    void walk_registry() {
        const rt::test::Registry registry(rtctl_.directory() / "registry",
                                          rt::test::Registry::Users::everybody);
        const std::string name = "localhost:5000/walked";
        ask(201, "POST", "/images/busybox/tag?repo=" + name + "&tag=1");
        EXPECT_THAT(
            send(200, "POST", "/images/" + name + "/push?tag=1", "", "X-Registry-Auth: e30=\r\n").body,
            HasSubstr("sha256:"));
        ask(200, "GET", "/distribution/" + name + ":1/json");
        ask(200, "DELETE", "/images/" + name + ":1");
        ask(200, "POST", "/images/create?fromImage=" + name + "&tag=1");
        ask(200, "DELETE", "/images/" + name + ":1");
        ask(200, "POST", "/auth",
            {{"username", "me"}, {"password", "any"}, {"serveraddress", "localhost:5000"}});
    }
    // Of a registry with docker's interface of version 1.
    void walk_search() {
        constexpr const char* kServer = R"(import http.server, json
class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        body = json.dumps({"num_results": 1, "results": [{"name": "box", "description": "a box", "star_count": 3,
                           "is_official": True, "is_automated": False}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", 5001), Answer).serve_forever())";
        const auto server = rt::ChildProcess::start({"/usr/bin/python3", "-c", kServer}, {}, {});
        ASSERT_TRUE(server) << server.error().message;
        HttpAnswer found;
        EXPECT_TRUE(rt::test::eventually([&] { // it takes a moment to listen
            found = call("GET", at("/images/search?term=localhost:5001/box"));
            return found.status == 200;
        })) << found.body;
        EXPECT_EQ(found.json()[0]["star_count"], 3);
    }
    void walk_networks() {
        const std::string id =
            ask(201, "POST", "/networks/create", {{"Name", "walk"}}).json().value("Id", "");
        ask(200, "GET", "/networks");
        ask(200, "GET", "/networks/" + id);
        ask(201, "POST", "/containers/create?name=one", {{"Image", "busybox"}, {"Cmd", {"sleep", "1000"}}});
        ask(200, "POST", "/networks/walk/connect", {{"Container", "one"}});
        ask(200, "POST", "/networks/walk/disconnect", {{"Container", "one"}});
        ask(204, "DELETE", "/containers/one");
        ask(204, "DELETE", "/networks/walk");
        ask(200, "POST", "/networks/prune");
    }
    void walk_volumes() {
        ask(201, "POST", "/volumes/create", {{"Name", "walk"}});
        ask(200, "GET", "/volumes");
        ask(200, "GET", "/volumes/walk");
        ask(204, "DELETE", "/volumes/walk");
        ask(200, "POST", "/volumes/prune");
    }
    void walk_refused() {
        for (const char* const path : {"/build", "/build/cancel", "/session", "/grpc",
                                       "/containers/one/checkpoints", "/plugins/x/enable"})
            ask(501, "POST", path);
        for (const char* const path :
             {"/containers/one/attach/ws", "/containers/one/checkpoints", "/plugins/privileges"})
            ask(501, "GET", path);
        ask(501, "DELETE", "/plugins/x");
        ask(501, "PUT", "/volumes/walk");
        ask(501, "POST", "/swarm/init");
        ask(501, "POST", "/swarm/join");
        for (const char* const path : {"/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"})
            for (const char* const rest : {"", "/x"})
                for (const char* const method : {"GET", "POST", "DELETE"})
                    ask(503, method, rt::cat(path, rest));
        ask(503, "POST", "/swarm/leave");
    }
};

TEST_P(ApiWalk, EveryEndpointAnswers) {
    walk_system();
    walk_containers();
    walk_images();
    walk_registry();
    walk_search();
    walk_networks();
    walk_volumes();
    walk_refused();
}

INSTANTIATE_TEST_SUITE_P(Versions, ApiWalk, testing::Values("1.24", "1.30", "1.41", "1.50"),
                         [](const auto& tested) {
                             std::string name = tested.param;
                             std::ranges::replace(name, '.', '_');
                             return name;
                         });

} // namespace
