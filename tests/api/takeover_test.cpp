// SPDX-License-Identifier: Apache-2.0
// rtd ends, in good order or not, and another one takes over, while its clients keep it busy: what it serves
// does not notice.
#include "with_rtd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <sstream>
#include <thread>

namespace {

using nlohmann::json;
using rt::test::eventually;

// Starts and removes containers, follows and lists, and does not mind when nobody answers.
class Load {
public:
    Load(std::filesystem::path socket, std::string body)
        : socket_(std::move(socket)), body_(std::move(body)), thread_([this] { run(); }) {}
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;
    ~Load() {
        over_ = true;
        thread_.join();
    }
    [[nodiscard]] int lives() const { return lives_; }

private:
    int ask(const std::string& method, const std::string& target, json* answer = nullptr,
            const std::string& body = {}) {
        rt::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket_.c_str(), sizeof address.sun_path - 1);
        if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
        const std::string text = rt::cat(
            method, " ", target,
            " HTTP/1.1\r\nHost: rt\r\nContent-Type: application/json\r\nContent-Length: ", body.size(),
            "\r\n\r\n", body);
        if (::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return 0;
        rt::test::HttpClient client(std::move(fd));
        const auto heard = client.answer();
        if (answer == nullptr) return heard.status;
        *answer = heard.json();
        return answer->is_discarded() ? 0 : heard.status; // it was cut off
    }
    void run() {
        while (!over_) {
            json made;
            if (ask("POST", "/containers/create", &made, body_) != 201) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                continue;
            }
            const auto path = "/containers/" + made["Id"].get<std::string>();
            ask("POST", path + "/start");
            ask("GET", "/containers/json?all=1");
            if (ask("DELETE", path + "?force=1") == 204) ++lives_;
        }
    }

    std::filesystem::path socket_;
    std::string body_;
    std::atomic<bool> over_ = false;
    std::atomic<int> lives_ = 0;
    std::thread thread_;
};

class ApiTakeover : public WithRtd {
protected:
    json inspect(const std::string& id) const { return call("GET", "/containers/" + id + "/json").json(); }

    // A kept connection to a program that says what it is told.
    [[nodiscard]] rt::UniqueFd connect_to(const std::string& ip) const {
        rt::UniqueFd connected;
        EXPECT_TRUE(eventually([&] {
            rt::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(9);
            ::inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
            const timeval patience{20, 0};
            ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return false;
            connected = std::move(fd);
            return true;
        }));
        return connected;
    }
    static bool answers(int connection, int number) {
        const std::string text = std::to_string(number) + "\n";
        if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
            return false;
        std::string heard;
        while (!heard.ends_with('\n')) {
            char piece[64];
            const ssize_t count = ::recv(connection, piece, sizeof piece, 0);
            if (count <= 0) return false;
            heard.append(piece, static_cast<std::size_t>(count));
        }
        return heard == text;
    }
};

TEST_F(ApiTakeover, OfADaemonUnderLoadDropsNoContainerNoLineAndNoPacket) {
    const std::string talker =
        create({{"Cmd", {"sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); usleep 500; done"}}}, "talker");
    const std::string echo = create({{"Cmd", {"nc", "-ll", "-p", "9", "-e", "cat"}}}, "echo");
    const std::string fragile = create(
        {{"Cmd", {"sleep", "1000"}}, {"HostConfig", {{"RestartPolicy", {{"Name", "always"}}}}}}, "fragile");
    for (const std::string& id : {talker, echo, fragile})
        ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    const int fragile_pid = inspect(fragile)["State"]["Pid"];
    const json before = inspect(echo)["State"];
    const rt::UniqueFd connection =
        connect_to(inspect(echo)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]);
    ASSERT_TRUE(answers(connection.get(), 0));
    int last_said = 0;
    {
        const Load first(socket(), json{{"Image", "busybox"}, {"Cmd", {"sleep", "100"}}}.dump());
        const Load second(socket(), json{{"Image", "busybox"}, {"Cmd", {"true"}}}.dump());
        for (int round = 1; round <= 4; ++round) {
            auto follower = connect();
            follower.send_request("GET", "/containers/talker/logs?stdout=1&follow=1");
            EXPECT_THAT(follower.read_until("0\n"), testing::HasSubstr("200 OK")) << "the log's first line";
            const int lives = first.lives();
            ASSERT_TRUE(eventually([&] { return first.lives() > lives + 1; }));
            if (round % 2 == 0)
                kill_rtd();
            else
                stop_rtd();
            EXPECT_TRUE(answers(connection.get(), round * 2)) << "while there is no rtd";
            if (round == 2) ::kill(fragile_pid, SIGKILL);
            ASSERT_NO_FATAL_FAILURE(start_rtd());
            EXPECT_TRUE(answers(connection.get(), round * 2 + 1)) << "after round " << round;
        }
        EXPECT_TRUE(eventually([&] { return inspect(fragile)["RestartCount"] == 1; }));
        std::istringstream said(rtctl_({"logs", "--tail", "1", "talker"}).out);
        said >> last_said;
    }
    EXPECT_EQ(inspect(echo)["State"], before);
    // Each number once, in order, also those that were said while nobody served the API.
    EXPECT_EQ(call("POST", "/containers/talker/kill").status, 204);
    EXPECT_TRUE(eventually([&] { return inspect(talker)["State"]["Status"] == "exited"; }));
    std::istringstream lines(rtctl_({"logs", "talker"}).out);
    int expected = 0;
    for (int number = 0; lines >> number; ++expected) ASSERT_EQ(number, expected);
    EXPECT_GE(expected, last_said);
    EXPECT_GT(last_said, 0);
    for (const std::string& id : {talker, echo, fragile})
        EXPECT_EQ(call("DELETE", "/containers/" + id + "?force=1").status, 204);
    // What the load has left where its rtd was killed in the middle; some of it is just being taken back.
    EXPECT_TRUE(eventually([&] {
        const json left = call("GET", "/containers/json?all=1").json();
        for (const json& one : left)
            call("DELETE", "/containers/" + one["Id"].get<std::string>() + "?force=1");
        return left.empty();
    }));
}

} // namespace
