// SPDX-License-Identifier: Apache-2.0
// HTTP itself: versions, errors, limits, connections that stay and such that go.
#include "core/base/descriptor_limit.hpp"
#include "with_rtd.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace {

using rt::test::eventually;
using rt::test::HttpClient;
using testing::HasSubstr;

class ApiProtocol : public WithRtd {};

TEST_F(ApiProtocol, APingTellsTheVersions) {
    const auto answer = call("GET", "/_ping");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "OK");
    EXPECT_EQ(answer.headers.at("api-version"), "1.50");
    EXPECT_EQ(answer.headers.at("ostype"), "linux");
    EXPECT_EQ(answer.headers.at("swarm"), "inactive");
    auto client = connect();
    client.send_request("HEAD", "/_ping");
    EXPECT_EQ(client.answer_head().status, 200);
    client.send_request("GET", "/v1.24/_ping"); // nothing of a body came in between
    EXPECT_EQ(client.answer().body, "OK");
}

TEST_F(ApiProtocol, VersionsOutOfRangeAreRefusedInDockersWords) {
    EXPECT_THAT(call("GET", "/v1.20/version").body,
                HasSubstr("is too old. Minimum supported API version is 1.24"));
    const auto answer = call("GET", "/v1.99/version");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.json()["message"], HasSubstr("is too new"));
}

TEST_F(ApiProtocol, OneConnectionServesManyRequests) {
    auto client = connect();
    // Also such as come before the answer to the one before them.
    client.send("GET /version HTTP/1.1\r\nHost: rt\r\n\r\nGET /_ping HTTP/1.1\r\nHost: rt\r\n\r\n");
    EXPECT_EQ(client.answer().json()["ApiVersion"], "1.50");
    EXPECT_EQ(client.answer().body, "OK");
    client.send("GET /_ping HTTP/1.1\r\nHost: rt\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.answer().body, "OK");
    EXPECT_EQ(client.read_to_end(), "");
}

// Half of them have begun to ask for something.
TEST_F(ApiProtocol, TenThousandConnectionsKeepNobodyFromAnAnswer) {
    rt::raise_descriptor_limit();
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    constexpr rlim_t kMany = 10'000, kForOthers = 500;
    const rlim_t count = std::min(kMany, limit.rlim_cur - kForOthers);
    const auto descriptors = [&] {
        const std::filesystem::directory_iterator all("/proc/" + std::to_string(rtd_->pid()) + "/fd");
        return std::distance(begin(all), end(all));
    };
    std::vector<HttpClient> idle;
    for (rlim_t number = 0; number < count; ++number) {
        idle.push_back(connect());
        if (number % 2 == 0) idle.back().send("GET /_ping HTTP/1.1\r\n");
        ASSERT_FALSE(HasFailure()) << "connection " << number;
    }
    EXPECT_TRUE(eventually([&] { return descriptors() >= static_cast<std::ptrdiff_t>(count); }))
        << descriptors() << " of " << count;
    for (int time = 0; time < 3; ++time) EXPECT_EQ(call("GET", "/containers/json").status, 200);
    idle.clear();
    constexpr int kOwn = 64; // it has some besides
    EXPECT_TRUE(eventually([&] { return descriptors() < kOwn; })) << descriptors();
}

// Clients send some where none is asked for, and then use the connection again.
TEST_F(ApiProtocol, ABodyThatNobodyWantsEndsNoConnection) {
    auto client = connect();
    for (const char* const target :
         {"/containers/none/restart?t=0", "/containers/none/stop", "/containers/none/wait"}) {
        client.send_request("POST", target, R"({"t":0})");
        auto refused = client.answer();
        EXPECT_EQ(refused.status, 404) << target;
        EXPECT_NE(refused.headers["connection"], "close");
    }
    client.send_request("GET", "/_ping");
    EXPECT_EQ(client.answer().body, "OK");
    client.send("POST /containers/none/wait HTTP/1.1\r\nHost: rt\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(client.answer().headers["connection"], "close");
}

TEST_F(ApiProtocol, WhatIsNoRequestIsRefused) {
    for (const char* text : {"hello\r\n\r\n", "GET /_ping HTTP/9.9\r\n\r\n", "GET\r\n\r\n",
                             "GET /_ping HTTP/1.1\r\nno colon\r\n\r\n"}) {
        auto client = connect();
        client.send(text);
        EXPECT_EQ(client.answer().status, 400) << text;
    }
    EXPECT_EQ(call("GET", "/nothing/here").status, 404);
    EXPECT_EQ(call("GET", "/containers/json?a=%zz").status, 400);
    auto client = connect();
    client.send("GET /_ping HTTP/1.1\r\nHost: " + std::string(100'000, 'x') + "\r\n\r\n");
    EXPECT_EQ(client.answer().status, 431);
}

TEST_F(ApiProtocol, BodiesThatAreNoneAreRefused) {
    for (const char* body : {"{", "[]", "\"x\"", R"({"Image":"a","Image":"b"})"}) {
        auto client = connect();
        client.send_request("POST", "/containers/create", body);
        EXPECT_EQ(client.answer().status, 400) << body;
    }
    auto client = connect();
    client.send("POST /containers/create HTTP/1.1\r\nHost: rt\r\nContent-Length: 9000000\r\n\r\n");
    EXPECT_EQ(client.answer().status, 413);
}

TEST_F(ApiProtocol, WhoIsRefusedBeforeItsBodyIsReadHearsWhy) {
    auto client = connect();
    client.send_request("POST", "/build", std::string(1U << 20U, 'x')); // more than the socket holds
    const auto refused = client.answer();
    EXPECT_EQ(refused.status, 501);
    EXPECT_NE(refused.json()["message"], "");
}

TEST_F(ApiProtocol, ASocketThatIsInUseIsNotTaken) {
    const auto config = (rtctl_.directory() / "config.json").native();
    const auto outcome =
        rt::test::run_program({rtd_program(), "--config", config, "--host", "unix://" + socket().native()});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("another server listens there"));
    EXPECT_EQ(call("GET", "/_ping").body, "OK"); // and it still does
}

TEST_F(ApiProtocol, AStaleSocketIsReplaced) {
    kill_rtd();
    ASSERT_TRUE(std::filesystem::exists(socket()));
    start_rtd();
    EXPECT_EQ(call("GET", "/_ping").body, "OK");
    struct stat status{};
    ASSERT_EQ(::stat(socket().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U); // no group was given
}

// As one that was just being started does when rtd is killed, until it has closed what is not its own.
TEST_F(ApiProtocol, ASocketThatSomebodyHoldsForAServerThatIsGoneIsReplaced) {
    kill_rtd();
    std::filesystem::remove(socket());
    rt::UniqueFd held(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(held.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const pid_t server = ::fork();
    if (server == 0) ::_exit(::listen(held.get(), 128) == 0 ? 0 : 1);
    int status = -1;
    ASSERT_EQ(::waitpid(server, &status, 0), server);
    ASSERT_EQ(status, 0);
    std::thread holder([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        held.reset();
    });
    start_rtd();
    holder.join();
    EXPECT_EQ(call("GET", "/_ping").body, "OK");
}

TEST_F(ApiProtocol, WhatThereIsNotIsSaidByName) {
    const auto build = call("POST", "/build");
    EXPECT_EQ(build.status, 501);
    EXPECT_THAT(build.json()["message"], HasSubstr("building images is not supported"));
    EXPECT_EQ(call("GET", "/swarm").status, 503);
    EXPECT_EQ(call("GET", "/nodes").status, 503);
}

} // namespace
