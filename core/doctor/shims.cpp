// SPDX-License-Identifier: Apache-2.0
// Shims that no run directory leads to: somebody removed that while they lived, say. They hold a container
// that nobody can reach any more.
#include "core/base/id.hpp"
#include "core/doctor/areas.hpp"
#include "core/shim/run_files.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace rt::doctor {
namespace {

constexpr int kDeathLimit = 5000; // ms

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

// A child that has not executed a program yet looks like its parent.
bool is_child_of_shim(pid_t pid) {
    const auto text = read_file(cat("/proc/", pid, "/status"), 16384);
    if (!text) return true; // gone
    const std::size_t at = text->find("\nPPid:\t");
    pid_t parent = 0;
    if (at == std::string::npos) return true;
    std::from_chars(text->data() + at + 7, text->data() + text->size(), parent);
    return parent > 1 && is_shim(parent);
}

bool is_recorded(const Path& directory, pid_t pid) {
    const auto text = read_file(directory / shim::kPidName, 4096);
    return text && text->starts_with(cat("pid ", pid, "\n"));
}

bool is_orphan(Engine& engine, pid_t pid, const std::string& id) {
    return !is_locked(engine.lock_file(id)) && !is_recorded(engine.run_directory(id), pid) && is_shim(pid) &&
           !is_child_of_shim(pid) && container_of_shim(pid) == id;
}

// What it held is ended with its cgroup, which is found once it is gone.
Result<void> end(Engine& engine, pid_t pid, const std::string& id) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process && errno == ESRCH) return {};
    if (!process) return fail_errno(errno, "take hold of process ", pid);
    if (!is_orphan(engine, pid, id)) return {}; // held, so that this is about the very process
    if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0 && errno != ESRCH)
        return fail_errno(errno, "end the shim ", pid);
    pollfd ended{process.get(), POLLIN, 0};
    if (::poll(&ended, 1, kDeathLimit) <= 0)
        return fail(Code::unavailable, "end the shim ", pid, ": it has not ended ", kDeathLimit,
                    " ms after SIGKILL: try again later");
    return {};
}

Result<void> look(Examination& examination) {
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
    examination.look("shim.orphan", [&] { return look(examination); });
}

} // namespace rt::doctor
