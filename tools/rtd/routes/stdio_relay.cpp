// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/stdio_relay.hpp"

#include "core/container/detach_keys.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <variant>

namespace rt::rtd {
namespace {

using asio::steady_timer;
using boost::system::error_code;

class Relay {
public:
    Relay(Exchange& exchange, ShimStream& shim, const StdioWishes& wishes)
        : exchange_(exchange), shim_(shim), wishes_(wishes), detach_(wishes.detach_keys),
          taken_(exchange.executor()) {}

    Awaitable<StdioResult> output() {
        for (;;) {
            auto event = co_await shim_.next();
            if (!event) co_return StdioResult{};
            switch (event->kind) {
            case ShimEvent::Kind::closed: co_return StdioResult{};
            case ShimEvent::Kind::exit: co_return StdioResult{StdioEnd::exited, event->exit};
            case ShimEvent::Kind::progress: taken_.cancel(); break;
            case ShimEvent::Kind::output:
                if (!wants(event->stream)) break;
                if (wishes_.terminal)
                    co_await exchange_.write(event->data);
                else
                    co_await exchange_.write(stdio_frame(event->stream, event->data));
                break;
            }
        }
    }

    // Ends when the user detaches, the client has no more and the container goes on, or the client is gone.
    Awaitable<StdioResult> input() {
        bool takes = wishes_.in;
        for (;;) {
            std::string data = co_await exchange_.read();
            const bool over = data.empty();
            if (takes && detach_.filter(data)) co_return StdioResult{StdioEnd::detached, {}};
            if (takes && !data.empty()) takes = co_await pass_on(data);
            if (over) break;
        }
        if (takes && wishes_.in_ends) (void)shim_.client().post_close_stdin();
        // As docker has it: who has given all that it had does not wait for a container that wants more.
        if (wishes_.in && !wishes_.in_ends) co_return StdioResult{StdioEnd::left, {}};
        co_await exchange_.client_hung_up();
        throw boost::system::system_error(asio::error::connection_reset);
    }

private:
    [[nodiscard]] bool wants(Stream stream) const {
        return stream == Stream::error ? wishes_.error : wishes_.out;
    }

    // False: the container takes no more.
    Awaitable<bool> pass_on(std::string_view data) {
        ShimClient& client = shim_.client();
        while (!data.empty()) {
            while (client.write_window() == 0) {
                taken_.expires_at(steady_timer::time_point::max());
                error_code woken;
                co_await taken_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
                const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
                if (cancelled != asio::cancellation_type::none)
                    throw boost::system::system_error(asio::error::operation_aborted);
            }
            const std::string_view part = data.substr(0, std::min(data.size(), client.write_window()));
            if (!client.write(part)) co_return false;
            data.remove_prefix(part.size());
        }
        co_return true;
    }

    Exchange& exchange_;
    ShimStream& shim_;
    const StdioWishes& wishes_;
    DetachFilter detach_;
    steady_timer taken_;
};

} // namespace

std::string stdio_frame(Stream stream, std::string_view data) {
    const auto size = static_cast<std::uint32_t>(data.size());
    std::string frame(8, '\0');
    frame[0] = static_cast<char>(stream);
    for (int i = 0; i < 4; ++i)
        frame[static_cast<std::size_t>(4 + i)] = static_cast<char>(size >> (24 - 8 * i));
    frame += data;
    return frame;
}

Awaitable<StdioResult> relay_stdio(Exchange& exchange, ShimStream& shim, const StdioWishes& wishes) {
    using namespace asio::experimental::awaitable_operators;
    Relay relay(exchange, shim, wishes);
    const auto ended = co_await (relay.output() || relay.input());
    co_return ended.index() == 0 ? std::get<0>(ended) : std::get<1>(ended);
}

std::string stdio_content_type(const Request& request, bool terminal) {
    return !terminal && request.version >= ApiVersion{1, 42} ? "application/vnd.docker.multiplexed-stream"
                                                             : "application/vnd.docker.raw-stream";
}

} // namespace rt::rtd
