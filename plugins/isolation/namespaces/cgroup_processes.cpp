// SPDX-License-Identifier: Apache-2.0
#include "cgroup_processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <vector>

namespace rt::namespaces {
namespace {

constexpr int kDeepest =
    64; // nesting that a container can make below its own cgroup and that is still followed

std::vector<std::string> children_of(const std::string& path) {
    std::vector<std::string> out;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return out;
    while (const dirent* entry = ::readdir(directory.get()))
        if (entry->d_type == DT_DIR && std::string_view(entry->d_name) != "." &&
            std::string_view(entry->d_name) != "..")
            out.push_back(path + "/" + entry->d_name);
    return out;
}

Result<void> append_pids(const std::string& path, std::vector<int>& out, int depth = 0) {
    auto text = read_whole(AT_FDCWD, (path + "/cgroup.procs").c_str(), 64 << 20);
    if (!text) {
        // Gone, or a threaded cgroup below, whose processes its parent lists.
        if (text.error().sys_errno == ENOENT || text.error().sys_errno == ENODEV ||
            text.error().sys_errno == EOPNOTSUPP)
            return {};
        return std::unexpected(text.error());
    }
    const char* at = text->data();
    const char* end = at + text->size();
    for (int pid = 0; at < end;) {
        const auto [next, error] = std::from_chars(at, end, pid);
        if (error == std::errc() && pid > 0) out.push_back(pid); // 0: in a pid namespace that we cannot see
        at = std::find(next, end, '\n') + 1;
    }
    if (depth < kDeepest)
        for (const auto& child : children_of(path)) RT_TRY(append_pids(child, out, depth + 1));
    return {};
}

bool try_remove(const std::string& path, int depth = 0) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
    if (depth < kDeepest)
        for (const auto& child : children_of(path))
            (void)try_remove(child, depth + 1); // the rmdir below tells
    return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

void pause_ms(long milliseconds) {
    const timespec time{0, milliseconds * 1000000};
    ::nanosleep(&time, nullptr);
}

// v2 ends everything below at once and lets nothing fork away. False: this is v1, or Linux before 5.14.
bool kill_at_once(const std::string& path) {
    const std::string file = path + "/cgroup.kill";
    return write_control(AT_FDCWD, file.c_str(), "1", file).has_value();
}

// Freezing does the same on v1.
Result<void> kill_everything(const std::string& path) {
    if (kill_at_once(path)) return {};
    const std::string freezer = path + "/freezer.state";
    const bool frozen = write_control(AT_FDCWD, freezer.c_str(), "FROZEN", freezer).has_value();
    const auto sent = signal_cgroup(path, SIGKILL);
    if (frozen) RT_TRY(write_control(AT_FDCWD, freezer.c_str(), "THAWED", freezer));
    if (!sent) return std::unexpected(sent.error());
    return {};
}

} // namespace

Result<std::vector<int>> pids_in(const std::string& path) {
    std::vector<int> out;
    RT_TRY(append_pids(path, out));
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out); // one that moved while we read
    out.erase(twice.begin(), twice.end());
    return out;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto after = at + word.size();
        const bool begins = at == 0 || text[at - 1] == ' ';
        if (begins && (after == text.size() || text[after] == ' ' || text[after] == '\n')) return true;
    }
    return false;
}

// Held first and looked up again, so that a number which has become another's meanwhile is not hit.
Result<int> signal_held(const std::string& path, int number, std::span<const int> pids) {
    std::vector<std::pair<int, UniqueFd>> handles;
    for (const int pid : pids) {
        UniqueFd handle(pidfd_open(pid));
        if (!handle && errno != ESRCH)
            return fail_errno(errno, "take hold of process ", pid, " to send it signal ", number);
        if (handle) handles.emplace_back(pid, std::move(handle));
    }
    RT_TRY_ASSIGN(const std::vector<int> still_there, pids_in(path));
    int sent = 0;
    for (const auto& [pid, handle] : handles) {
        if (!std::ranges::binary_search(still_there, pid)) continue;
        if (pidfd_send_signal(handle.get(), number) == 0)
            ++sent;
        else if (errno != ESRCH)
            return fail_errno(errno, "send signal ", number, " to process ", pid);
    }
    return sent;
}

Result<int> signal_cgroup(const std::string& path, int number) {
    constexpr std::size_t kHeldAtOnce = 64; // descriptors are limited, processes may be many
    RT_TRY_ASSIGN(const std::vector<int> pids, pids_in(path));
    if (number == SIGKILL && !pids.empty() && kill_at_once(path)) return static_cast<int>(pids.size());
    int sent = 0;
    for (std::span<const int> rest(pids); !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), kHeldAtOnce));
        rest = rest.subspan(some.size());
        RT_TRY_ASSIGN(const int count, signal_held(path, number, some));
        sent += count;
    }
    return sent;
}

Result<void> empty_and_remove(const std::string& path, const std::function<Result<void>()>& check) {
    if (try_remove(path)) return {};
    const auto deadline = now_ms() + 10000;
    for (long wait = 1;; wait = std::min(wait * 2, 50L)) {
        RT_TRY(kill_everything(path));
        if (try_remove(path)) return {};
        RT_TRY(check());
        if (now_ms() > deadline)
            return fail(Code::unavailable, "remove the cgroup '", path,
                        "': processes in it do not end within 10 s of SIGKILL "
                        "(uninterruptible sleep?); try again later");
        pause_ms(wait);
    }
}

} // namespace rt::namespaces
