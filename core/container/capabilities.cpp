// SPDX-License-Identifier: Apache-2.0
#include "core/container/capabilities.hpp"

#include "core/base/nearest.hpp"

#include <algorithm>
#include <set>

namespace rt {
namespace {

// linux/capability.h, in the order of their numbers.
const std::vector<std::string>& all_capabilities() {
    static const std::vector<std::string> kAll = {"CAP_CHOWN",
                                                  "CAP_DAC_OVERRIDE",
                                                  "CAP_DAC_READ_SEARCH",
                                                  "CAP_FOWNER",
                                                  "CAP_FSETID",
                                                  "CAP_KILL",
                                                  "CAP_SETGID",
                                                  "CAP_SETUID",
                                                  "CAP_SETPCAP",
                                                  "CAP_LINUX_IMMUTABLE",
                                                  "CAP_NET_BIND_SERVICE",
                                                  "CAP_NET_BROADCAST",
                                                  "CAP_NET_ADMIN",
                                                  "CAP_NET_RAW",
                                                  "CAP_IPC_LOCK",
                                                  "CAP_IPC_OWNER",
                                                  "CAP_SYS_MODULE",
                                                  "CAP_SYS_RAWIO",
                                                  "CAP_SYS_CHROOT",
                                                  "CAP_SYS_PTRACE",
                                                  "CAP_SYS_PACCT",
                                                  "CAP_SYS_ADMIN",
                                                  "CAP_SYS_BOOT",
                                                  "CAP_SYS_NICE",
                                                  "CAP_SYS_RESOURCE",
                                                  "CAP_SYS_TIME",
                                                  "CAP_SYS_TTY_CONFIG",
                                                  "CAP_MKNOD",
                                                  "CAP_LEASE",
                                                  "CAP_AUDIT_WRITE",
                                                  "CAP_AUDIT_CONTROL",
                                                  "CAP_SETFCAP",
                                                  "CAP_MAC_OVERRIDE",
                                                  "CAP_MAC_ADMIN",
                                                  "CAP_SYSLOG",
                                                  "CAP_WAKE_ALARM",
                                                  "CAP_BLOCK_SUSPEND",
                                                  "CAP_AUDIT_READ",
                                                  "CAP_PERFMON",
                                                  "CAP_BPF",
                                                  "CAP_CHECKPOINT_RESTORE"};
    return kAll;
}

const std::vector<std::string>& default_capabilities() {
    static const std::vector<std::string> kDefault = {
        "CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
        "CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",   "CAP_SETFCAP",
        "CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};
    return kDefault;
}

} // namespace

Result<std::string> canonical_capability(const std::string& name) {
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (upper == "ALL") return upper;
    if (!upper.starts_with("CAP_")) upper = "CAP_" + upper;
    if (std::ranges::find(all_capabilities(), upper) != all_capabilities().end()) return upper;
    const std::string best = nearest(upper, all_capabilities());
    return fail(Code::invalid_argument, "unknown capability '", name, "'",
                best.empty() ? std::string() : cat(" (did you mean ", best.substr(4), "?)"));
}

Result<std::vector<std::string>> effective_capabilities(const std::vector<std::string>& add,
                                                        const std::vector<std::string>& drop) {
    std::set<std::string> added;
    std::set<std::string> dropped;
    for (const std::string& name : add) {
        RT_TRY_ASSIGN(const std::string canonical, canonical_capability(name));
        added.insert(canonical);
    }
    for (const std::string& name : drop) {
        RT_TRY_ASSIGN(const std::string canonical, canonical_capability(name));
        dropped.insert(canonical);
    }
    const bool drop_all = dropped.erase("ALL") > 0;
    const bool add_all = added.erase("ALL") > 0;
    std::set<std::string> result;
    if (add_all)
        result.insert(all_capabilities().begin(), all_capabilities().end());
    else if (!drop_all)
        result.insert(default_capabilities().begin(), default_capabilities().end());
    for (const std::string& name : dropped) result.erase(name);
    result.insert(added.begin(), added.end());
    return std::vector<std::string>(result.begin(), result.end());
}

} // namespace rt
