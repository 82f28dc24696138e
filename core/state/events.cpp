// SPDX-License-Identifier: Apache-2.0
#include "core/state/events.hpp"

#include "core/base/clock.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

namespace rt {
namespace {

constexpr std::int64_t kKept = 10'000;
constexpr std::int64_t kPruneEvery = 256; // ids; deleting one at each addition would cost each start

} // namespace

Result<void> EventLog::add(const Event& event) {
    std::int64_t id = 0;
    RT_TRY(database_.run(
        "INSERT INTO events (time, type, action, actor_id, attributes) VALUES (?,?,?,?,?) "
        "RETURNING id",
        {event.time == 0 ? now_ns() : event.time, event.type, event.action, event.actor_id, event.attributes},
        [&](const SqlRow& row) { id = row.number(0); }));
    if (id % kPruneEvery != 0) return {};
    return database_.run("DELETE FROM events WHERE id <= ?", {id - kKept});
}

Result<void> EventLog::read(std::int64_t after, std::int64_t since, std::int64_t until,
                            const std::function<void(const Event&)>& on_event) {
    return database_.run(
        "SELECT id, time, type, action, actor_id, attributes FROM events "
        "WHERE id > ?1 AND time >= ?2 AND (?3 = 0 OR time <= ?3) ORDER BY id",
        {after, since, until}, [&](const SqlRow& row) {
            on_event({row.number(0), row.number(1), row.text(2), row.text(3), row.text(4), row.text(5)});
        });
}

Result<std::int64_t> EventLog::last_id() {
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

void EventWatch::drain() {
    std::array<char, 4096> buffer{};
    while (::read(fd_.get(), buffer.data(), buffer.size()) > 0) {
    }
}

} // namespace rt
