// SPDX-License-Identifier: Apache-2.0
#include "process_setup.hpp"

#include "user_lookup.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>

#include <algorithm>
#include <ranges>

namespace rt::namespaces {
namespace {

constexpr int kAboveStdio = 10;

std::string oom_score_file(int pid) {
    return pid == 0 ? "/proc/self/oom_score_adj" : cat("/proc/", pid, "/oom_score_adj");
}

bool apparmor_is_on() {
    const auto text = read_whole(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16);
    return text && text->starts_with('Y');
}

bool has_home(const std::vector<std::string>& env) {
    return std::ranges::any_of(env, [](const std::string& entry) { return entry.starts_with("HOME="); });
}

// An image's file; missing is like empty. A fifo or a device in its place is not waited for.
Result<std::string> read_user_file(const char* path) {
    const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES) return std::string();
        return fail_errno(errno, "open '", path, "' of the container");
    }
    struct stat info{};
    if (::fstat(fd.get(), &info) < 0 || !S_ISREG(info.st_mode)) return std::string();
    return read_all(fd.get(), path, kLargestUserFile);
}

} // namespace

void give_up(const ProcessSetup& setup, std::string_view step, const Error& error) {
    const Error named{error.code, error.sys_errno,
                      step.empty() ? error.message : cat(step, ": ", error.message)};
    (void)send_message(setup.channel.get(), MessageKind::error,
                       named); // the host may be gone; nobody else listens
    ::_exit(126);
}

void warn(const ProcessSetup& setup, const std::string& text) {
    (void)send_message(setup.channel.get(), MessageKind::warning, Error{Code::internal, 0, text}); // as above
}

// The host blocks some signals and ignores others; both would survive exec.
Result<void> reset_signals(ProcessSetup&) {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        (void)::sigaction(number, &standard, nullptr); // SIGKILL, SIGSTOP and libc's own two cannot be set
    sigset_t none;
    ::sigemptyset(&none);
    if (::sigprocmask(SIG_SETMASK, &none, nullptr) < 0) return fail_errno(errno, "unblock signals");
    return {};
}

Result<void> take_stdio(ProcessSetup& setup) {
    std::array<UniqueFd, 3> copies; // first out of the way: the given ones may be 0, 1 and 2 in another order
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const int given = setup.stdio[i];
        copies[i].reset(given >= 0 ? ::fcntl(given, F_DUPFD_CLOEXEC, kAboveStdio)
                                   : ::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!copies[i]) return fail_errno(errno, "take over the standard stream ", i);
    }
    for (std::size_t i = 0; i < copies.size(); ++i)
        if (::dup2(copies[i].get(), static_cast<int>(i)) < 0)
            return fail_errno(errno, "set the standard stream ", i);
    return {};
}

void close_all_except(std::span<const int> keep) {
    std::vector<int> sorted(keep.begin(), keep.end());
    std::ranges::sort(sorted);
    unsigned first = 3;
    for (const int fd : sorted) {
        if (fd < static_cast<int>(first)) continue;
        if (static_cast<unsigned>(fd) > first) (void)::close_range(first, static_cast<unsigned>(fd) - 1, 0);
        first = static_cast<unsigned>(fd) + 1;
    }
    (void)::close_range(first, ~0U, 0); // close errors of somebody else's descriptors say nothing to us
}

// Moving itself is what a process can do without the global lock that moving another one takes.
Result<void> enter_cgroups(ProcessSetup& setup) {
    for (const auto& tasks : setup.entrances)
        if (::write(tasks.get(), "0", 1) != 1) return fail_errno(errno, "enter a cgroup");
    setup.entrances.clear();
    return {};
}

Result<void> start_session(ProcessSetup&) {
    if (::setsid() < 0) return fail_errno(errno, "start a session");
    return {};
}

Result<void> set_oom_score(ProcessSetup& setup) {
    if (!setup.process.oom_score_adj) return {};
    const int wanted = *setup.process.oom_score_adj;
    const auto written = write_oom_score(0, wanted);
    if (written) return {};
    RT_TRY_ASSIGN(const std::string text, explain_oom_score(0, wanted, written.error()));
    warn(setup, text);
    return {};
}

Result<void> write_oom_score(int pid, int score) {
    const std::string file = oom_score_file(pid);
    return write_control(AT_FDCWD, file.c_str(), cat(score), file);
}

Result<std::string> explain_oom_score(int pid, int wanted, const Error& error) {
    if (error.sys_errno != EACCES && error.sys_errno != EPERM) return std::unexpected(error);
    RT_TRY_ASSIGN(const std::string now, read_whole(AT_FDCWD, oom_score_file(pid).c_str(), 64));
    return cat("the kernel refuses the out-of-memory score ", wanted,
               " (CAP_SYS_RESOURCE is missing); it stays at ",
               std::string_view(now).substr(0, now.find('\n')));
}

Result<void> open_label(ProcessSetup& setup) {
    const char* file = nullptr;
    if (!setup.process.apparmor_profile.empty() && setup.process.apparmor_profile != "unconfined") {
        if (!apparmor_is_on())
            return fail(Code::unsupported, "apply the AppArmor profile '", setup.process.apparmor_profile,
                        "': this host's kernel has no AppArmor; leave 'process.apparmorProfile' out");
        const bool own = ::access("/proc/self/attr/apparmor/exec", F_OK) == 0;
        file = own ? "/proc/self/attr/apparmor/exec" : "/proc/self/attr/exec";
    } else if (!setup.process.selinux_label.empty()) {
        if (::access("/sys/fs/selinux/enforce", F_OK) < 0)
            return fail(Code::unsupported, "apply the SELinux label '", setup.process.selinux_label,
                        "': this host's kernel has no SELinux; leave 'process.selinuxLabel' out");
        file = "/proc/self/attr/exec";
    }
    if (file == nullptr) return {};
    setup.label.reset(::open(file, O_WRONLY | O_CLOEXEC));
    if (!setup.label) return fail_errno(errno, "open '", file, "'");
    return {};
}

Result<void> resolve_identity(ProcessSetup& setup) {
    UserSpec& user = setup.process.user;
    const bool needs_home = !has_home(setup.process.env);
    setup.groups = user.additional_gids;
    if (user.username.empty() && user.additional_groups.empty() && !needs_home) return {};
    RT_TRY_ASSIGN(const std::string passwd, read_user_file("/etc/passwd"));
    std::string home;
    std::string group;
    if (!user.username.empty() || !user.additional_groups.empty()) {
        RT_TRY_ASSIGN(group, read_user_file("/etc/group"));
    }
    for (const std::string& name : user.additional_groups) {
        RT_TRY_ASSIGN(const std::uint32_t gid, resolve_group(name, group));
        setup.groups.push_back(gid);
    }
    if (user.username.empty()) {
        home = find_home(user.uid, passwd);
    } else {
        RT_TRY_ASSIGN(const UserIdentity found, resolve_user(user.username, passwd, group));
        user.uid = found.uid;
        user.gid = found.gid;
        home = found.home;
        // CVE-2022-36109: the primary group belongs to the additional ones, or setgid programs could shed it.
        setup.groups.push_back(found.gid);
        setup.groups.insert(setup.groups.end(), found.groups.begin(), found.groups.end());
        std::ranges::sort(setup.groups);
        setup.groups.erase(std::ranges::unique(setup.groups).begin(), setup.groups.end());
    }
    if (needs_home) setup.process.env.push_back(cat("HOME=", home.starts_with('/') ? home : "/"));
    return {};
}

// So that the user can open /dev/stdout and the like. Only what is the container's alone: pipes and its own
// terminal. A file or a terminal of the host keeps its owner.
Result<void> hand_stdio_to_user(ProcessSetup& setup) {
    for (int fd = 0; fd < 3; ++fd) {
        struct stat info{};
        if (::fstat(fd, &info) < 0) return fail_errno(errno, "look at the standard stream ", fd);
        const bool own = S_ISFIFO(info.st_mode) || (setup.process.terminal && S_ISCHR(info.st_mode));
        if (!own || info.st_uid == setup.process.user.uid) continue;
        // An id that the user namespace does not map, or a pipe from a file system that cannot: nothing to be
        // done.
        if (::fchown(fd, setup.process.user.uid, static_cast<gid_t>(-1)) < 0 && errno != EINVAL &&
            errno != EPERM)
            return fail_errno(errno, "give the standard stream ", fd, " to the user");
    }
    return {};
}

Result<void> enter_working_directory(ProcessSetup& setup) {
    if (setup.in_working_directory) return {};
    if (::chdir(setup.process.cwd.c_str()) < 0)
        return fail_errno(errno, "change to the working directory '", setup.process.cwd, "'");
    // CVE-2024-21626: a directory of the host, reached through a leaked descriptor, has no path below our
    // root.
    std::array<char, 4096> path{};
    if (::syscall(SYS_getcwd, path.data(), path.size()) < 0)
        return fail_errno(errno, "check that the working directory '", setup.process.cwd,
                          "' is in the container");
    if (path[0] != '/')
        return fail(Code::permission_denied, "the working directory '", setup.process.cwd,
                    "' is outside the container");
    setup.in_working_directory = true;
    return {};
}

} // namespace rt::namespaces
