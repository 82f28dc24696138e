// SPDX-License-Identifier: Apache-2.0
#include "capabilities.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>

namespace rt::namespaces {
namespace {

// linux/capability.h, in the order of their numbers.
constexpr std::array<std::string_view, 41> kNames{"CHOWN",
                                                  "DAC_OVERRIDE",
                                                  "DAC_READ_SEARCH",
                                                  "FOWNER",
                                                  "FSETID",
                                                  "KILL",
                                                  "SETGID",
                                                  "SETUID",
                                                  "SETPCAP",
                                                  "LINUX_IMMUTABLE",
                                                  "NET_BIND_SERVICE",
                                                  "NET_BROADCAST",
                                                  "NET_ADMIN",
                                                  "NET_RAW",
                                                  "IPC_LOCK",
                                                  "IPC_OWNER",
                                                  "SYS_MODULE",
                                                  "SYS_RAWIO",
                                                  "SYS_CHROOT",
                                                  "SYS_PTRACE",
                                                  "SYS_PACCT",
                                                  "SYS_ADMIN",
                                                  "SYS_BOOT",
                                                  "SYS_NICE",
                                                  "SYS_RESOURCE",
                                                  "SYS_TIME",
                                                  "SYS_TTY_CONFIG",
                                                  "MKNOD",
                                                  "LEASE",
                                                  "AUDIT_WRITE",
                                                  "AUDIT_CONTROL",
                                                  "SETFCAP",
                                                  "MAC_OVERRIDE",
                                                  "MAC_ADMIN",
                                                  "SYSLOG",
                                                  "WAKE_ALARM",
                                                  "BLOCK_SUSPEND",
                                                  "AUDIT_READ",
                                                  "PERFMON",
                                                  "BPF",
                                                  "CHECKPOINT_RESTORE"};

constexpr int kHighest = 63;

} // namespace

int capability_number(std::string_view name) {
    if (!name.starts_with("CAP_")) return -1;
    const auto* found = std::ranges::find(kNames, name.substr(4));
    return found == kNames.end() ? -1 : static_cast<int>(found - kNames.begin());
}

std::string capability_names(std::uint64_t set) {
    std::string out;
    for (std::size_t i = 0; i <= kHighest; ++i)
        if ((set >> i & 1) != 0)
            out += (out.empty() ? "" : ", ") + (i < kNames.size() ? cat("CAP_", kNames[i]) : cat(i));
    return out;
}

std::uint64_t bounding_set() {
    std::uint64_t set = 0;
    for (int i = 0; i <= kHighest; ++i) {
        const int held = ::prctl(PR_CAPBSET_READ, i, 0, 0, 0);
        if (held < 0) break; // beyond the kernel's last one
        if (held == 1) set |= 1ULL << i;
    }
    return set;
}

std::uint64_t bounded_part(std::uint64_t asked) {
    std::uint64_t held = 0;
    for (int i = 0; i <= kHighest; ++i)
        if ((asked >> i & 1) != 0 && ::prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) held |= 1ULL << i;
    return held;
}

std::uint64_t all_of(const Capabilities& sets) {
    return sets.bounding | sets.effective | sets.permitted | sets.inheritable | sets.ambient;
}

std::uint64_t reduce_to(Capabilities& wanted, std::uint64_t available) {
    const std::uint64_t all = all_of(wanted);
    for (auto* set :
         {&wanted.bounding, &wanted.effective, &wanted.permitted, &wanted.inheritable, &wanted.ambient})
        *set &= available;
    wanted.effective &= wanted.permitted;
    wanted.ambient &= wanted.permitted & wanted.inheritable;
    return all & ~available;
}

Result<void> limit_bounding_set(std::uint64_t bounding) {
    for (int i = 0; i <= kHighest; ++i) {
        if ((bounding >> i & 1) != 0 || ::prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0) continue;
        if (errno == EINVAL && i >= static_cast<int>(kNames.size())) break; // beyond the kernel's last one
        if (errno != EINVAL || ::prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0)
            return fail_errno(errno, "drop '", capability_names(1ULL << i), "' from the bounding set");
    }
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return fail_errno(errno, "keep capabilities over the change of user");
    return {};
}

Result<void> apply_capabilities(const Capabilities& wanted) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    for (std::size_t half = 0; half < 2; ++half) {
        data[half].effective = static_cast<std::uint32_t>(wanted.effective >> (32 * half));
        data[half].permitted = static_cast<std::uint32_t>(wanted.permitted >> (32 * half));
        data[half].inheritable = static_cast<std::uint32_t>(wanted.inheritable >> (32 * half));
    }
    if (::syscall(SYS_capset, &header, data.data()) < 0)
        return fail_errno(errno, "set the capabilities '", capability_names(wanted.permitted), "'");
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return fail_errno(errno, "clear the ambient capabilities");
    for (unsigned i = 0; i <= kHighest; ++i)
        if ((wanted.ambient >> i & 1) != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
            return fail_errno(errno, "raise the ambient capability '", capability_names(1ULL << i), "'");
    return {};
}

} // namespace rt::namespaces
