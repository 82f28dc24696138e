// SPDX-License-Identifier: Apache-2.0
// Docker's answers about the engine and its host.
#include "core/api/system_json.hpp"

#include "support/api_check.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace {

using rt::Json;
using rt::test::violations;
using testing::Contains;
using testing::IsEmpty;

rt::api::EngineView engine() {
    rt::api::EngineView view;
    view.containers = {{"running", 2}, {"paused", 1}, {"exited", 3}, {"created", 1}};
    view.images = 4;
    view.drivers = {{rt::Role::storage, {"plain"}},
                    {rt::Role::network, {"bridge", "none"}},
                    {rt::Role::isolation, {"namespaces"}}};
    view.root = "/var/lib/rt";
    view.time = 1'764'000'000'000'000'000;
    return view;
}

void put(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    rt::test::write_file(file, text);
}

TEST(SystemJson, AnswersAreDockers) {
    const auto host = rt::api::look_at_host();
    const Json info = info_json(engine(), host, "1.2.3");
    EXPECT_THAT(violations(info, "SystemInfo"), IsEmpty());
    EXPECT_THAT(violations(rt::api::version_json(host, "1.2.3"), "SystemVersion"), IsEmpty());
    EXPECT_EQ(info["Containers"], 7);
    EXPECT_EQ(info["ContainersRunning"], 2);
    EXPECT_EQ(info["ContainersPaused"], 1);
    EXPECT_EQ(info["ContainersStopped"], 4);
    EXPECT_EQ(info["Plugins"]["Network"], Json({"bridge", "none"}));
}

TEST(SystemJson, AHostIsReadFromItsFiles) {
    const rt::test::TempDir root;
    const std::filesystem::path at(root / "");
    put(at / "etc/os-release", "NAME=Mine\nPRETTY_NAME=\"My System 7\"\nVERSION_ID=7\n");
    put(at / "proc/cgroups",
        "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t1\t1\t1\npids\t2\t1\t0\n");
    put(at / "proc/sys/net/ipv4/ip_forward", "1\n");
    auto host = rt::api::look_at_host(at);
    EXPECT_EQ(host.system, "My System 7");
    EXPECT_EQ(host.system_version, "7");
    EXPECT_TRUE(host.forwards_ipv4);
    EXPECT_FALSE(host.cgroup_v2);
    Json info = info_json(engine(), host, "1");
    EXPECT_EQ(info["MemoryLimit"], true);
    EXPECT_THAT(info["Warnings"], Contains("WARNING: No pids limit support"));
    EXPECT_THAT(info["Warnings"], Contains("WARNING: No swap limit support"));

    put(at / "sys/fs/cgroup/cgroup.controllers", "cpuset cpu pids\n");
    put(at / "sys/fs/cgroup/a/memory.swap.max", "max\n");
    host = rt::api::look_at_host(at);
    info = info_json(engine(), host, "1");
    EXPECT_EQ(info["CgroupVersion"], "2");
    EXPECT_EQ(info["PidsLimit"], true);
    EXPECT_EQ(info["SwapLimit"], true);
    EXPECT_EQ(info["MemoryLimit"], false);
}

} // namespace
