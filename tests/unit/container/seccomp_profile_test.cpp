// SPDX-License-Identifier: Apache-2.0
#include "core/container/seccomp_profile.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

const rt::SeccompTarget kTarget{"amd64", "5.10.0-8-amd64", {"CAP_SYS_ADMIN"}};

constexpr const char* kProfile = R"({
  "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
  "archMap": [
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
  "syscalls": [
    {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
    {"name": "personality", "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
    {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["breakpoint"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm"]}},
    {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
    {"names": ["new"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "5.11"}},
    {"names": ["old"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["s390x"]}}]})";

TEST(SeccompProfile, BecomesWhatThisHostAndTheseCapabilitiesAskFor) {
    const auto result = rt::seccomp_for(kProfile, kTarget);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ((*result)["architectures"], rt::Json({"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
    std::string names;
    for (const auto& rule : (*result)["syscalls"]) names += rule["names"][0].get<std::string>() + " ";
    EXPECT_EQ(names, "read personality mount ptrace old ");
    EXPECT_EQ((*result)["syscalls"][1]["args"][0]["value"], 8);
    EXPECT_EQ((*result)["defaultErrnoRet"], 1);
}

TEST(SeccompProfile, WhatIsWrongIsNamedWithItsPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"{", "seccomp profile"},
        {"[]", "the profile"},
        {R"({"syscalls": []})", "defaultAction"},
        {R"({"defaultAction": "SCMP_ACT_NOPE"})", "SCMP_ACT_NOPE"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscals": []})", "syscalls"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}})", "syscalls"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_LOG"}]})",
         "syscalls[0]"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "ALLOW"}]})",
         "syscalls[0].action"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_LOG",
             "args": [{"index": 0, "value": 1, "op": "EQ"}]}]})",
         "args[0]"},
        {R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": []})",
         "exclude each other"},
    };
    for (const auto& [profile, named] : cases) {
        const auto result = rt::seccomp_for(profile, kTarget);
        ASSERT_FALSE(result) << profile;
        EXPECT_EQ(result.error().code, rt::Code::invalid_argument) << profile;
        EXPECT_NE(result.error().message.find(named), std::string::npos) << result.error().message;
    }
}

} // namespace
