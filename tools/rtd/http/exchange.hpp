// SPDX-License-Identifier: Apache-2.0
// One request and its answer, as long as it takes: what a handler that streams works with. On the thread of
// the server only. What cannot be sent or read because the client is gone throws boost::system::system_error,
// which ends the handler.
#pragma once

#include "tools/rtd/http/answer.hpp"
#include "tools/rtd/http/asio.hpp"
#include "tools/rtd/http/request.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rt::rtd {

class Exchange {
public:
    virtual ~Exchange() = default;

    [[nodiscard]] virtual const Request& request() const = 0;
    [[nodiscard]] virtual asio::any_io_executor executor() const = 0;

    // The next piece of the body, as it comes; "": it is over. invalid_argument: it is malformed.
    virtual Awaitable<Result<std::string>> read_body() = 0;
    // All of it. resource_exhausted: it is longer than limit.
    Awaitable<Result<std::string>> whole_body(std::size_t limit);

    // All at once; or the head, and then piece by piece, each on its way before the next is taken.
    virtual Awaitable<void> answer(const Answer& answer) = 0;
    virtual Awaitable<void> begin(const Answer& head) = 0;
    virtual Awaitable<void> write(std::string_view data) = 0;
    // The same for several that have come together, each as a chunk of its own: clients take one for one.
    virtual Awaitable<void> write_each(const std::vector<std::string>& pieces) = 0;
    [[nodiscard]] virtual bool has_begun() const = 0;

    // Makes the connection a stream of bytes both ways: 101 where the client asks for an upgrade, else 200
    // and no length, as docker's clients of old want it.
    virtual Awaitable<void> hijack(const std::string& content_type) = 0;
    // Of such a stream. What the client has sent before is not lost. "": it sends no more.
    virtual Awaitable<std::string> read() = 0;
    // After that: returns when it does not listen either.
    virtual Awaitable<void> client_hung_up() = 0;

    // Returns when the client has gone: handler() || exchange.client_gone(). Not while its body is read.
    virtual Awaitable<void> client_gone() = 0;
};

} // namespace rt::rtd
