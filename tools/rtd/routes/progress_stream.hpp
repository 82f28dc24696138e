// SPDX-License-Identifier: Apache-2.0
// How a pull or a load goes on, as docker's lines of JSON. Lines come from threads of the engine and go to
// one client; of one who is slow the steps in between are left out.
#pragma once

#include "core/image/image_service.hpp"
#include "tools/rtd/http/exchange.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace rt::rtd {

class ProgressStream : public std::enable_shared_from_this<ProgressStream> {
public:
    explicit ProgressStream(const asio::any_io_executor& executor)
        : executor_(executor), news_(executor, asio::steady_timer::time_point::max()) {}

    // Any thread.
    void add(const ImageProgress& progress);
    void add(const Json& line);
    // readable, until the client has gone: work looks at it between its steps.
    [[nodiscard]] int cancel_fd() const { return cancelled_.get(); }

    // Does the work on a worker and writes what it tells; the answer's head goes with the first line, so that
    // what fails at once has a status of its own. What fails later is told in a last line.
    using Work = std::function<Result<void>(Engine& engine, ProgressStream& progress)>;
    static Awaitable<Result<void>> run(Services& services, Exchange& exchange, Work work);

private:
    Awaitable<void> write_to(Exchange& exchange, const bool& done);
    Awaitable<void> write_pending(Exchange& exchange);

    asio::any_io_executor executor_;
    asio::steady_timer news_;
    std::mutex mutex_;
    std::string lines_; // not yet written
    UniqueFd cancelled_, canceller_;
};

// docker's line for an error that comes after the head.
Json error_line(const Error& error);

} // namespace rt::rtd
