// SPDX-License-Identifier: Apache-2.0
// What happens, told to everybody in rtd who listens: the log of events is read once for all of them,
// whichever process wrote it. On the thread of the server only.
#pragma once

#include "core/state/events.hpp"
#include "tools/rtd/engine/worker_pool.hpp"
#include "tools/rtd/http/asio.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace rt::rtd {

struct ToldEvent : Event {
    explicit ToldEvent(Event event) : Event(std::move(event)) {}
    mutable std::string line; // as the API shows it; made by the first who shows it
};
using SharedEvent = std::shared_ptr<const ToldEvent>;

// The events since it was made, for one listener. At most kMost are kept for one who does not take them.
class EventQueue {
public:
    static constexpr std::size_t kMost = 4096;
    using Wanted = std::function<bool(const Event&)>;

    EventQueue(asio::any_io_executor executor, Wanted wanted)
        : wanted_(std::move(wanted)), news_(std::move(executor)) {}

    // The next one, in order. resource_exhausted: some are lost, because too many were not taken in time or
    // the log could not be read. Whoever has to know everything looks for himself and listens anew.
    Awaitable<Result<SharedEvent>> next();

    // The same in two steps, for who waits for other things as well: what is waited for beside another and
    // comes at the same moment would be dropped. arrived(): take() has an answer.
    Awaitable<void> arrived();
    [[nodiscard]] bool has_some() const { return !events_.empty() || overflowed_; }
    Result<SharedEvent> take();

private:
    friend class EventHub;
    void add(const SharedEvent& event);
    void overflow();

    Wanted wanted_;
    std::deque<SharedEvent> events_;
    bool overflowed_ = false;
    asio::steady_timer news_;
};

class EventHub {
public:
    // open: for an engine of its own.
    EventHub(asio::any_io_executor executor, WorkerPool& workers, WorkerPool::OpenEngine open)
        : executor_(std::move(executor)), workers_(workers), open_(std::move(open)), round_(executor_) {}

    // Until the server ends: reads the log, and tells who is told in turn.
    Awaitable<void> run();
    Awaitable<void> tell_in_turn();

    // It listens as long as the queue lives. wanted: all of them where it is empty.
    std::shared_ptr<EventQueue> listen(EventQueue::Wanted wanted = {});
    // For clients, of whom there may be many: they are told a few at a time, with whatever else the server
    // has to do in between, and the server rests between two rounds, in which more events come together.
    std::shared_ptr<EventQueue> listen_in_turn(EventQueue::Wanted wanted);
    [[nodiscard]] std::size_t listeners(); // now

private:
    using Listeners = std::list<std::weak_ptr<EventQueue>>;

    Awaitable<Result<void>> follow();
    void tell(std::vector<Event> events);
    void tell_of_loss();

    asio::any_io_executor executor_;
    WorkerPool& workers_;
    WorkerPool::OpenEngine open_;
    bool interrupted_ = false; // since the follower before failed
    Listeners queues_, in_turn_;
    std::vector<SharedEvent> for_next_round_;
    asio::steady_timer round_; // cancelled when there is something for it, in a rest when there is a lot
    bool is_resting_ = false;
};

} // namespace rt::rtd
