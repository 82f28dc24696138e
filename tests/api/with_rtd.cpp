// SPDX-License-Identifier: Apache-2.0
#include "with_rtd.hpp"

#include "support/api_check.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>

namespace rt::test {

HttpClient::HttpClient(const std::filesystem::path& socket)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << socket << ": " << std::strerror(errno);
}

void HttpClient::send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
}

void HttpClient::send_request(const std::string& method, const std::string& target, const std::string& body,
                              const std::string& headers) {
    send(cat(method, " ", target, " HTTP/1.1\r\nHost: rt\r\n", headers, "Content-Length: ", body.size(),
             "\r\n", body.empty() ? "" : "Content-Type: application/json\r\n", "\r\n", body));
}

bool HttpClient::fill() {
    if (!is_readable(fd_.get(), std::chrono::seconds(20))) return false;
    std::array<char, 65536> buffer{};
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count > 0) received_.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
}

std::string HttpClient::read_until(std::string_view mark) {
    std::size_t place = 0;
    while ((place = received_.find(mark)) == std::string::npos)
        if (!fill()) return std::exchange(received_, {});
    return read(place + mark.size());
}

std::string HttpClient::read(std::size_t bytes) {
    while (received_.size() < bytes)
        if (!fill()) break;
    std::string taken = received_.substr(0, bytes);
    received_.erase(0, taken.size());
    return taken;
}

std::string HttpClient::read_to_end() {
    while (fill()) {
    }
    return std::exchange(received_, {});
}

HttpAnswer HttpClient::answer_head() {
    HttpAnswer answer;
    std::string head = read_until("\r\n\r\n");
    std::sscanf(head.c_str(), "HTTP/1.1 %d", &answer.status); // NOLINT(cert-err34-c): 0 where it is none
    for (std::size_t begin = head.find("\r\n") + 2; begin < head.size();) {
        const std::size_t end = head.find("\r\n", begin);
        const std::string line = head.substr(begin, end - begin);
        if (const auto colon = line.find(": "); colon != std::string::npos) {
            std::string name = line.substr(0, colon);
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
            answer.headers[name] = line.substr(colon + 2);
        }
        begin = end == std::string::npos ? head.size() : end + 2;
    }
    return answer;
}

HttpAnswer HttpClient::answer() {
    HttpAnswer answer = answer_head();
    if (answer.headers["transfer-encoding"] == "chunked") {
        for (;;) {
            const std::size_t size = std::strtoul(read_until("\r\n").c_str(), nullptr, 16);
            answer.body += read(size);
            read(2);
            if (size == 0) return answer;
        }
    }
    const auto length = answer.headers.find("content-length");
    if (length != answer.headers.end()) answer.body = read(std::stoul(length->second));
    return answer;
}

void HttpClient::end_sending() {
    ::shutdown(fd_.get(), SHUT_WR);
}

} // namespace rt::test

void WithRtd::SetUp() {
    WithBusybox::SetUp();
    if (!HasFatalFailure()) start_rtd();
}

void WithRtd::TearDown() {
    if (rtd_) stop_rtd();
    if (std::filesystem::exists(rtd_log())) { // also of one that was killed, whose exit code tells nothing
        EXPECT_THAT(rt::test::read_file(rtd_log()),
                    testing::Not(testing::HasSubstr("WARNING: ThreadSanitizer")));
    }
    if (HasFailure() && std::filesystem::exists(rtd_log())) std::cerr << rt::test::read_file(rtd_log());
    if (!HasFailure() && !IsSkipped() && rtd_program() == RT_BUILD_DIR "/bin/rtd") note_endpoints();
    WithBusybox::TearDown();
}

std::string rtd_program() {
    const char* const other = ::getenv("RT_TEST_RTD"); // NOLINT(concurrency-mt-unsafe): nobody sets it
    return other != nullptr ? other : RT_BUILD_DIR "/bin/rtd";
}

void WithRtd::start_rtd() {
    const auto config = (rtctl_.directory() / "config.json").native();
    const rt::UniqueFd log(::open(rtd_log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    auto started = rt::ChildProcess::start({rtd_program(), "--config", config, "--host",
                                            "unix://" + socket().native(), "--group", "", "--log-requests"},
                                           {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, {{log.get(), 2}});
    ASSERT_TRUE(started) << started.error().message;
    rtd_ = std::move(*started);
    ASSERT_TRUE(rt::test::eventually([&] {
        const rt::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
        if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
        ucred server{};
        socklen_t size = sizeof server;
        ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &server, &size);
        return server.pid == rtd_->pid(); // not what one that was killed has left
    }));
}

// "GET /containers/{id}/json 1.50 200", a line each.
void WithRtd::note_endpoints() const {
    static const std::regex kAnswered(R"( ([A-Z]+) \S+ (\d+) route=(\S+) version=(\S+) )");
    std::set<std::string> seen;
    std::ifstream log(rtd_log());
    for (std::string line; std::getline(log, line);)
        if (std::smatch parts; std::regex_search(line, parts, kAnswered))
            seen.insert(
                rt::cat(parts[1].str(), " ", parts[3].str(), " ", parts[4].str(), " ", parts[2].str()));
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = rt::cat(test->test_suite_name(), ".", test->name());
    std::ranges::replace(name, '/', ':');
    const std::filesystem::path directory(RT_BUILD_DIR "/api-endpoints");
    std::error_code read_only; // as in the virtual machine, where nobody asks for the table
    std::filesystem::create_directories(directory, read_only);
    std::ofstream file(directory / name);
    for (const std::string& line : seen) file << line << '\n';
}

void WithRtd::stop_rtd() {
    ::kill(rtd_->pid(), SIGTERM);
    const auto status = rtd_->wait();
    EXPECT_TRUE(status && *status == 0) << "rtd ended with status " << (status ? *status : -1);
    EXPECT_FALSE(std::filesystem::exists(socket()));
    rtd_.reset();
}

void WithRtd::kill_rtd() {
    ::kill(rtd_->pid(), SIGKILL);
    rtd_->wait();
    rtd_.reset();
}

rt::test::HttpAnswer WithRtd::call(const std::string& method, const std::string& target,
                                   const nlohmann::json& body) const {
    auto client = connect();
    client.send_request(method, target, body.is_null() ? std::string() : body.dump());
    auto answer = method == "HEAD" ? client.answer_head() : client.answer();
    EXPECT_THAT(rt::test::answer_violations(method, target, answer.status, answer.body), testing::IsEmpty())
        << method << " " << target << ": " << answer.body;
    return answer;
}

std::string WithRtd::create(nlohmann::json config, const std::string& name) const {
    if (!config.contains("Image")) config["Image"] = "busybox";
    const auto made =
        call("POST", "/v1.50/containers/create" + (name.empty() ? "" : "?name=" + name), config);
    EXPECT_EQ(made.status, 201) << made.body;
    return made.status == 201 ? made.json()["Id"].get<std::string>() : std::string();
}

std::optional<std::string> WithRtd::docker_client() {
    for (const char* path : {"/usr/local/bin/docker", "/usr/bin/docker"})
        if (::access(path, X_OK) == 0) return path;
    return std::nullopt;
}

rt::test::Outcome WithRtd::docker(std::vector<std::string> arguments, const std::string& input) const {
    arguments.insert(arguments.begin(), {*docker_client(), "-H", "unix://" + socket().native()});
    return rt::test::run_program(arguments, input);
}
