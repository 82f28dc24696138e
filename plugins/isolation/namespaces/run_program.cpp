// SPDX-License-Identifier: Apache-2.0
// The last steps of every process of a container, after the host said "go": privileges are given up and the
// user's program is executed.
#include "capabilities.hpp"
#include "process_setup.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <ranges>

namespace rt::namespaces {
namespace {

Result<void> join_new_keyring(ProcessSetup& setup) {
    const auto name = cat("_ses.", setup.id);
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str()) < 0 && errno != ENOSYS)
        return fail_errno(errno, "make a session keyring");
    return {};
}

Result<void> write_label(ProcessSetup& setup) {
    if (!setup.label) return {};
    const std::string text = setup.process.selinux_label.empty()
                                 ? cat("exec ", setup.process.apparmor_profile)
                                 : setup.process.selinux_label;
    if (::write(setup.label.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return fail_errno(errno, "set the security label '", text, "'");
    return {};
}

Result<void> set_own_rlimits(ProcessSetup& setup) {
    return set_rlimits(0, setup.process.rlimits);
}

Result<void> forbid_new_privileges(ProcessSetup& setup) {
    if (setup.process.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(errno, "set no_new_privs");
    return {};
}

Result<void> load_seccomp(const ProcessSetup& setup) {
    const auto& program = setup.seccomp.instructions;
    if (program.empty()) return {};
    sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, setup.seccomp.flags, &filter) < 0)
        return fail_errno(errno, "load the system call filter of ", program.size(), " instructions");
    return {};
}

// Without no_new_privs the kernel takes a filter only from a process with CAP_SYS_ADMIN, so before that is
// given up.
Result<void> load_seccomp_early(ProcessSetup& setup) {
    return setup.process.no_new_privileges ? Result<void>() : load_seccomp(setup);
}
Result<void> load_seccomp_late(ProcessSetup& setup) {
    return setup.process.no_new_privileges ? load_seccomp(setup) : Result<void>();
}

// A directory that only the user may enter is entered later, as that user.
Result<void> try_working_directory(ProcessSetup& setup) {
    const auto entered = enter_working_directory(setup);
    return entered || entered.error().sys_errno == EACCES ? Result<void>() : entered;
}

Result<void> limit_bounding(ProcessSetup& setup) {
    return limit_bounding_set(setup.process.capabilities.bounding);
}

Result<void> become_user(ProcessSetup& setup) {
    const UserSpec& user = setup.process.user;
    if (::setgroups(setup.groups.size(), setup.groups.data()) < 0)
        return fail_errno(errno, "set ", setup.groups.size(), " additional groups");
    if (::setresgid(user.gid, user.gid, user.gid) < 0)
        return fail_errno(errno, "become the group ", user.gid);
    if (::setresuid(user.uid, user.uid, user.uid) < 0) return fail_errno(errno, "become the user ", user.uid);
    // Where fs.suid_dumpable is 1, the change of user has opened this process to the container
    // (CVE-2016-9962).
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return fail_errno(errno, "close the process to others");
    return {};
}

Result<void> set_capabilities(ProcessSetup& setup) {
    return apply_capabilities(setup.process.capabilities);
}

Result<void> set_umask(ProcessSetup& setup) {
    (void)::umask(setup.process.user.umask.value_or(022)); // cannot fail; the answer is the old one
    return {};
}

constexpr std::array<Step<ProcessSetup>, 12> kProgramSteps{{{"keyring", join_new_keyring},
                                                            {"security label", write_label},
                                                            {"resource limits", set_own_rlimits},
                                                            {"working directory", try_working_directory},
                                                            {"no new privileges", forbid_new_privileges},
                                                            {"seccomp", load_seccomp_early},
                                                            {"bounding set", limit_bounding},
                                                            {"user", become_user},
                                                            {"capabilities", set_capabilities},
                                                            {"working directory", enter_working_directory},
                                                            {"umask", set_umask},
                                                            {"seccomp", load_seccomp_late}}};

std::string_view search_path(const std::vector<std::string>& env) {
    for (const auto& entry : std::views::reverse(env))
        if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// 0 when path can be executed, else the errno that execve(2) would give, as far as can be told without it.
int why_not_executable(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) < 0) return errno;
    if (S_ISDIR(info.st_mode)) return EISDIR;
    return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) < 0 && errno != ENOSYS ? errno : 0;
}

std::string find_program(const ProcessSetup& setup) {
    const std::string& name = setup.process.args[0];
    if (name.find('/') != std::string::npos) {
        if (const int number = why_not_executable(name); number != 0)
            give_up(setup, "", exec_error(name, number));
        return name;
    }
    bool forbidden = false;
    for (const auto part : std::views::split(search_path(setup.process.env), ':')) {
        const std::string_view directory(part.begin(), part.end());
        std::string candidate = cat(directory.empty() ? "." : directory, "/", name);
        const int number = name.empty() ? ENOENT : why_not_executable(candidate);
        if (number == 0) return candidate;
        forbidden = forbidden || number == EACCES;
    }
    if (forbidden) give_up(setup, "", exec_error(name, EACCES));
    give_up(setup, "",
            Error{Code::not_found, ENOENT, cat("exec: \"", name, "\": executable file not found in $PATH")});
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const auto& text : texts)
        out.push_back(const_cast<char*>(text.c_str())); // execve's historic signature
    out.push_back(nullptr);
    return out;
}

} // namespace

Error exec_error(const std::string& name, int number) {
    constexpr Code code = Code::permission_denied;
    if (number == ENOTDIR)
        return {code, number, cat("exec: \"", name, "\": stat ", name, ": not a directory")};
    if (number == ENOENT)
        return {Code::not_found, number,
                cat("exec: \"", name, "\": stat ", name, ": no such file or directory")};
    if (number == EISDIR) return {code, number, cat("exec: \"", name, "\": is a directory")};
    if (number == EACCES) return {code, number, cat("exec: \"", name, "\": permission denied")};
    if (number == ENOEXEC) return {code, number, cat("exec ", name, ": exec format error")};
    return {sdk::code_of_errno(number), number, fail_errno(number, "exec '", name, "'").error().message};
}

Result<void> set_rlimits(int pid, const std::vector<Rlimit>& limits) {
    for (const auto& limit : limits) {
        const auto resource = static_cast<__rlimit_resource>(limit.resource);
        const rlimit64 wanted{limit.soft, limit.hard};
        if (::prlimit64(pid, resource, &wanted, nullptr) == 0) continue;
        if (errno != EPERM) return fail_errno(errno, "set the limit ", limit.name);
        rlimit64 now{};
        (void)::prlimit64(pid, resource, nullptr, &now); // only for the message
        return fail_errno(EPERM, "raise the hard limit ", limit.name, " from ", now.rlim_max, " to ",
                          limit.hard,
                          " (this host gives no CAP_SYS_RESOURCE; ask for at most the present value)");
    }
    return {};
}

void run_program(ProcessSetup& setup) {
    run_steps<ProcessSetup>(setup, kProgramSteps);
    const std::string program = find_program(setup);
    std::vector<char*> environment = pointers(setup.process.env);
    std::vector<char*> arguments = pointers(setup.process.args);
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        give_up(setup, "close descriptors", {Code::internal, errno, "close_range"});
    if (setup.launcher) {
        // The launcher's own arguments go in front: the descriptor for its report and the program.
        const std::string report = cat(setup.channel.get());
        arguments.insert(arguments.begin(),
                         {const_cast<char*>(report.c_str()), const_cast<char*>(program.c_str())});
        if (::fcntl(setup.channel.get(), F_SETFD, 0) == 0)
            ::syscall(SYS_execveat, setup.launcher.get(), "", arguments.data(), environment.data(),
                      AT_EMPTY_PATH);
        give_up(setup, "run the launcher", fail_errno(errno, "execute it").error());
    }
    ::execve(program.c_str(), arguments.data(), environment.data());
    give_up(setup, "", exec_error(setup.process.args[0], errno));
}

} // namespace rt::namespaces
