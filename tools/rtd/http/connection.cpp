// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/connection.hpp"

#include "core/base/id.hpp"
#include "tools/rtd/log.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>

namespace rt::rtd {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using boost::system::system_error;

constexpr std::uint32_t kHeaderLimit = 64U << 10U; // bytes, with the request line
constexpr std::size_t kPiece = 64U << 10U;         // read at a time
// Within this time a client that has begun a request has said what it wants. A body may take as long as its
// source: who loads an archive through a pipe waits for whatever makes it.
constexpr std::chrono::seconds kSilence{60};

using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Parser = http::request_parser<http::buffer_body>;
using Borrowed = http::span_body<const char>;

template <class Message>
void set_common(Message& message, const Answer& answer, unsigned http_version, ApiVersion newest) {
    message.version(http_version);
    message.result(answer.status);
    message.set("Api-Version", to_string(newest));
    message.set("Docker-Experimental", "false");
    message.set("Ostype", "linux");
    message.set(http::field::server, "rt/" RT_VERSION " (linux)");
    if (!answer.content_type.empty()) message.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers) message.set(name, value);
}

class Connection final : public Exchange {
public:
    explicit Connection(Socket socket) : stream_(std::move(socket)) {}

    // False: the client is gone, or the connection cannot go on.
    Awaitable<bool> serve_one(Serving& serving) {
        // A client may think for as long as it likes before it says something.
        stream_.expires_never();
        if (buffer_.size() == 0) co_await stream_.socket().async_wait(Socket::wait_read, asio::use_awaitable);
        stream_.expires_after(kSilence);
        parser_.emplace();
        parser_->header_limit(kHeaderLimit);
        parser_->body_limit(boost::none);
        error_code problem;
        co_await http::async_read_header(stream_, buffer_, *parser_,
                                         asio::redirect_error(asio::use_awaitable, problem));
        if (problem == http::error::end_of_stream) co_return false;
        begun_ = hijacked_ = expects_ = false;
        request_ = {};
        status_ = 0;
        began_at_ = Clock::now();
        if (problem) {
            const error_code of_http = http::error::end_of_stream;
            if (problem.category() == of_http.category()) co_await refuse(problem);
            co_return false;
        }
        if (serving.ending) co_return false;
        stream_.expires_never();
        const Told told{*this, serving};
        const Result<void> outcome = co_await carry_out(serving.find);
        if (hijacked_) co_return false;
        if (!outcome && begun_) { // what was sent is all there is: the client sees it end
            if (outcome.error().code != Code::cancelled)
                log(LogLevel::warning, cat(request_.method, " ", request_.path, " (operation ",
                                           request_.operation, ") broke off: ", outcome.error().message));
            co_return false;
        }
        if (!outcome) co_await answer(error_answer(outcome.error()));
        if (chunked_) co_await end_chunks();
        co_return keep_alive_ && parser_->is_done() && !serving.ending;
    }

    const Request& request() const override { return request_; }
    asio::any_io_executor executor() const override { return executor_; }
    bool has_begun() const override { return begun_; }

    Awaitable<Result<std::string>> read_body() override {
        if (expects_) {
            expects_ = false;
            constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(stream_, asio::buffer(kGoOn), asio::use_awaitable);
        }
        std::string piece;
        while (piece.empty() && !parser_->is_done()) {
            piece.resize(kPiece);
            auto& body = parser_->get().body();
            body.data = piece.data();
            body.size = piece.size();
            error_code problem;
            co_await http::async_read_some(stream_, buffer_, *parser_,
                                           asio::redirect_error(asio::use_awaitable, problem));
            if (problem && problem != http::error::need_buffer) {
                keep_alive_ = false;
                co_return fail(Code::invalid_argument, "the body of the request: ", problem.message());
            }
            piece.resize(piece.size() - body.size);
        }
        co_return piece;
    }

    Awaitable<void> answer(const Answer& answer) override {
        co_await see_to_the_rest();
        http::response<Borrowed> message;
        set_common(message, answer, version_, kNewest);
        message.body() = {answer.body.data(), answer.body.size()};
        message.keep_alive(keep_alive_);
        const bool has_body = answer.status != 204 && answer.status != 304;
        if (has_body) message.content_length(answer.body.size());
        note_head(answer.status);
        http::response_serializer<Borrowed> serializer(message);
        if (request_.method == "HEAD")
            co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
        else
            co_await http::async_write(stream_, serializer, asio::use_awaitable);
    }

    Awaitable<void> begin(const Answer& head) override {
        co_await see_to_the_rest();
        http::response<http::empty_body> message;
        set_common(message, head, version_, kNewest);
        if (version_ < 11) keep_alive_ = false; // its end is the connection's
        message.keep_alive(keep_alive_);
        message.chunked(version_ >= 11);
        chunked_ = version_ >= 11;
        note_head(head.status);
        http::response_serializer<http::empty_body> serializer(message);
        co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    }

    Awaitable<void> write(std::string_view data) override {
        if (data.empty()) co_return; // an empty chunk would be the last
        if (chunked_)
            co_await asio::async_write(stream_, http::make_chunk(asio::buffer(data)), asio::use_awaitable);
        else
            co_await asio::async_write(stream_, asio::buffer(data), asio::use_awaitable);
    }

    Awaitable<void> write_each(const std::vector<std::string>& pieces) override {
        std::string all;
        for (const std::string& piece : pieces) {
            if (piece.empty()) continue;
            if (chunked_) {
                std::array<char, 16> size{};
                const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
                all.append(size.data(), end).append("\r\n").append(piece).append("\r\n");
            } else {
                all += piece;
            }
        }
        if (!all.empty()) co_await asio::async_write(stream_, asio::buffer(all), asio::use_awaitable);
    }

    Awaitable<void> hijack(const std::string& content_type) override {
        std::string head;
        if (!request_.header("Upgrade").empty())
            head = cat("HTTP/1.1 101 UPGRADED\r\nContent-Type: ", content_type,
                       "\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n");
        else
            head = cat("HTTP/1.1 200 OK\r\nContent-Type: ", content_type, "\r\n");
        head +=
            cat("Api-Version: ", to_string(kNewest), "\r\nDocker-Experimental: false\r\nOstype: linux\r\n",
                "Server: rt/" RT_VERSION " (linux)\r\n\r\n");
        hijacked_ = true;
        note_head(request_.header("Upgrade").empty() ? 200 : 101);
        co_await asio::async_write(stream_, asio::buffer(head), asio::use_awaitable);
        co_await head_is_read();
    }

    Awaitable<std::string> read() override {
        if (buffer_.size() > 0) {
            std::string early = beast::buffers_to_string(buffer_.data());
            buffer_.consume(buffer_.size());
            co_return early;
        }
        std::string piece(kPiece, '\0');
        error_code problem;
        const std::size_t count = co_await stream_.async_read_some(
            asio::buffer(piece), asio::redirect_error(asio::use_awaitable, problem));
        if (problem && problem != asio::error::eof) throw system_error(problem);
        piece.resize(count);
        co_return piece;
    }

    Awaitable<void> client_gone() override {
        char byte = 0;
        while (buffer_.size() == 0) {
            co_await stream_.socket().async_wait(Socket::wait_read, asio::use_awaitable);
            const ssize_t count = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
            if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) co_return;
            if (count > 0) break; // its next request, which waits
        }
        asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
    }

    Awaitable<void> client_hung_up() override {
        pollfd polled{stream_.socket().native_handle(), 0, 0};
        // The kernel tells only of what is new: what is there already is asked for.
        if (::poll(&polled, 1, 0) > 0) co_return;
        error_code ignored;
        co_await stream_.socket().async_wait(Socket::wait_error,
                                             asio::redirect_error(asio::use_awaitable, ignored));
        if (ignored) throw system_error(ignored);
    }

    // What the client has sent and nobody has read must not take the answer away from it: a socket that is
    // closed with something unread in it resets the connection. So it is read and dropped, for a moment.
    Awaitable<void> close() {
        constexpr std::chrono::seconds kMoment{1};
        error_code problem;
        stream_.socket().shutdown(Socket::shutdown_send, problem);
        std::string dropped(kPiece, '\0');
        stream_.expires_after(kMoment);
        while (!problem)
            co_await stream_.async_read_some(asio::buffer(dropped),
                                             asio::redirect_error(asio::use_awaitable, problem));
        stream_.socket().close(problem);
    }

private:
    using Clock = std::chrono::steady_clock;

    // Tells what became of a request, however it ends.
    struct Told {
        Connection& connection;
        Serving& serving;
        ~Told() {
            if (!serving.done) return;
            const Connection& one = connection;
            const auto now = Clock::now();
            serving.done({one.request_.method, one.request_.path, std::string(one.request_.route),
                          one.request_.operation, one.request_.version, one.status_,
                          (one.status_ == 0 ? now : one.head_at_) - one.began_at_, now - one.began_at_});
        }
    };

    void note_head(unsigned status) {
        begun_ = true;
        status_ = status;
        head_at_ = Clock::now();
    }

    Awaitable<Result<void>> carry_out(const FindHandler& find) {
        const auto& message = parser_->get();
        version_ = message.version();
        keep_alive_ = message.keep_alive();
        chunked_ = false;
        expects_ = beast::iequals(message[http::field::expect], "100-continue");
        request_.method = std::string(message.method_string());
        request_.operation = random_hex(12);
        for (const auto& field : message)
            request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
        RT_CO_TRY(take_target(message.target()));
        RT_CO_TRY_ASSIGN(const Handler handler, find(request_));
        try {
            co_return co_await handler(*this);
        } catch (const system_error&) {
            throw;                                  // the client has gone
        } catch (const std::exception& exception) { // no memory, or a fault of ours: this request's alone
            co_return fail(Code::internal, request_.method, " ", request_.path, ": ", exception.what());
        }
    }

    Result<void> take_target(std::string_view target) {
        if (target.starts_with("http://") || target.starts_with("https://")) { // as proxies are asked
            target.remove_prefix(target.find("//") + 2);
            target.remove_prefix(std::min(target.find('/'), target.size()));
        }
        std::string_view path = target.substr(0, target.find('?'));
        RT_TRY_ASSIGN(request_.query, Query::parse(target.substr(std::min(target.size(), path.size() + 1))));
        RT_TRY_ASSIGN(request_.version, take_version(path));
        RT_TRY_ASSIGN(request_.path, percent_decoded(path, Plus::itself));
        return {};
    }

    // Something that can be read without waiting for it.
    [[nodiscard]] bool has_come() {
        char byte = 0;
        return buffer_.size() > 0 ||
               ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    }

    // Of a body that nobody wants: a short one that has come is read and dropped, so that the connection can
    // go on; of another the client hears that it cannot.
    Awaitable<void> see_to_the_rest() {
        constexpr std::uint64_t kShort = 64U << 10U; // bytes
        if (!parser_ || parser_->is_done()) co_return;
        if (!parser_->is_header_done()) { // what came was no request
            keep_alive_ = false;
            co_return;
        }
        const auto rest = parser_->content_length_remaining();
        while (!expects_ && rest && *rest <= kShort && !parser_->is_done() && has_come()) {
            const auto piece = co_await read_body();
            if (!piece || piece->empty()) break;
        }
        if (!parser_->is_done()) keep_alive_ = false;
    }

    Awaitable<void> refuse(const error_code& problem) {
        keep_alive_ = false;
        version_ = 11;
        Answer refusal =
            error_answer({Code::invalid_argument, 0, cat("malformed request: ", problem.message())});
        if (problem == http::error::header_limit) refusal.status = 431;
        co_await answer(refusal);
    }

    // Clients that take the head through a buffer, and the stream from the socket behind it, would lose what
    // comes with the head: docker's daemon never has anything to say so soon. Waits for a second at most (one
    // that does not read misses nothing meanwhile), and only where the kernel tells (a unix socket).
    Awaitable<void> head_is_read() {
        constexpr std::chrono::microseconds kFirst(100), kLongest(4'000);
        const auto until = Clock::now() + std::chrono::seconds(1);
        asio::steady_timer pause(executor_);
        for (auto wait = kFirst; Clock::now() < until; wait = std::min(wait * 2, kLongest)) {
            int unread = 0;
            const int socket = stream_.socket().native_handle();
            if (::ioctl(socket, SIOCOUTQ, &unread) != 0 || unread == 0) co_return;
            pause.expires_after(wait);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    Awaitable<void> end_chunks() {
        co_await asio::async_write(stream_, http::make_chunk_last(), asio::use_awaitable);
    }

    Stream stream_;
    asio::any_io_executor executor_ = stream_.get_executor();
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    Request request_;
    unsigned version_ = 11;
    bool keep_alive_ = true;
    bool expects_ = false; // 100 Continue before it sends its body
    bool begun_ = false, chunked_ = false, hijacked_ = false;
    unsigned status_ = 0; // that was answered
    Clock::time_point began_at_, head_at_;
};

} // namespace

Awaitable<void> serve_connection(Socket socket, Serving& serving) {
    Connection connection(std::move(socket));
    struct Counted {
        std::size_t& connections;
        explicit Counted(std::size_t& counter) : connections(counter) { ++connections; }
        ~Counted() { --connections; }
    } const counted(serving.connections);
    try {
        while (co_await connection.serve_one(serving)) {
        }
    } catch (const system_error&) {
        co_return; // The client has gone: that is its right at any time.
    }
    co_await connection.close();
}

} // namespace rt::rtd
