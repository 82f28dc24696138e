// SPDX-License-Identifier: Apache-2.0
// A system call filter as data, before it is compiled: by default one action, and rules that name system
// calls. Rules of one call with conditions are tried in their order, then the first without conditions, then
// the default action.
#pragma once

#include "seccomp_program.hpp"
#include "system.hpp"

#include <seccomp.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

struct SeccompCondition {
    unsigned index = 0; // of the argument, 0 to 5
    scmp_compare compare = SCMP_CMP_EQ;
    std::uint64_t value = 0, second = 0; // masked comparison: (argument & value) == second
    bool low_half = false; // the kernel takes the argument as an int, whatever its other 32 bits are
};

struct SeccompRule {
    std::string name;
    std::uint32_t action = 0; // SECCOMP_RET_*
    std::vector<SeccompCondition> conditions;
};

struct SeccompProfile {
    std::uint32_t default_action = 0;
    std::vector<std::uint32_t> architectures; // SCMP_ARCH_*
    std::vector<SeccompRule> rules;
    std::uint32_t flags = 0;
};

// The architectures whose programs this machine can run, the native one last.
std::vector<std::uint32_t> runnable_architectures();

// linux.seccomp of config.json.
Result<SeccompProfile> parse_seccomp(std::string_view json);

// The built-in profile. Some calls are allowed only with capabilities: bit n of capabilities is capability n.
SeccompProfile default_seccomp_profile(std::uint64_t capabilities);
// The capabilities that make a difference there.
std::uint64_t capabilities_of_default_profile();

// Makes a filter of it: for each architecture a binary search over the call's number. Calls newer than
// everything that the profile names give ENOSYS where the default is an errno, so that programs fall back to
// older ones.
Result<SeccompProgram> compile_seccomp(const SeccompProfile& profile);

} // namespace rt::namespaces
