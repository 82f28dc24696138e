// SPDX-License-Identifier: Apache-2.0
// An HTTP server in the test's own process that does what a test tells it, also what no registry should: cut
// a connection, send another body, be busy. One connection per request. The handler is called by the server's
// threads.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace rt::test {

struct FakeRequest {
    std::string method;
    std::string path;                           // with the query
    std::map<std::string, std::string> headers; // names in lower case
    std::string body{};                         // by its Content-Length
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

struct FakeResponse {
    int status = 200;
    std::string body = {};
    std::map<std::string, std::string> headers = {};
    std::size_t cut_after = SIZE_MAX; // bytes of the body, then the connection is closed
};

class FakeHttpServer {
public:
    using Handler = std::function<FakeResponse(const FakeRequest&)>;

    explicit FakeHttpServer(Handler handler) : handler_(std::move(handler)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("fake server");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    FakeHttpServer(const FakeHttpServer&) = delete;
    FakeHttpServer& operator=(const FakeHttpServer&) = delete;
    ~FakeHttpServer() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        for (std::thread& thread : connections_) thread.join();
        ::close(listener_);
    }

    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::vector<FakeRequest> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

    // Of a request's body; where it is longer, the connection breaks there. Set both before the first
    // request.
    std::function<std::size_t(const FakeRequest&)> limit_body;
    std::function<void(const FakeRequest&)> on_break;

private:
    std::size_t read_at_most(const FakeRequest& request) {
        return limit_body ? limit_body(request) : SIZE_MAX;
    }
    void accept_all() {
        for (;;) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) return;
            connections_.emplace_back([this, client] {
                serve(client);
                ::close(client);
            });
        }
    }

    void serve(int client) {
        std::string text;
        char buffer[4096];
        while (text.find("\r\n\r\n") == std::string::npos) {
            const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
            if (count <= 0) return;
            text.append(buffer, static_cast<std::size_t>(count));
        }
        FakeRequest request = parse(text);
        const std::string length = request.header("content-length");
        const std::size_t size = length.empty() ? 0 : std::stoul(length);
        request.body = text.substr(text.find("\r\n\r\n") + 4);
        const std::size_t most = std::min(size, read_at_most(request));
        while (request.body.size() < most) {
            const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            request.body.append(buffer, static_cast<std::size_t>(count));
        }
        if (most < size) { // the connection breaks
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
            if (on_break) on_break(request);
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        FakeResponse response = handler_(request);
        std::string head =
            "HTTP/1.1 " + std::to_string(response.status) + " Whatever\r\nConnection: close\r\n";
        if (!response.headers.contains("Content-Length"))
            head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
        for (const auto& [name, value] : response.headers)
            head.append(name).append(": ").append(value).append("\r\n");
        std::string answer = head + "\r\n" + response.body.substr(0, response.cut_after);
        for (std::size_t sent = 0; sent < answer.size();) {
            const ssize_t count = ::send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return;
            sent += static_cast<std::size_t>(count);
        }
        ::shutdown(client, SHUT_WR);
    }

    static FakeRequest parse(const std::string& text) {
        FakeRequest request;
        const auto first = text.find(' ');
        const auto second = text.find(' ', first + 1);
        request.method = text.substr(0, first);
        request.path = text.substr(first + 1, second - first - 1);
        for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
            const auto end = text.find("\r\n", at);
            const auto colon = text.find(": ", at);
            if (end == at || end == std::string::npos) break;
            std::string name = text.substr(at, colon - at);
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
            request.headers[name] = text.substr(colon + 2, end - colon - 2);
            at = end + 2;
        }
        return request;
    }

    Handler handler_;
    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    std::vector<FakeRequest> requests_;
    std::vector<std::thread> connections_;
    std::thread acceptor_;
};

} // namespace rt::test
