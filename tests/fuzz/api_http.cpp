// SPDX-License-Identifier: Apache-2.0
// What comes over a connection, byte for byte, up to its end: requests that are answered with what was
// understood of them, hijacked connections, and what is no request.
#include "fuzz/fuzz.hpp"
#include "tools/rtd/http/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/socket.h>
#include <unistd.h>

using namespace rt;
using namespace rt::rtd;

namespace {

constexpr std::size_t kBodyLimit = 4096;

Answer echo_of(const Request& request, std::string body) {
    body += request.path + request.header("Host") + request.query.get("a");
    return {200, "text/plain", std::move(body)};
}

Awaitable<Result<void>> handle(Exchange& exchange) {
    const std::string& path = exchange.request().path;
    if (path == "/hijack") {
        co_await exchange.hijack("application/vnd.docker.raw-stream");
        for (;;) {
            const std::string data = co_await exchange.read();
            if (data.empty()) co_return Result<void>();
        }
    }
    if (path == "/ignored") { // the body is not read
        const Answer answer = echo_of(exchange.request(), "");
        co_await exchange.answer(answer);
        co_return Result<void>();
    }
    RT_CO_TRY_ASSIGN(std::string body, co_await exchange.whole_body(kBodyLimit));
    fuzz::must(body.size() <= kBodyLimit, "a body is no longer than its limit");
    const Answer answer = echo_of(exchange.request(), std::move(body));
    co_await exchange.answer(answer);
    co_return Result<void>();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return 0;
    const UniqueFd client(pair[0]);
    Serving serving{
        .find = [](Request&) -> Result<Handler> { return Handler(handle); }}; // outlives coroutines
    asio::io_context io(1);
    Socket socket(io, asio::generic::stream_protocol(AF_UNIX, 0), pair[1]);
    asio::co_spawn(io, serve_connection(std::move(socket), serving), asio::detached);
    (void)::send(client.get(), data, size, MSG_NOSIGNAL); // what fits in at once
    ::shutdown(client.get(), SHUT_WR);
    std::string answers;
    char piece[65536];
    while (io.poll_one() > 0 || !io.stopped()) {
        const ssize_t count = ::recv(client.get(), piece, sizeof piece, 0);
        if (count > 0) answers.append(piece, static_cast<std::size_t>(count));
        if (count == 0) break;
        if (count < 0 && io.poll() == 0) (void)io.run_one_for(std::chrono::milliseconds(100));
    }
    fuzz::must(answers.empty() || answers.starts_with("HTTP/1."), "what is answered is HTTP");
    return 0;
}
