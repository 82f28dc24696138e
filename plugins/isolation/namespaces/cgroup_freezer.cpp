// SPDX-License-Identifier: Apache-2.0
#include "cgroup_freezer.hpp"

#include <fcntl.h>
#include <poll.h>

namespace rt::namespaces {
namespace {

constexpr std::int64_t kLongestMs = 10000;

Result<void> write_state(const std::string& path, const char* file, const char* state) {
    const std::string whole = cat(path, "/", file);
    return write_control(AT_FDCWD, whole.c_str(), state, whole);
}

// v2 tells of a change by POLLPRI on cgroup.events; it is read again after each, and now and then anyway.
Result<bool> frozen_v2(int events, const std::string& name) {
    if (::lseek(events, 0, SEEK_SET) < 0) return fail_errno(errno, "read '", name, "'");
    RT_TRY_ASSIGN(const std::string text, read_all(events, name, 4096));
    if (text.find("frozen 1\n") != std::string::npos) return true;
    pollfd wait{events, POLLPRI, 0};
    (void)::poll(&wait, 1, 20); // a signal or the end of the wait: looked at again
    return false;
}

// v1 may stay in FREEZING while a process is about to fork; the order is repeated, as the kernel's
// documentation says (freezer-subsystem.rst).
Result<bool> frozen_v1(const std::string& path) {
    RT_TRY(write_state(path, "freezer.state", "FROZEN"));
    RT_TRY_ASSIGN(const std::string text, read_whole(AT_FDCWD, cat(path, "/freezer.state").c_str(), 64));
    if (text.starts_with("FROZEN")) return true;
    const timespec pause{0, 1000000};
    ::nanosleep(&pause, nullptr);
    return false;
}

Result<void> await_frozen(const std::string& path, const Hierarchy& hierarchy,
                          const std::function<Result<void>()>& check) {
    const std::string name = path + "/cgroup.events";
    UniqueFd events;
    if (hierarchy.v2) {
        events.reset(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        if (!events) return fail_errno(errno, "open '", name, "'");
    }
    for (const auto deadline = now_ms() + kLongestMs;;) {
        RT_TRY_ASSIGN(const bool frozen, hierarchy.v2 ? frozen_v2(events.get(), name) : frozen_v1(path));
        if (frozen) return {};
        RT_TRY(check());
        if (now_ms() > deadline)
            return fail(
                Code::unavailable, "freeze the cgroup '", path,
                "': a process in it does not stop within 10 s (uninterruptible sleep?); try again later");
    }
}

} // namespace

Result<void> freeze(const std::string& path, const Hierarchy& hierarchy,
                    const std::function<Result<void>()>& check) {
    RT_TRY(
        write_state(path, hierarchy.v2 ? "cgroup.freeze" : "freezer.state", hierarchy.v2 ? "1" : "FROZEN"));
    auto frozen = await_frozen(path, hierarchy, check);
    if (!frozen) (void)thaw(path, hierarchy); // the first error is the one to tell
    return frozen;
}

Result<void> thaw(const std::string& path, const Hierarchy& hierarchy) {
    return write_state(path, hierarchy.v2 ? "cgroup.freeze" : "freezer.state", hierarchy.v2 ? "0" : "THAWED");
}

} // namespace rt::namespaces
