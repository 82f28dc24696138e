// SPDX-License-Identifier: Apache-2.0
// What can be said about a spec without looking at the host, in the order in which people think of it. The
// limits are docker's, and those of the kernel's interfaces that they end in.
#include "core/base/id.hpp"
#include "core/container/capabilities.hpp"
#include "core/container/spec.hpp"
#include "core/container/unsupported.hpp"

#include <algorithm>
#include <cctype>

namespace rt {
namespace {

// RFC 1123, and the kernel's limit.
Result<void> validate_hostname(const char* what, const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
    };
    if (name.size() > 64 || !std::ranges::all_of(name, allowed) || name.starts_with('-') ||
        name.starts_with('.'))
        return fail(Code::invalid_argument, "the ", what, " '", name,
                    "' is not valid: at most 64 letters, digits, '-' and '.', the first no '-' or '.'");
    return {};
}

} // namespace

Result<void> validate_container_name(const std::string& name) {
    if (is_valid_name(name) && name.size() >= 2) return {};
    return fail(Code::invalid_argument, "container name '", name,
                "' is not valid: two or more of [a-zA-Z0-9_.-], the first a letter or digit");
}

Result<void> validate(const ContainerSpec& spec) {
    if (!spec.name.empty()) RT_TRY(validate_container_name(spec.name));
    if (!spec.working_directory.empty() && !spec.working_directory.starts_with('/'))
        return fail(Code::invalid_argument, "working directory '", spec.working_directory,
                    "' is not an absolute path");
    RT_TRY(validate_hostname("hostname", spec.hostname));
    RT_TRY(validate_hostname("domainname", spec.domainname));
    constexpr std::int64_t kLeastMemory =
        6LL << 20U; // below this the kernel kills the first process before it runs
    if (spec.memory < 0 || (spec.memory > 0 && spec.memory < kLeastMemory))
        return fail(Code::invalid_argument, "memory limit of ", spec.memory, " bytes: the least is 6m (",
                    kLeastMemory, ")");
    if (spec.nano_cpus < 0) return fail(Code::invalid_argument, "the number of CPUs is negative");
    if (spec.pids_limit < 0)
        return fail(Code::invalid_argument, "limit of processes ", spec.pids_limit,
                    ": give a number of at least 1, or -1 for no limit");
    for (const auto& names : {spec.cap_add, spec.cap_drop})
        for (const std::string& name : names) RT_TRY(canonical_capability(name));
    RT_TRY(validate_mounts(spec.mounts));
    return refuse_unsupported(spec);
}

} // namespace rt
