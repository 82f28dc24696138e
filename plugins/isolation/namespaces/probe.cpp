// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include "capabilities.hpp"
#include "cgroup.hpp"
#include "cgroup_devices_bpf.hpp"
#include "cgroup_limits.hpp"
#include "cgroup_processes.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/mount.h>

#include <array>

namespace rt::namespaces {
namespace {

// Asks for a system call with arguments that are wrong: ENOSYS means that it is not there (or hidden by a
// filter).
bool is_there(long number) {
    return ::syscall(number, -1, 0, 0, 0, 0, 0) >= 0 || errno != ENOSYS;
}

Result<void> need_calls() {
    struct Needed {
        const char* name;
        bool there;
    };
    const std::array<Needed, 4> needed{{
        {"openat2 (Linux 5.6)", is_there(SYS_openat2)},
        {"close_range (Linux 5.9)",
         ::syscall(SYS_close_range, 1, 0, 0) == 0 || errno != ENOSYS}, // an empty range
        {"mount_setattr (Linux 5.12)", is_there(SYS_mount_setattr)},
        {"clone3 (Linux 5.3)", ::syscall(SYS_clone3, nullptr, 0) >= 0 || errno != ENOSYS},
    }};
    for (const auto& [name, there] : needed)
        if (!there)
            return fail(Code::unsupported, "the kernel does not give us the system call ", name,
                        "; the driver 'namespaces' needs Linux 5.12 or newer, and no filter around it");
    return {};
}

Result<void> need_capabilities() {
    constexpr std::uint64_t kNeeded = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SETUID | 1ULL << CAP_SETGID |
                                      1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_MKNOD |
                                      1ULL << CAP_SETPCAP;
    const std::uint64_t missing = kNeeded & ~bounding_set();
    if (::geteuid() != 0)
        return fail(Code::permission_denied, "the driver 'namespaces' needs root; run as root");
    if (missing != 0)
        return fail(Code::permission_denied,
                    "this host withholds capabilities that containers need: ", capability_names(missing));
    return {};
}

bool has_user_namespaces() {
    const auto limit = read_whole(AT_FDCWD, "/proc/sys/user/max_user_namespaces", 64);
    return limit && !limit->starts_with("0\n");
}

bool has_seccomp() {
    std::uint32_t action = SECCOMP_RET_ERRNO;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

} // namespace

std::vector<std::string> warnings_of(const CgroupLayout& layout) {
    const Hierarchy* const unified = layout.kind == CgroupKind::v2 ? layout.unified() : nullptr;
    const auto available =
        unified == nullptr
            ? Result<std::string>("")
            : read_whole(AT_FDCWD, (unified->mount_point + "/cgroup.controllers").c_str(), 4096);
    std::vector<std::string> warnings;
    for (const char* name : {"cpu", "memory", "pids"}) {
        const bool there =
            unified == nullptr ? layout.find(name) != nullptr : available && has_word(*available, name);
        if (!there)
            warnings.push_back(cat("cgroups (", layout.kind_name(), ") have no controller '", name,
                                   "' here: limits of it are refused; have the kernel enable it, "
                                   "for example with cgroup_enable=",
                                   name, " on its command line"));
    }
    return warnings;
}

Result<std::string> probe_host() {
    RT_TRY(need_capabilities());
    RT_TRY(need_calls());
    if (!has_seccomp())
        return fail(Code::unsupported,
                    "the kernel has no seccomp filters (CONFIG_SECCOMP_FILTER), which containers need");
    RT_TRY_ASSIGN(const CgroupLayout layout, detect_cgroup_layout_of_host());
    RT_TRY(require_device_control(layout));
    const bool by_program = layout.find("devices") == nullptr;
    if (by_program) RT_TRY(load_device_program(effective_device_rules({}, {})));
    nlohmann::json facts;
    facts["devices"] = by_program ? "bpf" : "v1";
    facts["cgroups"] = layout.kind_name();
    for (const auto& one : layout.hierarchies) facts["hierarchies"][one.directory_name()] = one.mount_point;
    facts["seccomp"] = true;
    facts["user_namespaces"] = has_user_namespaces();
    facts["openat2"] = facts["mount_setattr"] = facts["clone3"] = true;
    facts["cgroup_kill"] = layout.unified() != nullptr;
    facts["warnings"] = warnings_of(layout);
    facts["withheld_capabilities"] = capability_names(((1ULL << 41) - 1) & ~bounding_set());
    return facts.dump();
}

} // namespace rt::namespaces
