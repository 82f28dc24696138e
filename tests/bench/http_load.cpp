// SPDX-License-Identifier: Apache-2.0
// Asks a server on a unix socket the same thing over and over, over many connections at once, each of which
// waits for its answer: http-load SOCKET TARGET CONNECTIONS SECONDS. Prints "requests seconds p50_ms p99_ms".
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

int connect_to(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die(path);
    return fd;
}

class Client {
public:
    Client(const char* path, const std::string& request) : fd_(connect_to(path)), request_(request) {}
    [[nodiscard]] int fd() const { return fd_; }

    void ask() {
        asked_at_ = Clock::now();
        received_ = 0;
        length_ = 0;
        head_.clear();
        if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request_.size()))
            die("send");
    }

    // True: the answer is whole.
    bool take() {
        static char buffer[1U << 20U];
        const ssize_t count = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count <= 0) die("the server has closed the connection");
        received_ += static_cast<std::size_t>(count);
        if (length_ == 0) read_head(buffer, static_cast<std::size_t>(count));
        return length_ != 0 && received_ >= length_;
    }

    [[nodiscard]] double milliseconds() const {
        return std::chrono::duration<double, std::milli>(Clock::now() - asked_at_).count();
    }

private:
    void read_head(const char* data, std::size_t size) {
        head_.append(data, std::min<std::size_t>(size, 4096));
        const auto end = head_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        const auto place = head_.find("Content-Length: ");
        if (!head_.starts_with("HTTP/1.1 200 ") || place > end) {
            std::fprintf(stderr, "not an answer to measure: %s\n", head_.substr(0, end).c_str());
            std::exit(1);
        }
        length_ = end + 4 + std::strtoul(head_.c_str() + place + 16, nullptr, 10);
    }

    int fd_;
    const std::string& request_;
    std::string head_;
    std::size_t received_ = 0, length_ = 0;
    Clock::time_point asked_at_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fputs("usage: http-load SOCKET TARGET CONNECTIONS SECONDS\n", stderr);
        return 2;
    }
    const std::string request = "GET " + std::string(argv[2]) + " HTTP/1.1\r\nHost: rt\r\n\r\n";
    const int queue = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Client> clients;
    for (int i = 0; i < std::atoi(argv[3]); ++i) clients.emplace_back(argv[1], request);
    for (Client& client : clients) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
        if (::epoll_ctl(queue, EPOLL_CTL_ADD, client.fd(), &event) != 0) die("epoll_ctl");
        client.ask();
    }
    std::vector<double> times;
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration<double>(std::atof(argv[4]));
    while (Clock::now() < end) {
        epoll_event events[64];
        const int count = ::epoll_wait(queue, events, 64, 1000);
        for (int i = 0; i < count; ++i) {
            auto& client = *static_cast<Client*>(events[i].data.ptr);
            if (!client.take()) continue;
            times.push_back(client.milliseconds());
            client.ask();
        }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (times.empty()) return 1;
    std::ranges::sort(times);
    std::printf("%zu %.3f %.3f %.3f\n", times.size(), seconds, times[times.size() / 2],
                times[times.size() * 99 / 100]);
    return 0;
}
