// SPDX-License-Identifier: Apache-2.0
#include "core/container/security_options.hpp"

#include "core/base/nearest.hpp"
#include "core/container/option_values.hpp"

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::array<std::string_view, 4> kLabelParts{"user", "role", "type", "level"};

Result<void> set_label(const std::string& value, SecurityOptions& options) {
    const std::string part = value.substr(0, value.find(':'));
    if (value == "disable")
        options.label_disabled = true;
    else if (part != value && std::ranges::find(kLabelParts, part) != kLabelParts.end())
        options.labels.push_back(value);
    else
        return fail(Code::invalid_argument, "'", value,
                    "' is not one of disable, user:NAME, role:NAME, type:NAME, level:LEVEL");
    return {};
}

Result<void> set_seccomp(const std::string& value, SecurityOptions& options) {
    options.seccomp_profile.clear();
    if (value.empty()) return fail(Code::invalid_argument, "the profile is missing");
    options.seccomp = value == "unconfined" ? SeccompChoice::unconfined
                      : value == "builtin"  ? SeccompChoice::builtin
                                            : SeccompChoice::profile;
    if (options.seccomp == SeccompChoice::profile) options.seccomp_profile = value;
    return {};
}

Result<void> set(const std::string& key, const std::string& value, SecurityOptions& options) {
    if (key == "no-new-privileges") {
        if (value.empty()) {
            options.no_new_privileges = true;
            return {};
        }
        RT_TRY_ASSIGN(options.no_new_privileges, parse_boolean(value));
        return {};
    }
    if (key == "seccomp") return set_seccomp(value, options);
    if (key == "label") return set_label(value, options);
    if (key == "apparmor" && !value.empty()) {
        options.apparmor = value;
        return {};
    }
    if (key == "systempaths" && value == "unconfined") {
        options.system_paths_unconfined = true;
        return {};
    }
    if (key == "writable-cgroups" || key == "credentialspec")
        return fail(Code::unsupported, "it is not supported");
    const std::string best =
        nearest(key, {"no-new-privileges", "seccomp", "label", "apparmor", "systempaths"});
    return fail(Code::invalid_argument,
                "it is not known: known are no-new-privileges, seccomp, label, apparmor, systempaths",
                best.empty() || best == key ? std::string() : cat(" (did you mean ", best, "?)"));
}

} // namespace

Result<SecurityOptions> parse_security_options(const std::vector<std::string>& options) {
    SecurityOptions parsed;
    for (const std::string& option : options) {
        const auto separator = option.find_first_of("=:");
        const std::string value =
            separator == std::string::npos ? std::string() : option.substr(separator + 1);
        if (auto outcome = set(option.substr(0, separator), value, parsed); !outcome)
            // A profile may be given as its text: long.
            return in_context(std::move(outcome).error(), "security option '", option.substr(0, 80), "'");
    }
    return parsed;
}

std::string selinux_label(const SecurityOptions& options) {
    if (options.label_disabled || options.labels.empty()) return {};
    std::array<std::string, 4> parts{"system_u", "system_r", "container_t", "s0"};
    for (const std::string& label : options.labels) {
        const auto colon = label.find(':');
        const auto* part = std::ranges::find(kLabelParts, label.substr(0, colon));
        parts[static_cast<std::size_t>(part - kLabelParts.begin())] = label.substr(colon + 1);
    }
    return cat(parts[0], ":", parts[1], ":", parts[2], ":", parts[3]);
}

} // namespace rt
