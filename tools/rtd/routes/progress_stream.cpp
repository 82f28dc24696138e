// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/progress_stream.hpp"

#include "core/base/text.hpp"
#include "tools/rtd/routes/named_work.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace rt::rtd {
namespace {

using Phase = ImageProgress::Phase;
using boost::system::error_code;

constexpr std::size_t kMostPending = 256U << 10U; // bytes, beyond which steps in between are left out
constexpr std::size_t kBarWidth = 50;

const char* status_of(Phase phase) {
    switch (phase) {
    case Phase::note: return "";
    case Phase::waiting: return "Waiting";
    case Phase::downloading: return "Downloading";
    case Phase::unpacking: return "Extracting";
    case Phase::done: return "Pull complete";
    case Phase::exists: return "Already exists";
    case Phase::preparing: return "Preparing";
    case Phase::pushing: return "Pushing";
    case Phase::pushed: return "Pushed";
    case Phase::mounted: return "Mounted from ";
    case Phase::present: return "Layer already exists";
    }
    return "";
}

// "[=====>     ]  1.2MB/3.4MB", for clients that show it as it is.
std::string bar(std::uint64_t current, std::uint64_t total) {
    const auto done = static_cast<std::size_t>(kBarWidth * std::min(current, total) / total);
    std::string text = cat("[", std::string(done, '='), done < kBarWidth ? ">" : "");
    text.append(kBarWidth - std::min(done + 1, kBarWidth), ' ');
    return cat(text, "]  ", current, "B/", total, "B");
}

} // namespace

Json error_line(const Error& error) {
    return {{"errorDetail", {{"message", error.message}}}, {"error", error.message}};
}

void ProgressStream::add(const ImageProgress& progress) {
    if (progress.phase == Phase::note) return add(Json{{"status", printable(progress.text)}});
    Json detail = Json::object();
    Json line{{"status", cat(status_of(progress.phase), printable(progress.text))}, {"id", progress.layer}};
    const bool between = progress.phase == Phase::downloading || progress.phase == Phase::unpacking ||
                         progress.phase == Phase::pushing;
    if (between) {
        detail["current"] = progress.current;
        if (progress.total != 0) {
            detail["total"] = progress.total;
            line["progress"] = bar(progress.current, progress.total);
        }
        const std::lock_guard lock(mutex_);
        if (lines_.size() > kMostPending) return;
    }
    line["progressDetail"] = std::move(detail);
    add(line);
}

void ProgressStream::add(const Json& line) {
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\r\n";
    const std::lock_guard lock(mutex_);
    lines_ += text;
    if (lines_.size() == text.size()) // else it has been told and has not come yet
        asio::post(executor_, [self = shared_from_this()] { self->news_.cancel(); });
}

Awaitable<void> ProgressStream::write_pending(Exchange& exchange) {
    for (;;) {
        std::string lines;
        {
            const std::lock_guard lock(mutex_);
            lines.swap(lines_);
        }
        if (lines.empty()) co_return;
        if (!exchange.has_begun()) co_await exchange.begin(kJsonHead);
        co_await exchange.write(lines);
    }
}

Awaitable<void> ProgressStream::write_to(Exchange& exchange, const bool& done) {
    try {
        for (;;) {
            co_await write_pending(exchange);
            if (done) co_return;
            news_.expires_at(asio::steady_timer::time_point::max());
            error_code woken;
            co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    } catch (const boost::system::system_error&) {
        canceller_.reset(); // the client has gone: the work ends at its next look
        throw;
    }
}

Awaitable<Result<void>> ProgressStream::run(Services& services, Exchange& exchange, Work work) {
    using namespace asio::experimental::awaitable_operators;
    const auto progress = std::make_shared<ProgressStream>(exchange.executor());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) co_return fail_errno(errno, "make a pipe");
    progress->cancelled_.reset(ends[0]); // readable when the other end is closed
    progress->canceller_.reset(ends[1]);
    bool done = false;
    const auto carry_out = [&]() -> Awaitable<Result<void>> {
        auto call = [progress, &work](Engine& engine) { return work(engine, *progress); };
        auto task = services.transfers.run(named_work(exchange.request(), std::move(call)));
        Result<void> outcome = co_await std::move(task);
        done = true;
        progress->news_.cancel();
        co_return outcome;
    };
    const Result<void> outcome = co_await (carry_out() && progress->write_to(exchange, done));
    if (outcome || !exchange.has_begun()) co_return outcome;
    co_await exchange.write(error_line(outcome.error()).dump(-1, ' ', false, Json::error_handler_t::replace) +
                            "\r\n");
    co_return Result<void>();
}

} // namespace rt::rtd
