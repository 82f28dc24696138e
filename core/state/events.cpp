// SPDX-License-Identifier: Apache-2.0
#include "core/state/events.hpp"

#include "core/base/clock.hpp"
#include "core/state/event_spool.hpp"

#include <nlohmann/json.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <ranges>

namespace rt {
namespace {

constexpr std::int64_t kPruneAt = 512; // too many; deleting each singly would cost each clean-up

// A commit is written first and seen by readers a moment later, when nobody is told any more: so there are a
// few more looks after each change.
constexpr std::array kLookAgain = {5, 100, 2000}; // ms
constexpr std::int64_t kMillisecond = 1'000'000;  // ns

// Nothing of a line that was not written to its end.
std::optional<Event> spooled_event(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    try {
        return Event{.time = json.at("time").get<std::int64_t>(),
                     .type = json.at("type").get<std::string>(),
                     .action = json.at("action").get<std::string>(),
                     .actor_id = json.at("actor_id").get<std::string>(),
                     .attributes =
                         json.at("attributes").dump(-1, ' ', false, Json::error_handler_t::replace)};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

} // namespace

Result<void> EventLog::add(const Event& event) {
    RT_TRY(take_spooled());
    return insert(event);
}

Result<std::string> EventLog::spool_mark() {
    std::string mark;
    RT_TRY(database_.run("SELECT value FROM settings WHERE key = 'spool'", {},
                         [&](const SqlRow& row) { mark = row.text(0); }));
    return mark;
}

// What cannot be read stays for collect(): the change that an event belongs to does not fail for it.
Result<void> EventLog::take_spooled() {
    if (!has_spooled_events(database_.root())) return {};
    RT_TRY_ASSIGN(const std::string mark, spool_mark());
    const auto spooled = spooled_events(database_.root(), mark);
    return spooled ? insert_spooled(*spooled) : Result<void>();
}

Result<void> EventLog::insert_spooled(const SpooledEvents& spooled) {
    if (spooled.lines.empty()) return {};
    for (const auto line : std::views::split(spooled.lines, '\n'))
        if (const auto event = spooled_event(std::string_view(line))) RT_TRY(insert(*event));
    return database_.run("INSERT OR REPLACE INTO settings (key, value) VALUES ('spool', ?)", {spooled.mark});
}

void EventLog::collect() {
    constexpr std::int64_t kPause = 1'000'000'000; // ns
    if (!has_spooled_events(database_.root()) || monotonic_ns() < collect_again_at_) return;
    auto taken = take_in();
    if (taken) {
        told_.clear();
        return;
    }
    const std::string before = std::exchange(told_, taken.error().message);
    if (has_spooled_events(database_.root()))
        collect_again_at_ = monotonic_ns() + kPause;
    else
        told_.clear(); // it was set aside: the next one is another
    if (on_problem_ && taken.error().message != before)
        on_problem_(
            in_context(std::move(taken).error(), "take in events that were recorded without the database")
                .error());
}

Result<void> EventLog::take_in() {
    std::optional<Error> broken;
    const Result<void> taken = database_.transaction([&]() -> Result<void> {
        RT_TRY_ASSIGN(const std::string mark, spool_mark());
        auto spooled = spooled_events(database_.root(), mark);
        if (!spooled) {
            broken = std::move(spooled).error();
            return {};
        }
        RT_TRY(insert_spooled(*spooled));
        return prune(); // whoever records events without the database never does
    });
    RT_TRY(taken);
    if (broken) {
        if (broken->code == Code::corrupt) {
            RT_TRY_ASSIGN(const auto aside, set_spool_aside(database_.root()));
            if (!aside) return {};
            broken->message += cat(" (it is kept as '", aside->native(), "')");
        }
        return std::unexpected(std::move(*broken));
    }
    RT_TRY_ASSIGN(const std::string mark, spool_mark());
    return forget_spooled(database_.root(), mark);
}

Result<void> EventLog::insert(const Event& event) {
    return database_.run("INSERT INTO events (time, type, action, actor_id, attributes) VALUES (?,?,?,?,?)",
                         {event.time == 0 ? now_ns() : event.time, event.type, event.action, event.actor_id,
                          event.attributes});
}

Result<void> EventLog::prune() {
    std::int64_t first = 0;
    std::int64_t last = 0;
    RT_TRY(database_.run("SELECT coalesce((SELECT min(id) FROM events), 0), "
                         "coalesce((SELECT max(id) FROM events), 0)",
                         {}, [&](const SqlRow& row) {
                             first = row.number(0);
                             last = row.number(1);
                         }));
    if (last - first < kKept + kPruneAt) return {};
    return database_.run("DELETE FROM events WHERE id <= ?", {last - kKept});
}

Result<void> EventLog::read(std::int64_t after, std::int64_t since, std::int64_t until,
                            const std::function<void(const Event&)>& on_event) {
    collect();
    return database_.run(
        "SELECT id, time, type, action, actor_id, attributes FROM events "
        "WHERE id > ?1 AND time >= ?2 AND (?3 = 0 OR time <= ?3) ORDER BY id",
        {after, since, until}, [&](const SqlRow& row) {
            on_event({row.number(0), row.number(1), row.text(2), row.text(3), row.text(4), row.text(5)});
        });
}

Result<std::int64_t> EventLog::last_id() {
    collect();
    std::int64_t id = 0;
    RT_TRY(database_.run("SELECT coalesce(max(id), 0) FROM events", {},
                         [&](const SqlRow& row) { id = row.number(0); }));
    return id;
}

Result<EventWatch> EventWatch::open(const Path& root) {
    UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    // Each commit of any process writes to the write-ahead log; the directory is watched because that file
    // comes and goes.
    if (!fd || ::inotify_add_watch(fd.get(), root.c_str(), IN_MODIFY) < 0)
        return fail_errno(errno, "watch '", root.native(), "' for events");
    return EventWatch(std::move(fd));
}

bool EventWatch::drain() {
    std::array<char, 4096> buffer{};
    bool happened = false;
    while (::read(fd_.get(), buffer.data(), buffer.size()) > 0) happened = true;
    return happened;
}

Result<EventFollower> EventFollower::open(EventLog& log, const Path& root, Span span) {
    // The watch first: what comes between it and the first look is seen by both, and read once.
    RT_TRY_ASSIGN(EventWatch watch, EventWatch::open(root));
    EventFollower follower(log, std::move(watch), span);
    if (span.since == 0 && span.until == 0) {
        RT_TRY_ASSIGN(follower.after_, log.last_id());
        follower.has_read_ = true;
    }
    return follower;
}

Result<std::vector<Event>> EventFollower::read() {
    std::vector<Event> events;
    if (watch_.drain())
        looks_ = 0;
    else if (has_read_ && looks_ < kLookAgain.size())
        ++looks_;
    const bool last_look = span_.until != 0 && now_ns() >= span_.until; // before it: what comes is later
    RT_TRY(log_->read(after_, 0, 0, [&](const Event& event) { take(event, events); }));
    has_read_ = true;
    over_ = last_look;
    return events;
}

// By number, not by time: a clock that is set back makes nothing come twice, or not at all.
void EventFollower::take(const Event& event, std::vector<Event>& into) {
    const bool is_past = !has_read_; // of what was there when we came
    if (!is_past && event.id > after_ + 1) lost_ += event.id - after_ - 1;
    after_ = event.id;
    if (is_past && event.time < span_.since) return;
    if (span_.until != 0 && event.time > span_.until) return;
    into.push_back(event);
}

int EventFollower::wait_limit() const {
    int limit = looks_ < kLookAgain.size() ? kLookAgain.at(looks_) : -1;
    if (span_.until == 0) return limit;
    const std::int64_t left = std::max<std::int64_t>(span_.until - now_ns(), 0) / kMillisecond + 1;
    const int until_end = static_cast<int>(std::min<std::int64_t>(left, INT_MAX));
    return limit < 0 ? until_end : std::min(limit, until_end);
}

} // namespace rt
