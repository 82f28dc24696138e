// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/tls.hpp"

#include "tools/rtd/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <chrono>
#include <string>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;
using boost::system::error_code;
namespace ssl = asio::ssl;

constexpr std::chrono::seconds kHandshake{30}; // at most, so is the farewell
constexpr std::size_t kRecord = 16U << 10U;    // a TLS record

class TlsRelay {
public:
    TlsRelay(Socket socket, ssl::context& context, Socket inside)
        : outside_(std::move(socket), context), inside_(std::move(inside)) {}

    Awaitable<bool> shake_hands() {
        error_code problem;
        const auto done =
            co_await (outside_.async_handshake(ssl::stream_base::server,
                                               asio::redirect_error(asio::use_awaitable, problem)) ||
                      time_limit());
        if (done.index() == 0 && problem)
            log(LogLevel::info, cat("a client over TLS is refused: ", problem.message()));
        co_return done.index() == 0 && !problem;
    }

    Awaitable<void> pass_on() { co_await (inward() && outward()); }

private:
    Awaitable<void> inward() {
        std::string piece(kRecord, '\0');
        error_code problem;
        for (;;) {
            const std::size_t count = co_await outside_.async_read_some(
                asio::buffer(piece), asio::redirect_error(asio::use_awaitable, problem));
            if (problem) break;
            co_await asio::async_write(inside_, asio::buffer(piece, count),
                                       asio::redirect_error(asio::use_awaitable, problem));
            if (problem) break;
        }
        error_code ignored;
        if (problem == asio::error::eof) { // it says no more, and may listen
            inside_.shutdown(Socket::shutdown_send, ignored);
            co_await outside_.next_layer().async_wait(Socket::wait_read,
                                                      asio::redirect_error(asio::use_awaitable, ignored));
        }
        // It has gone: whoever is at the other end is to see that.
        inside_.close(ignored);
    }

    Awaitable<void> outward() {
        std::string piece(kRecord, '\0');
        error_code problem;
        for (;;) {
            const std::size_t count = co_await inside_.async_read_some(
                asio::buffer(piece), asio::redirect_error(asio::use_awaitable, problem));
            if (problem) break;
            co_await asio::async_write(outside_, asio::buffer(piece, count),
                                       asio::redirect_error(asio::use_awaitable, problem));
            if (problem) break;
        }
        error_code ignored;
        if (problem == asio::error::eof)
            co_await (outside_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored)) ||
                      time_limit());
        outside_.next_layer().close(ignored);
    }

    Awaitable<void> time_limit() {
        asio::steady_timer timer(outside_.get_executor(), kHandshake);
        co_await timer.async_wait(asio::use_awaitable);
    }

    ssl::stream<Socket> outside_;
    Socket inside_;
};

} // namespace

Result<std::shared_ptr<ssl::context>> open_tls(const TlsFiles& files) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    error_code problem;
    const auto failed = [&](std::string_view option, const Path& file) {
        return fail(Code::invalid_argument, option, " '", file.native(), "': ", problem.message());
    };
    context->load_verify_file(files.authority.native(), problem);
    if (problem) return failed("--tlscacert", files.authority);
    context->use_certificate_chain_file(files.certificate.native(), problem);
    if (problem) return failed("--tlscert", files.certificate);
    context->use_private_key_file(files.key.native(), ssl::context::pem, problem);
    if (problem) return failed("--tlskey", files.key);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, problem);
    if (problem) return failed("--tlscacert", files.authority);
    return context;
}

Awaitable<void> serve_tls(Socket socket, ssl::context& context, Serving& serving) {
    const auto executor = socket.get_executor();
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) co_return;
    const asio::generic::stream_protocol protocol(AF_UNIX, 0);
    Socket server(executor, protocol, pair[0]);
    TlsRelay relay(std::move(socket), context, Socket(executor, protocol, pair[1]));
    try {
        const bool known = co_await relay.shake_hands();
        if (!known) co_return;
        asio::co_spawn(executor, serve_connection(std::move(server), serving), asio::detached);
        co_await relay.pass_on();
    } catch (const boost::system::system_error&) {
        // It has gone.
    }
}

} // namespace rt::rtd
