// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/commands/logs_follow.hpp"

#include "core/base/clock.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

namespace rt::cli {
namespace {

// Readable when something was written or begun in the directory of the logs.
Result<UniqueFd> watch(const Path& directory) {
    UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd) return fail_errno(errno, "inotify");
    if (::inotify_add_watch(fd.get(), directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
        return fail_errno(errno, "watch '", directory.native(), "'");
    return fd;
}

void drain(int fd) {
    std::array<char, 4096> buffer{};
    while (::read(fd, buffer.data(), buffer.size()) > 0) {
    }
}

// For poll(); until: ns, 0: for ever.
int milliseconds_to(std::int64_t until) {
    if (until == 0) return -1;
    return static_cast<int>(std::clamp<std::int64_t>((until - now_ns()) / 1'000'000 + 1, 0, INT_MAX));
}

} // namespace

Result<void> follow_log(Engine& engine, const Container& container, LogReader& reader,
                        const LogFollowing& following) {
    auto shim = ShimClient::connect(engine.run_directory(container.id));
    if (!shim && (shim.error().code == Code::not_found || shim.error().code == Code::unavailable))
        return reader.read(following.sink); // it does not run: nothing more comes
    if (!shim) return std::unexpected(std::move(shim).error());
    const auto state = shim->state();
    const bool goes = !state && state.error().code == Code::unavailable;
    if (goes || (state && state->phase == "resting")) return reader.read(following.sink); // nor now
    RT_TRY(state);
    RT_TRY_ASSIGN(const UniqueFd changes, watch(engine.log_file(container.id).parent_path()));
    if (auto watched = shim->watch_exit(); !watched) {
        if (watched.error().code == Code::unavailable) return reader.read(following.sink);
        return watched;
    }
    for (;;) {
        const bool last = following.until != 0 && now_ns() > following.until; // before the look
        RT_TRY(reader.read(following.sink)); // after the watch was made: what came in between is seen here
        if (last || reader.stopped()) return {};
        // The end of our reader is an event too: there may be no line any more that would tell.
        std::array<pollfd, 3> ready = {pollfd{changes.get(), POLLIN, 0}, pollfd{shim->fd(), POLLIN, 0},
                                       pollfd{STDOUT_FILENO, 0, 0}};
        if (!shim->has_buffered() &&
            ::poll(ready.data(), ready.size(), milliseconds_to(following.until)) < 0 && errno != EINTR)
            return fail_errno(errno, "poll");
        if ((ready[2].revents & POLLERR) != 0) return {};
        if ((ready[0].revents & POLLIN) != 0) drain(changes.get());
        if (!shim->has_buffered() && ready[1].revents == 0) continue;
        const auto event = shim->next();
        // All output is in the log before the exit is told.
        if (!event || event->kind == ShimEvent::Kind::exit || event->kind == ShimEvent::Kind::closed)
            return reader.read(following.sink);
    }
}

} // namespace rt::cli
