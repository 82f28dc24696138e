// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/event_hub.hpp"

#include "tools/rtd/log.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace rt::rtd {
namespace {

using asio::steady_timer;
using boost::system::error_code;

constexpr std::chrono::seconds kPause{1}; // after a failure
constexpr std::chrono::milliseconds kTransaction{1};
constexpr std::chrono::milliseconds kShortestRest{10}; // the whole life of a short container
constexpr std::chrono::milliseconds kLongestRest{200};
constexpr int kRest = 4;                                    // times as long as the round was
constexpr std::size_t kToldAtOnce = 8;                      // listeners
constexpr std::size_t kRoundful = EventQueue::kMost / 4;    // events
constexpr std::size_t kMostWaiting = 4 * EventQueue::kMost; // events for rounds to come

using Listeners = std::list<std::weak_ptr<EventQueue>>;

std::shared_ptr<EventQueue> add_to(Listeners& listeners, std::shared_ptr<EventQueue> queue) {
    listeners.push_back(queue);
    return queue;
}

void forget_gone(Listeners& listeners) {
    std::erase_if(listeners, [](const std::weak_ptr<EventQueue>& listener) { return listener.expired(); });
}

void for_each(const Listeners& listeners, const auto& call) {
    for (const std::weak_ptr<EventQueue>& listener : listeners)
        if (const auto queue = listener.lock()) call(*queue);
}

} // namespace

Awaitable<void> EventQueue::arrived() {
    while (!has_some()) {
        news_.expires_at(steady_timer::time_point::max());
        error_code woken;
        co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!has_some()) // our caller is being cancelled
            throw boost::system::system_error(asio::error::operation_aborted);
    }
}

Result<SharedEvent> EventQueue::take() {
    if (overflowed_)
        return fail(Code::resource_exhausted, "events are lost: more than ", kMost,
                    " were not taken in time, or their log could not be read");
    SharedEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

Awaitable<Result<SharedEvent>> EventQueue::next() {
    co_await arrived();
    co_return take();
}

void EventQueue::add(const SharedEvent& event) {
    if (overflowed_ || (wanted_ && !wanted_(*event))) return;
    if (events_.size() == kMost) return overflow();
    events_.push_back(event);
    news_.cancel();
}

void EventQueue::overflow() {
    overflowed_ = true;
    events_.clear();
    news_.cancel();
}

std::shared_ptr<EventQueue> EventHub::listen(EventQueue::Wanted wanted) {
    return add_to(queues_, std::make_shared<EventQueue>(executor_, std::move(wanted)));
}

std::shared_ptr<EventQueue> EventHub::listen_in_turn(EventQueue::Wanted wanted) {
    return add_to(in_turn_, std::make_shared<EventQueue>(executor_, std::move(wanted)));
}

std::size_t EventHub::listeners() {
    forget_gone(queues_);
    forget_gone(in_turn_);
    return queues_.size() + in_turn_.size();
}

void EventHub::tell(std::vector<Event> events) {
    forget_gone(queues_);
    for (Event& event : events) {
        const auto shared = std::make_shared<const ToldEvent>(std::move(event));
        for_each(queues_, [&](EventQueue& queue) { queue.add(shared); });
        if (!in_turn_.empty()) for_next_round_.push_back(shared);
    }
    if (for_next_round_.size() > kMostWaiting) { // there is no hope that they will be told
        for_next_round_.clear();
        for_each(in_turn_, [](EventQueue& queue) { queue.overflow(); });
    }
    if (!is_resting_ ? !for_next_round_.empty() : for_next_round_.size() >= kRoundful) round_.cancel();
}

// Who comes while a round is made needs nothing of it: he reads the log after he has begun to listen.
Awaitable<void> EventHub::tell_in_turn() {
    using Clock = steady_timer::clock_type;
    for (;;) {
        while (for_next_round_.empty()) {
            round_.expires_at(steady_timer::time_point::max());
            error_code woken;
            co_await round_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        const auto begun = Clock::now();
        const auto end = for_next_round_.begin() +
                         static_cast<std::ptrdiff_t>(std::min(for_next_round_.size(), kRoundful));
        const std::vector<SharedEvent> events(for_next_round_.begin(), end);
        for_next_round_.erase(for_next_round_.begin(), end);
        forget_gone(in_turn_);
        const std::vector<std::weak_ptr<EventQueue>> listeners(in_turn_.begin(), in_turn_.end());
        for (std::size_t at = 0; at < listeners.size(); ++at) {
            if (const auto queue = listeners[at].lock())
                for (const SharedEvent& event : events) queue->add(event);
            if (at % kToldAtOnce == kToldAtOnce - 1) co_await asio::post(executor_, asio::use_awaitable);
        }
        if (for_next_round_.size() >= kRoundful) continue;
        is_resting_ = true;
        round_.expires_after(
            std::clamp<Clock::duration>(kRest * (Clock::now() - begun), kShortestRest, kLongestRest));
        error_code over;
        co_await round_.async_wait(asio::redirect_error(asio::use_awaitable, over));
        is_resting_ = false;
    }
}

// Nobody goes on as if there had been none.
void EventHub::tell_of_loss() {
    const auto overflow = [](EventQueue& queue) { queue.overflow(); };
    for_each(queues_, overflow);
    for_each(in_turn_, overflow);
}

Awaitable<Result<void>> EventHub::follow() {
    using namespace asio::experimental::awaitable_operators;
    struct Follower {
        std::unique_ptr<Engine> engine;
        std::optional<EventFollower> events;
    };
    const auto follower = std::make_shared<Follower>();
    auto opening = workers_.run([follower, open = open_]() -> Result<void> {
        RT_TRY_ASSIGN(follower->engine, open());
        RT_TRY_ASSIGN(Engine::State* const state, follower->engine->state());
        RT_TRY_ASSIGN(follower->events,
                      EventFollower::open(state->events, follower->engine->wiring().root, {}));
        return {};
    });
    RT_CO_TRY(co_await std::move(opening));
    // Only now: who looks for himself and listens anew misses nothing.
    if (std::exchange(interrupted_, false)) tell_of_loss();
    UniqueFd fd(::fcntl(follower->events->fd(), F_DUPFD_CLOEXEC, 0));
    if (!fd) co_return fail_errno(errno, "duplicate the descriptor that tells of changes");
    asio::posix::stream_descriptor changes(executor_, fd.release());
    steady_timer again(executor_);
    std::int64_t lost_told = 0;
    for (;;) {
        // It may have to wait for another process that writes.
        auto reading = workers_.run([follower] { return follower->events->read(); });
        auto events = co_await std::move(reading);
        if (!events) co_return std::unexpected(events.error());
        tell(std::move(*events));
        if (const std::int64_t lost = follower->events->lost(); lost > std::exchange(lost_told, lost)) {
            log(LogLevel::warning, cat("events: ", lost, " were removed from the log before they were read"));
            tell_of_loss();
        }
        const int limit = follower->events->wait_limit();
        again.expires_at(limit < 0 ? steady_timer::time_point::max()
                                   : steady_timer::clock_type::now() + std::chrono::milliseconds(limit));
        co_await (changes.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable) ||
                  again.async_wait(asio::use_awaitable));
        // A transaction is a dozen writes. Heard one by one, each would wake two threads, in the midst of
        // starts.
        again.expires_after(kTransaction);
        co_await again.async_wait(asio::use_awaitable);
    }
}

Awaitable<void> EventHub::run() {
    steady_timer pause(executor_);
    for (;;) {
        const Result<void> outcome = co_await follow();
        if (!outcome) log(LogLevel::error, cat("events: ", outcome.error().message));
        interrupted_ = true;
        pause.expires_after(kPause);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

} // namespace rt::rtd
