// SPDX-License-Identifier: Apache-2.0
// rtd as a service: sockets that another has opened, readiness, counters, its log, TLS.
#include "with_rtd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <regex>

namespace {

using rt::test::eventually;
using rt::test::run_program;
using testing::HasSubstr;

// A free port of 127.0.0.1, by now.
std::string free_port() {
    const rt::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return std::to_string(ntohs(address.sin_port));
}

rt::UniqueFd unix_socket(int type, const std::filesystem::path& path) {
    rt::UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_STREAM) {
        EXPECT_EQ(::listen(fd.get(), 10), 0);
    }
    return fd;
}

bool listens(const std::string& path) {
    const rt::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

class ApiService : public WithRtd {
protected:
    // Another one, over the same engine.
    [[nodiscard]] std::optional<rt::ChildProcess> start(std::vector<std::string> options,
                                                        std::vector<std::string> environment = {},
                                                        std::vector<rt::ChildProcess::Descriptor> fds = {}) {
        std::vector<std::string> command{rtd_program(), "--config",
                                         (rtctl_.directory() / "config.json").native()};
        command.insert(command.end(), options.begin(), options.end());
        environment.emplace_back("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        if (fds.empty()) fds = {{2, 2}};
        auto started = rt::ChildProcess::start(command, environment, fds);
        EXPECT_TRUE(started);
        if (!started) return std::nullopt;
        return std::move(*started);
    }
    static void end(std::optional<rt::ChildProcess>& rtd) {
        ASSERT_TRUE(rtd);
        ::kill(rtd->pid(), SIGTERM);
        EXPECT_EQ(*rtd->wait(), 0);
    }
    [[nodiscard]] std::string file(const char* name) const { return (rtctl_.directory() / name).native(); }
};

TEST_F(ApiService, TakesOverTheSocketThatSystemdHasOpenedAndSaysWhenItIsReady) {
    const rt::UniqueFd listening = unix_socket(SOCK_STREAM, file("passed.sock"));
    const rt::UniqueFd notified = unix_socket(SOCK_DGRAM, file("notify.sock"));
    // LISTEN_PID is the pid that it will have: a shell knows it.
    auto started = rt::ChildProcess::start(
        {"/bin/sh", "-c",
         "LISTEN_PID=$$ LISTEN_FDS=1 NOTIFY_SOCKET=" + file("notify.sock") + " exec " + rtd_program() +
             " --host fd:// --config " + file("config.json")},
        {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, {{2, 2}, {listening.get(), 3}});
    ASSERT_TRUE(started);
    std::optional<rt::ChildProcess> rtd(std::move(*started));
    char text[100];
    const auto hear = [&] {
        const ssize_t count = ::recv(notified.get(), text, sizeof text, 0);
        return std::string(text, count < 0 ? 0 : static_cast<std::size_t>(count));
    };
    EXPECT_EQ(hear(), "READY=1");
    rt::test::HttpClient client(file("passed.sock"));
    client.send_request("GET", "/_ping");
    EXPECT_EQ(client.answer().body, "OK");
    end(rtd);
    EXPECT_EQ(hear(), "STOPPING=1");
    EXPECT_TRUE(std::filesystem::exists(file("passed.sock"))); // it is systemd's
}

TEST_F(ApiService, EndsInTheMiddleOfASlowUpload) {
    auto rtd = start({"--host", "unix://" + file("second.sock")});
    ASSERT_TRUE(eventually([&] { return listens(file("second.sock")); }));
    rt::test::HttpClient slow(file("second.sock")), other(file("second.sock"));
    slow.send("POST /images/load HTTP/1.1\r\nHost: rt\r\nContent-Length: 100000\r\n\r\nbegun");
    other.send_request("GET", "/_ping"); // after the other's head
    EXPECT_EQ(other.answer().body, "OK");
    end(rtd);
}

TEST_F(ApiService, ShowsCountersToWhoAsks) {
    const std::string address = "127.0.0.1:" + free_port();
    auto rtd = start({"--host", "unix://" + file("second.sock"), "--metrics", address});
    EXPECT_TRUE(eventually([&] { return listens(file("second.sock")); }));
    rt::test::HttpClient client(file("second.sock"));
    client.send_request("GET", "/v1.40/containers/nothing/json");
    EXPECT_EQ(client.answer().status, 404);
    rt::test::Outcome page;
    EXPECT_TRUE(eventually([&] { // the one that has found out that it listens may still be counted
        page = run_program({"/usr/bin/python3", "-c",
                            "import urllib.request as r; print(r.urlopen('http://" + address +
                                "/metrics').read().decode(), end='')"});
        return page.out.find("\nrtd_connections 1\n") != std::string::npos;
    })) << page.out
        << page.err;
    EXPECT_THAT(page.out,
                HasSubstr(R"(rtd_requests_total{method="GET",route="/containers/{id}/json",code="404"} 1)"));
    EXPECT_THAT(page.out, HasSubstr("process_resident_memory_bytes "));
    client.send_request("GET", "/metrics");
    EXPECT_EQ(client.answer().status, 404); // not where the API is
    end(rtd);
}

TEST_F(ApiService, AGroupThatWasNamedHasToExist) {
    auto rtd = start({"--host", "unix://" + file("second.sock"), "--group", "no-such-group"});
    ASSERT_TRUE(rtd);
    EXPECT_NE(*rtd->wait(), 0);
    EXPECT_FALSE(listens(file("second.sock")));
}

TEST_F(ApiService, AHangUpEndsNothing) {
    ASSERT_EQ(::kill(rtd_->pid(), SIGHUP), 0);
    EXPECT_TRUE(eventually([&] {
        return rt::test::read_file(rtd_log()).find("SIGHUP: nothing is read again") != std::string::npos;
    }));
    EXPECT_EQ(call("GET", "/_ping").body, "OK");
}

TEST_F(ApiService, LogsRequestsWithTheNamesOfTheirOperations) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const rt::UniqueFd read(ends[0]);
    rt::UniqueFd write(ends[1]);
    auto rtd = start({"--host", "unix://" + file("second.sock"), "--log-requests"}, {}, {{write.get(), 2}});
    write.reset();
    EXPECT_TRUE(eventually([&] { return listens(file("second.sock")); }));
    {
        rt::test::HttpClient client(file("second.sock"));
        client.send_request("GET", "/containers/json?all=1");
        EXPECT_EQ(client.answer().status, 200);
    }
    end(rtd);
    std::string log;
    char piece[4096];
    for (ssize_t count = 0; (count = ::read(read.get(), piece, sizeof piece)) > 0;)
        log.append(piece, static_cast<std::size_t>(count));
    EXPECT_TRUE(std::regex_search(
        log,
        std::regex(
            R"(GET /containers/json 200 route=/containers/json version=1.50 head_us=\d+ end_us=\d+ operation=[0-9a-f]{12}\n)")))
        << log;
}

TEST_F(ApiService, SpeaksTlsWithThoseItKnowsOnly) {
    if (::access("/usr/bin/openssl", X_OK) != 0) GTEST_SKIP() << "SKIP_NO_OPENSSL: there is no openssl";
    const auto made = run_program({"/bin/sh", "-ec", "cd " + rtctl_.directory().path().native() + R"(
        for who in ca other; do
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$who -keyout $who-key.pem -out $who.pem
        done
        sign() { # NAME AUTHORITY
            openssl req -newkey rsa:2048 -nodes -subj /CN=$1 -keyout $1-key.pem -out $1.csr
            echo subjectAltName=IP:127.0.0.1 >$1.ext
            openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2-key.pem -CAcreateserial -days 2 -extfile $1.ext -out $1.pem
        }
        sign server ca; sign client ca; sign stranger other)"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const std::string address = "127.0.0.1:" + free_port();
    auto rtd = start({"--host", "tcp://" + address, "--tlscacert", file("ca.pem"), "--tlscert",
                      file("server.pem"), "--tlskey", file("server-key.pem")});
    const auto ask = [&](const std::string& who) {
        return run_program({"/usr/bin/python3", "-c", R"(
import ssl, sys, http.client
context = ssl.create_default_context(cafile=sys.argv[2])
if sys.argv[3]: context.load_cert_chain(sys.argv[3] + ".pem", sys.argv[3] + "-key.pem")
connection = http.client.HTTPSConnection(sys.argv[1], context=context, timeout=20)
for path in "/_ping", "/containers/json":
    connection.request("GET", path)
    print(connection.getresponse().read().decode())
)",
                            address, file("ca.pem"), who});
    };
    EXPECT_TRUE(eventually([&] { return ask(file("client")).out == "OK\n[]\n\n"; }))
        << ask(file("client")).err;
    EXPECT_NE(ask(file("stranger")).exit_code, 0);
    EXPECT_NE(ask("").exit_code, 0);
    if (docker_client()) {
        const auto docker = run_program({*docker_client(), "--tlsverify", "--tlscacert", file("ca.pem"),
                                         "--tlscert", file("client.pem"), "--tlskey", file("client-key.pem"),
                                         "-H", "tcp://" + address, "run", "--rm", "-i", "busybox", "cat"},
                                        "through TLS\n");
        EXPECT_EQ(docker.out, "through TLS\n") << docker.err;
    }
    end(rtd);
    EXPECT_EQ(run_program({rtd_program(), "--tlscert", file("server.pem")}).exit_code, 125);
}

TEST_F(ApiService, ItsManualAndCompletionKnowAllOptions) {
    const std::string help = run_program({rtd_program(), "--help"}).out;
    const std::regex option(R"(--([a-z-]+))");
    for (std::sregex_iterator found(help.begin(), help.end(), option), none; found != none; ++found) {
        const std::string name = (*found)[1];
        const std::string page = rt::test::read_file(RT_SOURCE_DIR "/tools/rtd/rtd.8");
        EXPECT_THAT(page, HasSubstr("\\-\\-" + std::regex_replace(name, std::regex("-"), "\\-")));
        for (const char* shell : {"rtd", "_rtd"})
            EXPECT_THAT(rt::test::read_file(RT_SOURCE_DIR "/tools/rtd/completion/" + std::string(shell)),
                        HasSubstr("--" + name));
        EXPECT_THAT(rt::test::read_file(RT_SOURCE_DIR "/tools/rtd/completion/rtd.fish"),
                    HasSubstr("-l " + name + " "));
    }
}

} // namespace
