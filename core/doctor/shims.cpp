// SPDX-License-Identifier: Apache-2.0
// Shims that no run directory leads to: somebody removed that while they lived, say. They hold a container
// that nobody can reach any more.
#include "core/base/descriptor_limit.hpp"
#include "core/base/id.hpp"
#include "core/doctor/areas.hpp"
#include "core/shim/run_files.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace rt::doctor {
namespace {

constexpr int kDeathLimit = 5000;              // ms
constexpr std::size_t kMostDescendants = 4096; // the rest goes with the cgroup, or is found the next time

std::string program_of(pid_t pid) {
    std::array<char, 4096> text{};
    const ssize_t size = ::readlink(cat("/proc/", pid, "/exe").c_str(), text.data(), text.size());
    return size <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

bool is_shim(pid_t pid) {
    return Path(program_of(pid)).filename() == "rt-shim";
}

// The container's id is on its command line; "": it is not, or the process is gone.
std::string container_of_shim(pid_t pid) {
    const auto line = read_file(cat("/proc/", pid, "/cmdline"), 4096);
    if (!line) return {};
    const std::size_t first = line->find('\0');
    if (first == std::string::npos) return {};
    const std::string id = line->substr(first + 1, line->find('\0', first + 1) - first - 1);
    return id.size() == kContainerIdDigits && is_hex(id) ? id : std::string();
}

// 0: it is gone.
pid_t parent_of(pid_t pid) {
    const auto text = read_file(cat("/proc/", pid, "/status"), 16384);
    const std::size_t at = text ? text->find("\nPPid:\t") : std::string::npos;
    pid_t parent = 0;
    if (at != std::string::npos) std::from_chars(text->data() + at + 7, text->data() + text->size(), parent);
    return parent;
}

// A child that has not executed a program yet looks like its parent.
bool is_child_of_shim(pid_t pid) {
    const pid_t parent = parent_of(pid);
    return parent == 0 || (parent > 1 && is_shim(parent));
}

bool is_recorded(const Path& directory, pid_t pid) {
    const auto text = read_file(directory / shim::kPidName, 4096);
    return text && text->starts_with(cat("pid ", pid, "\n"));
}

bool is_orphan(Engine& engine, pid_t pid, const std::string& id) {
    return !is_locked(engine.lock_file(id)) && !is_recorded(engine.run_directory(id), pid) && is_shim(pid) &&
           !is_child_of_shim(pid) && container_of_shim(pid) == id;
}

// A process that cannot become another while it is held.
struct Held {
    pid_t pid;
    UniqueFd fd;
};

Result<std::optional<Held>> hold(pid_t pid) {
    UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!fd && errno == ESRCH) return std::nullopt;
    if (!fd) return fail_errno(errno, "take hold of process ", pid);
    return Held{pid, std::move(fd)};
}

Result<void> send_signal(const Held& process, int number) {
    if (::syscall(SYS_pidfd_send_signal, process.fd.get(), number, nullptr, 0) != 0 && errno != ESRCH)
        return fail_errno(errno, "send signal ", number, " to process ", process.pid);
    return {};
}

// Those whose parent it is now; of a kernel that does not list them (CONFIG_PROC_CHILDREN), none.
Result<void> hold_children(const Held& parent, std::vector<Held>& into) {
    RT_TRY_ASSIGN(const auto threads, names_in(cat("/proc/", parent.pid, "/task")));
    for (const std::string& thread : threads) {
        const auto listed = read_file(cat("/proc/", parent.pid, "/task/", thread, "/children"));
        if (!listed) continue;
        for (const char *at = listed->data(), *end = at + listed->size(); at < end;) {
            pid_t pid = 0;
            at = std::from_chars(at, end, pid).ptr + 1; // "12 13 "
            if (pid <= 0) break;
            RT_TRY_ASSIGN(auto child, hold(pid));
            if (child && parent_of(pid) == parent.pid) into.push_back(std::move(*child));
        }
    }
    return {};
}

// First stopped, so that it starts no more meanwhile, then all that came of it: with another parent than it
// they are found by nobody, where their cgroup has a place of its own.
// As many as can be held: nobody stays stopped for want of the rest.
std::vector<Held> hold_descendants(const Held& shim) {
    raise_descriptor_limit();
    std::vector<Held> held;
    if (!send_signal(shim, SIGSTOP) || !hold_children(shim, held)) return held;
    for (std::size_t next = 0; next < held.size() && held.size() < kMostDescendants; ++next)
        if (!send_signal(held[next], SIGSTOP) || !hold_children({held[next].pid, UniqueFd()}, held)) break;
    return held;
}

Result<void> await_end(const Held& process) {
    pollfd ended{process.fd.get(), POLLIN, 0};
    if (::poll(&ended, 1, kDeathLimit) <= 0)
        return fail(Code::unavailable, "end process ", process.pid, ": it has not ended ", kDeathLimit,
                    " ms after SIGKILL: try again later");
    return {};
}

// With the container that it held; its cgroup is found once it is gone.
Result<void> end(Engine& engine, pid_t pid, const std::string& id) {
    RT_TRY_ASSIGN(const auto shim, hold(pid));
    if (!shim || !is_orphan(engine, pid, id)) return {}; // held, so that this is about the very process
    const auto descendants = hold_descendants(*shim);
    Result<void> sent = send_signal(*shim, SIGKILL);
    for (const Held& process : descendants)
        if (auto one = send_signal(process, SIGKILL); !one) sent = std::move(one);
    RT_TRY(std::move(sent));
    return await_end(*shim);
}

Result<void> look_for_orphans(Examination& examination) {
    RT_TRY_ASSIGN(const auto entries, names_in("/proc"));
    for (const std::string& entry : entries) {
        pid_t pid = 0;
        const auto [stop, wrong] = std::from_chars(entry.data(), entry.data() + entry.size(), pid);
        if (wrong != std::errc{} || stop != entry.data() + entry.size() || !is_shim(pid)) continue;
        const std::string id = container_of_shim(pid);
        Engine& engine = examination.engine();
        if (id.empty() || !is_orphan(engine, pid, id)) continue;
        RT_TRY_ASSIGN(const bool ours, was_ours(examination.state(), id));
        if (!ours) continue; // of another engine on this host
        examination.report("shim.orphan",
                           {.subject = cat("process ", pid),
                            .text = "a shim that nobody can reach: its run directory is gone, or another's",
                            .owner = cat("container ", id),
                            .repair = [&engine, pid, id] { return end(engine, pid, id); }});
    }
    return {};
}

} // namespace

void look_at_shims(Examination& examination) {
    examination.look("shim.orphan", [&] { return look_for_orphans(examination); });
}

} // namespace rt::doctor
