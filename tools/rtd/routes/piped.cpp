// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/piped.hpp"

#include "tools/rtd/routes/named_work.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;
using Descriptor = asio::posix::stream_descriptor;
using boost::system::error_code;

struct Pipe {
    UniqueFd read, write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

using PipeWork = std::function<Result<void>(Engine& engine, int fd)>;

Awaitable<Result<void>> run(Services& services, const Request& request, PipeWork work, UniqueFd end) {
    const auto fd = std::make_shared<UniqueFd>(std::move(end));
    auto call = [work = std::move(work), fd](Engine& engine) {
        Result<void> outcome = work(engine, fd->get());
        fd->reset(); // the other side sees the end
        return outcome;
    };
    auto task = services.transfers.run(named_work(request, std::move(call)));
    co_return co_await std::move(task);
}

// Its end of the pipe goes with the client, which ends the work.
Awaitable<void> send(Exchange& exchange, const Answer& head, UniqueFd end) {
    Descriptor pipe(exchange.executor(), end.release());
    std::string piece(64U << 10U, '\0');
    for (;;) {
        error_code problem;
        const std::size_t count = co_await pipe.async_read_some(
            asio::buffer(piece), asio::redirect_error(asio::use_awaitable, problem));
        if (problem) co_return;
        if (!exchange.has_begun()) co_await exchange.begin(head);
        co_await exchange.write(std::string_view(piece).substr(0, count));
    }
}

// broken: becomes readable when the body does not come to its end.
Awaitable<Result<void>> receive(Exchange& exchange, UniqueFd end, int broken) {
    Descriptor pipe(exchange.executor(), end.release());
    struct Breaks { // also where the client has gone, which is thrown
        int fd;
        bool whole = false;
        ~Breaks() {
            if (!whole) ::eventfd_write(fd, 1);
        }
    } breaks{broken};
    for (;;) {
        RT_CO_TRY_ASSIGN(const std::string piece, co_await exchange.read_body());
        if (piece.empty()) break;
        error_code problem;
        co_await asio::async_write(pipe, asio::buffer(piece),
                                   asio::redirect_error(asio::use_awaitable, problem));
        if (problem) break; // it has read enough, or failed: its outcome says so
    }
    breaks.whole = true;
    co_return Result<void>();
}

} // namespace

Awaitable<Result<void>> write_piped(Services& services, Exchange& exchange, Answer head, WritingWork work) {
    RT_CO_TRY_ASSIGN(Pipe pipe, make_pipe());
    auto writing = run(services, exchange.request(), std::move(work), std::move(pipe.write));
    auto sending = send(exchange, head, std::move(pipe.read));
    const Result<void> outcome = co_await (std::move(writing) && std::move(sending));
    if (outcome && !exchange.has_begun()) co_await exchange.begin(head); // an empty answer
    co_return outcome;
}

Awaitable<Result<void>> read_piped(Services& services, Exchange& exchange, ReadingWork work) {
    RT_CO_TRY_ASSIGN(Pipe pipe, make_pipe());
    const auto broken = std::make_shared<UniqueFd>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!*broken) co_return fail_errno(errno, "make an event descriptor");
    const PipeWork cancelled_when_broken = [work = std::move(work), broken](Engine& engine, int in) {
        Operation operation = Engine::new_operation();
        operation.cancel_fd = broken->get();
        return work(engine, in, operation);
    };
    auto reading = run(services, exchange.request(), cancelled_when_broken, std::move(pipe.read));
    auto receiving = receive(exchange, std::move(pipe.write), broken->get());
    auto [outcome, received] = co_await (std::move(reading) && std::move(receiving));
    if (!received) co_return received;
    co_return outcome;
}

} // namespace rt::rtd
