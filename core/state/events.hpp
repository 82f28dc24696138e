// SPDX-License-Identifier: Apache-2.0
// What happened to containers, images, networks and volumes, in the order in which it was recorded. An event
// is added in the transaction that makes it true, so there is none without the change and no change without
// it. The newest ones are kept. One log per thread, over its database.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rt {

struct SpooledEvents;

struct Event {
    std::int64_t id = 0;   // grows; given by add()
    std::int64_t time = 0; // ns; given by add() where it is 0
    std::string type;      // container, image, network, volume
    std::string action;    // docker's words: create, start, die, "health_status: healthy", ...
    std::string actor_id;
    std::string attributes = "{}"; // JSON object of strings
};

class EventLog {
public:
    // on_problem: told of events that were recorded without the database and cannot be taken in, once for
    // each reason. Nothing else fails for them.
    using OnProblem = std::function<void(const Error&)>;
    explicit EventLog(Database& database, OnProblem on_problem = {})
        : database_(database), on_problem_(std::move(on_problem)) {}

    // Inside the transaction of the change. Those that were recorded before it without the database
    // (core/state/event_spool.hpp) come first.
    Result<void> add(const Event& event);
    // Those with id > after, the oldest first. until: only up to that time (ns; 0: no end).
    Result<void> read(std::int64_t after, std::int64_t since, std::int64_t until,
                      const std::function<void(const Event&)>& on_event);
    Result<std::int64_t> last_id();
    // Takes in those that were recorded without the database; read() and last_id() do it too. Not inside a
    // transaction. What cannot be read is set aside; after a failure it is not tried again for a second,
    // since each try is a change that who follows the events hears of.
    void collect();

    // Lets the oldest go, so that the newest kKept stay: in the clean-up after a container, which no start
    // waits for, and only when enough have come together.
    static constexpr std::int64_t kKept = 10'000;
    Result<void> prune();

private:
    Result<std::string> spool_mark();
    Result<void> take_spooled();
    Result<void> insert_spooled(const SpooledEvents& spooled);
    Result<void> take_in();
    Result<void> insert(const Event& event);

    Database& database_;
    OnProblem on_problem_;
    std::int64_t collect_again_at_ = 0; // ns, of the monotonic clock
    std::string told_;                  // the problem that was told last
};

// Becomes readable when something may have been added by any process. Holds an inotify descriptor.
class EventWatch {
public:
    static Result<EventWatch> open(const Path& root); // where rt.db is
    [[nodiscard]] int fd() const { return fd_.get(); }
    bool drain(); // before the log is read again; false: nothing had happened

private:
    explicit EventWatch(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

// The events of a span of time, also those that are still to come: each of them once, in order.
class EventFollower {
public:
    struct Span {
        std::int64_t since = 0; // ns; 0: the oldest there are, if until is given, else those from now on
        std::int64_t until = 0; // ns; 0: for ever
    };
    // root: where rt.db is. The log is borrowed.
    static Result<EventFollower> open(EventLog& log, const Path& root, Span span);

    // Those that have come since the last call. After it: over() says whether more can come, else the next
    // call is due when fd() is readable or wait_limit() (ms, for poll()) has passed.
    Result<std::vector<Event>> read();
    [[nodiscard]] bool over() const { return over_; }
    [[nodiscard]] int fd() const { return watch_.fd(); }
    [[nodiscard]] int wait_limit() const;
    // That were removed from the log before we came to read them.
    [[nodiscard]] std::int64_t lost() const { return lost_; }

private:
    EventFollower(EventLog& log, EventWatch watch, Span span)
        : log_(&log), watch_(std::move(watch)), span_(span) {}
    void take(const Event& event, std::vector<Event>& into);

    EventLog* log_;
    EventWatch watch_;
    Span span_;
    std::int64_t after_ = 0;
    std::int64_t lost_ = 0;
    bool has_read_ = false;
    bool over_ = false;
    std::size_t looks_ = 0; // since the last change
};

} // namespace rt
