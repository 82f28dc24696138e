// SPDX-License-Identifier: Apache-2.0
#include "kernel_view.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace rt::namespaces {
namespace {

// sysctl(8): names use dots; with a slash first the two change roles (an interface called "eth0.1").
std::string sysctl_path(std::string name) {
    const auto first = name.find_first_of("./");
    if (first != std::string::npos && name[first] == '/') return name;
    for (char& letter : name) letter = letter == '.' ? '/' : letter == '/' ? '.' : letter;
    return name;
}

int owner_namespace(std::string_view path) {
    static constexpr std::array<std::string_view, 8> kIpc{
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem",
        "kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced"};
    if (path.starts_with("net/")) return CLONE_NEWNET;
    if (path.starts_with("fs/mqueue/") || std::ranges::find(kIpc, path) != kIpc.end()) return CLONE_NEWIPC;
    if (path == "kernel/hostname" || path == "kernel/domainname") return CLONE_NEWUTS;
    return 0;
}

// The container's /proc, where it is a whole procfs that may be written to.
UniqueFd open_own_proc(int root) {
    constexpr ino_t kRootOfProc = 1;
    UniqueFd own(
        openat2(root, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
    struct statfs system{};
    struct stat place{};
    const bool is_usable = own && ::fstatfs(own.get(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC &&
                           (system.f_flags & ST_RDONLY) == 0 && ::fstat(own.get(), &place) == 0 &&
                           place.st_ino == kRootOfProc;
    return is_usable ? std::move(own) : UniqueFd();
}

// Whose namespaces a sysctl is of depends on the process that opens it, not on where proc is mounted. In the
// container's own it is found quickly; in the host's, the names of all containers are in one chain, which
// takes a millisecond or two with a thousand of them. Nothing that is mounted in there is looked at.
Result<UniqueFd> open_sysctl(int own_proc, const std::string& path) {
    constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    if (own_proc >= 0)
        if (UniqueFd fd{openat2(own_proc, cat("sys/", path).c_str(), O_WRONLY | O_CLOEXEC, kResolve)})
            return fd;
    const UniqueFd hosts(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!hosts) return fail_errno(errno, "open '/proc'");
    UniqueFd fd(openat2(hosts.get(), cat("sys/", path).c_str(), O_WRONLY | O_CLOEXEC,
                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    if (!fd) return fail_errno(errno, "open '/proc/sys/", path, "' of the host");
    return fd;
}

} // namespace

Result<void> check_sysctl(const std::string& name, const Config& config) {
    const int owner = owner_namespace(sysctl_path(name));
    if (owner == 0)
        return fail(Code::invalid_argument, "config.json: the sysctl '", name,
                    "' belongs to no namespace: it would change the whole host");
    if (!config.has_new(owner))
        return fail(Code::invalid_argument, "config.json: the sysctl '", name,
                    "' belongs to a namespace that this container shares with others");
    return {};
}

Result<void> write_sysctls(const Config& config, int root) {
    if (config.sysctls.empty()) return {};
    const UniqueFd own_proc = open_own_proc(root);
    for (const auto& [name, value] : config.sysctls) {
        RT_TRY(check_sysctl(name, config));
        const auto fd = open_sysctl(own_proc.get(), sysctl_path(name));
        if (!fd) return in_context(fd.error(), "the sysctl '", name, "'");
        if (::write(fd->get(), value.data(), value.size()) < 0)
            return fail_errno(errno, "set the sysctl '", name, "' to '", value, "'");
    }
    return {};
}

Result<void> bring_up_loopback() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno(errno, "open a socket to bring up loopback");
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) return fail_errno(errno, "bring up loopback");
    return {};
}

Result<UniqueFd> make_network_namespace() {
    static constexpr const char* kCurrent = "/proc/thread-self/ns/net";
    const UniqueFd own(::open(kCurrent, O_RDONLY | O_CLOEXEC));
    if (!own) return fail_errno(errno, "open '", kCurrent, "'");
    if (::unshare(CLONE_NEWNET) < 0) return fail_errno(errno, "make a network namespace");
    UniqueFd made(::open(kCurrent, O_RDONLY | O_CLOEXEC));
    const int problem = errno;
    const Result<void> up = bring_up_loopback();
    // Whoever goes on in the wrong network namespace does harm without knowing it.
    if (::setns(own.get(), CLONE_NEWNET) < 0) std::abort();
    if (!made) return fail_errno(problem, "open '", kCurrent, "'");
    if (!up) return std::unexpected(up.error());
    return made;
}

} // namespace rt::namespaces
