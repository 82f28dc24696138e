// SPDX-License-Identifier: Apache-2.0
// The parts of the isolation plugin that need neither root nor a container: parsers, layouts, limits, paths.
#include "capabilities.hpp"
#include "cgroup.hpp"
#include "cgroup_devices_bpf.hpp"
#include "cgroup_limits.hpp"
#include "cgroup_processes.hpp"
#include "kernel_view.hpp"
#include "mount_options.hpp"
#include "oci_config.hpp"
#include "probe.hpp"
#include "safe_path.hpp"
#include "seccomp_cache.hpp"
#include "support/temp_dir.hpp"
#include "user_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <random>

namespace rt::namespaces {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TempDir;
using test::write_file;
using testing::ElementsAre;
using testing::HasSubstr;

// ---- users ----

constexpr const char* kPasswd = "root:x:0:0:root:/root:/bin/sh\n"
                                "# comment\n"
                                "broken line\n"
                                "bad:x:12x:1::/:/bin/sh\n"
                                "alice:x:1000:1001:Alice, A.:/home/alice:/bin/sh\n"
                                "0123:x:2000:2000::/digits:/bin/sh\n"
                                "alice:x:9:9::/second:/bin/sh";
constexpr const char* kGroup = "root:x:0:\nwheel:x:10:bob,alice\naudio:x:63:alice\ndup:x:63:alice\nshort:x\n";

struct UserCase {
    const char* spec;
    std::uint32_t uid, gid;
    std::vector<std::uint32_t> groups;
    const char* home;
};

TEST(UserLookup, ResolvesNamesAndNumbers) {
    const UserCase cases[] = {
        {"alice", 1000, 1001, {10, 63}, "/home/alice"},
        {"1000", 1000, 1001, {10, 63}, "/home/alice"},
        {"alice:wheel", 1000, 10, {}, "/home/alice"},
        {"alice:55", 1000, 55, {}, "/home/alice"},
        {"77", 77, 0, {}, ""},
        {"77:audio", 77, 63, {}, ""},
        {"0123", 2000, 2000, {}, "/digits"}, // a name of digits goes before the number
        {":wheel", 0, 10, {}, "/root"},
        {"alice:", 1000, 1001, {10, 63}, "/home/alice"},
    };
    for (const auto& [spec, uid, gid, groups, home] : cases) {
        const auto user = resolve_user(spec, kPasswd, kGroup);
        ASSERT_TRUE(user) << spec;
        EXPECT_EQ(user->uid, uid) << spec;
        EXPECT_EQ(user->gid, gid) << spec;
        EXPECT_EQ(user->groups, groups) << spec;
        EXPECT_EQ(user->home, home) << spec;
    }
}

TEST(UserLookup, RefusesWhatIsNotThere) {
    for (const char* spec :
         {"nobody", "alice:nogroup", "-1", "4294967295", "4294967296", "1000:-5", "bad", "al ice"}) {
        const auto user = resolve_user(spec, kPasswd, kGroup);
        ASSERT_FALSE(user) << spec;
        EXPECT_EQ(user.error().code, Code::not_found) << spec;
    }
}

TEST(UserLookup, FindsTheHomeOfANumber) {
    EXPECT_EQ(find_home(1000, kPasswd), "/home/alice");
    EXPECT_EQ(find_home(5, kPasswd), "");
}

TEST(UserLookup, SurvivesHostileFiles) {
    std::mt19937 random(1); // always the same sequence
    const std::string letters("a:0\n,#-\0 9x", 11);
    for (int round = 0; round < 2000; ++round) {
        std::string passwd, group;
        for (int i = 0; i < 200; ++i) {
            passwd += letters[random() % letters.size()];
            group += letters[random() % letters.size()];
        }
        for (const char* spec : {"a", "0", "a:0", "0:a", ":", "::", ""})
            (void)resolve_user(spec, passwd, group);
    }
    const std::string endless(1 << 20, 'a');
    EXPECT_FALSE(resolve_user("a", endless, endless));
    EXPECT_EQ(resolve_user("0", endless + "\nroot:x:0:5::/r:\n", "")->gid, 5U);
}

TEST(UserLookup, BoundsTheNumberOfGroups) {
    std::string group;
    for (std::uint32_t i = 0; i < 70000; ++i) group += cat("g", i, ":x:", i + 1, ":u\n");
    EXPECT_LE(resolve_user("u", "u:x:1:1::/:", std::string_view(group).substr(0, 900000))->groups.size(),
              kMostGroups);
}

// ---- cgroups ----

constexpr const char* kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
    "35 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    "36 31 0:30 / /elsewhere/with\\040space rw - cgroup cgroup rw,memory\n";

TEST(CgroupLayout, TellsTheThreeLayoutsApart) {
    const auto hybrid = detect_cgroup_layout(kHybrid);
    ASSERT_TRUE(hybrid);
    EXPECT_EQ(hybrid->kind, CgroupKind::hybrid);
    EXPECT_EQ(hybrid->hierarchies.size(), 4U) << "the second mount of memory is the same hierarchy";
    EXPECT_EQ(hybrid->find("cpuacct")->directory_name(), "cpu,cpuacct");
    EXPECT_EQ(hybrid->find("name=systemd")->directory_name(), "systemd");
    EXPECT_EQ(hybrid->unified()->mount_point, "/sys/fs/cgroup/unified");
    EXPECT_EQ(hybrid->find("pids"), nullptr);

    const auto pure = detect_cgroup_layout(
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", "/p");
    ASSERT_TRUE(pure);
    EXPECT_EQ(pure->kind, CgroupKind::v2);
    EXPECT_EQ(pure->unified()->mount_point, "/p/sys/fs/cgroup");

    const auto v1 = detect_cgroup_layout("33 31 0:30 / /c/memory rw - cgroup cgroup rw,memory\n");
    ASSERT_TRUE(v1);
    EXPECT_EQ(v1->kind, CgroupKind::v1);

    const auto none = detect_cgroup_layout("1 0 0:1 / / rw - ext4 /dev/vda rw\n");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::unsupported);
}

TEST(CgroupLayout, IsWarnedOfWhereAControllerIsMissing) {
    using testing::ElementsAre;
    using testing::HasSubstr;
    EXPECT_THAT(warnings_of(*detect_cgroup_layout(kHybrid)), ElementsAre(HasSubstr("'pids'")));
    const TempDir host;
    std::filesystem::create_directories(host / "c");
    const auto pure = detect_cgroup_layout("30 23 0:26 / /c rw - cgroup2 cgroup2 rw\n", host.path().native());
    ASSERT_TRUE(pure);
    write_file(host / "c/cgroup.controllers", "cpuset cpu io memory pids\n");
    EXPECT_THAT(warnings_of(*pure), ElementsAre());
    write_file(host / "c/cgroup.controllers", "cpu pids\n");
    EXPECT_THAT(warnings_of(*pure), ElementsAre(HasSubstr("'memory'")));
}

TEST(CgroupLayout, ChecksCgroupPaths) {
    EXPECT_EQ(*cgroup_path_for("", "id"), "/rt/id");
    EXPECT_EQ(*cgroup_path_for("a//b/", "id"), "/a/b");
    EXPECT_EQ(cgroup_path_for("/a/../b", "id").error().code, Code::invalid_argument);
    EXPECT_EQ(cgroup_path_for("/", "id").error().code, Code::invalid_argument);
    EXPECT_EQ(cgroup_path_for("a.slice:rt:x", "id").error().code, Code::unsupported);
}

// A directory tree with the kernel's files instead of a real hierarchy.
class FakeCgroup : public testing::Test {
protected:
    void put(const std::string& file) { write_file(directory_ / file, ""); }
    LimitTarget target() {
        fd_.reset(::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return {fd_.get(), directory_.path().string(),
                [this](const std::string& text) { warnings_.push_back(text); }};
    }
    TempDir directory_;
    UniqueFd fd_;
    std::vector<std::string> warnings_;
};

TEST_F(FakeCgroup, V1LimitsGoIntoTheirFiles) {
    for (const char* file :
         {"memory.limit_in_bytes", "cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "pids.max"})
        put(file);
    Resources resources;
    resources.memory.limit = 1 << 20;
    resources.memory.swap = 2 << 20; // no file: reduced with a warning
    resources.cpu.shares = 77;
    resources.cpu.quota = 5000;
    resources.cpu.period = 10000;
    resources.pids_limit = 9;
    const Hierarchy all{false, "", {"memory", "cpu", "pids"}};
    ASSERT_TRUE(write_v1_limits(target(), all, resources, {}));
    EXPECT_EQ(read_file(directory_ / "memory.limit_in_bytes"), "1048576");
    EXPECT_EQ(read_file(directory_ / "cpu.shares"), "77");
    EXPECT_EQ(read_file(directory_ / "cpu.cfs_quota_us"), "5000");
    EXPECT_EQ(read_file(directory_ / "pids.max"), "9");
    EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(FakeCgroup, WeightsAndRealtimeGoWhereTheKernelHasThem) {
    for (const char* file :
         {"blkio.bfq.weight", "blkio.bfq.weight_device", "cpu.rt_period_us", "cpu.rt_runtime_us"})
        put(file);
    const auto resources = parse_resources(std::string_view(
        R"({"blockIO": {"weight": 300, "weightDevice": [{"major": 8, "minor": 16, "weight": 500}]},
            "cpu": {"realtimeRuntime": 950, "realtimePeriod": 1000}})"));
    ASSERT_TRUE(resources);
    ASSERT_TRUE(write_v1_limits(target(), {false, "", {"blkio", "cpu"}}, *resources, {}));
    EXPECT_EQ(read_file(directory_ / "blkio.bfq.weight"), "300");
    EXPECT_EQ(read_file(directory_ / "blkio.bfq.weight_device"), "8:16 500");
    EXPECT_EQ(read_file(directory_ / "cpu.rt_runtime_us"), "950");
    EXPECT_EQ(read_file(directory_ / "cpu.rt_period_us"), "1000");
    EXPECT_TRUE(warnings_.empty());
    EXPECT_EQ(write_v2_limits(target(), *resources).error().code, Code::unsupported);
    EXPECT_EQ(parse_resources(std::string_view(R"({"blockIO": {"weightDevice": [{"major": 8, "minor": 0,
        "weight": 5}]}})"))
                  .error()
                  .code,
              Code::invalid_argument);
}

TEST_F(FakeCgroup, V2LimitsAreConverted) {
    for (const char* file :
         {"memory.max", "memory.swap.max", "memory.low", "cpu.weight", "cpu.max", "pids.max", "io.max"})
        put(file);
    Resources resources;
    resources.memory.limit = 100;
    resources.memory.swap = 250;
    resources.memory.reservation = 50;
    resources.cpu.shares = 1024;
    resources.cpu.quota = 50000;
    resources.pids_limit = 9;
    resources.block.read_bps = {{8, 0, 1000}};
    ASSERT_TRUE(write_v2_limits(target(), resources));
    EXPECT_EQ(read_file(directory_ / "memory.max"), "100");
    EXPECT_EQ(read_file(directory_ / "memory.swap.max"), "150");
    EXPECT_EQ(read_file(directory_ / "memory.low"), "50");
    EXPECT_EQ(read_file(directory_ / "cpu.weight"), "39");
    EXPECT_EQ(read_file(directory_ / "cpu.max"), "50000 100000");
    EXPECT_EQ(read_file(directory_ / "io.max"), "8:0 rbps=1000");
}

TEST_F(FakeCgroup, V2WeightsGoIntoAllFilesThatThereAre) {
    Resources resources;
    resources.block.weight = 500;
    ASSERT_TRUE(write_v2_limits(target(), resources));
    ASSERT_EQ(warnings_.size(), 1U) << "there is none";
    EXPECT_THAT(warnings_[0], testing::HasSubstr("weight 500"));
    put("io.weight");
    ASSERT_TRUE(write_v2_limits(target(), resources));
    EXPECT_EQ(read_file(directory_ / "io.weight"), "4950");
    put("io.bfq.weight");
    resources.block.weight.reset();
    resources.block.weights = {{8, 16, 1000}};
    ASSERT_TRUE(write_v2_limits(target(), resources));
    EXPECT_EQ(read_file(directory_ / "io.weight"), "8:16 10000");
    EXPECT_EQ(read_file(directory_ / "io.bfq.weight"), "8:16 1000");
    EXPECT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(io_weight_of_blkio(10), 1U);
}

TEST_F(FakeCgroup, WhatV2DoesNotHaveIsReducedWithAWarning) {
    Resources resources;
    resources.memory.swappiness = 10;
    resources.memory.disable_oom_killer = true;
    ASSERT_TRUE(write_v2_limits(target(), resources));
    EXPECT_EQ(warnings_.size(), 2U);
}

TEST_F(FakeCgroup, ALimitWithoutItsFileFails) {
    Resources resources;
    resources.pids_limit = 9;
    EXPECT_EQ(write_v2_limits(target(), resources).error().code, Code::not_found);
}

TEST_F(FakeCgroup, ALimitWithoutAHierarchyForItIsRefused) {
    const CgroupLayout layout{CgroupKind::v1, {{false, directory_.path().string(), {"memory"}}}};
    Resources resources;
    resources.hugepages = {{"2MB", 1}};
    EXPECT_EQ(Cgroup(layout, "/a").create_unified({resources, {}, [](const std::string&) {}}).error().code,
              Code::unsupported);
    EXPECT_FALSE(fs::exists(directory_ / "a"));
}

TEST_F(FakeCgroup, V2ControllersArePassedOnFromEveryAncestor) {
    fs::create_directories(directory_ / "a");
    for (const char* at : {"", "a/"}) {
        write_file(directory_ / (std::string(at) + "cgroup.controllers"), "cpuset cpu io memory pids rdma\n");
        write_file(directory_ / (std::string(at) + "cgroup.subtree_control"), "cpu\n");
    }
    const CgroupLayout layout{CgroupKind::v2, {{true, directory_.path().string(), {}}}};
    Cgroup cgroup(layout, "/a/b");
    // Attaching the device program to a plain directory is what fails at the end, without root even its
    // loading.
    EXPECT_FALSE(cgroup.create_unified({Resources(), {}, [](const std::string&) {}}));
    // The kernel adds each; the last one written shows here.
    EXPECT_THAT(read_file(directory_ / "cgroup.subtree_control"), testing::StartsWith("+pids"));
    EXPECT_THAT(read_file(directory_ / "a/cgroup.subtree_control"), testing::StartsWith("+pids"));
    EXPECT_TRUE(fs::is_directory(directory_ / "a/b"));
    ASSERT_TRUE(cgroup.remove([] { return Result<void>(); }));
    EXPECT_FALSE(fs::exists(directory_ / "a/b"));
}

TEST(CgroupDevices, DefaultsAreDeniedExceptForWhatEveryContainerHas) {
    const auto rules = effective_device_rules({}, {{'b', "/dev/x", 7, 3, 0600, 0, 0}});
    EXPECT_FALSE(rules.front().allow);
    EXPECT_EQ(rules.front().type, 'a');
    EXPECT_EQ(rules.back().type, 'b');
    EXPECT_EQ(rules.back().major, 7U);
}

TEST(CgroupDevices, ADevicesOwnRuleIsNotWidened) {
    Resources resources;
    resources.devices = {{false, 'a', {}, {}, true, true, true}, {true, 'b', 7, 3, true, false, false}};
    const auto rules = effective_device_rules(resources, {{'b', "/dev/x", 7, 3, 0600, 0, 0}});
    for (const auto& rule : rules)
        if (rule.type == 'b' && rule.major == 7U) {
            EXPECT_FALSE(rule.write);
        }
}

// A model of the kernel's machine for the few instructions that the program uses.
bool allows(const std::vector<bpf_insn>& program, bool block, unsigned access, unsigned major,
            unsigned minor) {
    std::uint32_t registers[11] = {};
    const std::uint32_t context[3] = {(block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR) | access << 16,
                                      major, minor};
    for (std::size_t at = 0; at < program.size(); ++at) {
        const bpf_insn& one = program[at];
        auto& target = registers[one.dst_reg];
        const auto value = static_cast<std::uint32_t>(one.imm);
        switch (one.code) {
        case BPF_LDX | BPF_MEM | BPF_W: target = context[one.off / 4]; break;
        case BPF_ALU | BPF_AND | BPF_K: target &= value; break;
        case BPF_ALU | BPF_RSH | BPF_K: target >>= value; break;
        case BPF_ALU | BPF_MOV | BPF_K: target = value; break;
        case BPF_ALU | BPF_MOV | BPF_X: target = registers[one.src_reg]; break;
        case BPF_JMP32 | BPF_JNE | BPF_K:
            at += target != value ? static_cast<std::size_t>(one.off) : 0;
            break;
        case BPF_JMP32 | BPF_JEQ | BPF_K:
            at += target == value ? static_cast<std::size_t>(one.off) : 0;
            break;
        case BPF_JMP | BPF_EXIT: return registers[0] == 1;
        default: ADD_FAILURE() << "instruction " << int{one.code} << " is not modelled"; return false;
        }
    }
    ADD_FAILURE() << "the program has no end";
    return false;
}

TEST(CgroupDevices, TheProgramDecidesLikeTheRules) {
    constexpr unsigned kMknod = BPF_DEVCG_ACC_MKNOD, kRead = BPF_DEVCG_ACC_READ, kWrite = BPF_DEVCG_ACC_WRITE;
    Resources resources;
    resources.devices = {{false, 'a', {}, {}, true, true, true}, {true, 'b', 8, {}, true, false, false}};
    const auto program = device_program(effective_device_rules(resources, {}));
    EXPECT_TRUE(allows(program, false, kRead | kWrite, 1, 3));
    EXPECT_FALSE(allows(program, false, kRead, 1, 1)); // /dev/mem
    EXPECT_TRUE(allows(program, false, kMknod, 1, 1));
    EXPECT_FALSE(allows(program, false, kMknod | kRead, 1, 1));
    EXPECT_TRUE(allows(program, true, kRead, 8, 5));
    EXPECT_FALSE(allows(program, true, kRead | kWrite, 8, 5));
    EXPECT_FALSE(allows(program, true, kRead, 9, 0));
    EXPECT_TRUE(allows(program, false, kRead | kWrite, 136, 12));
    resources.devices = {{true, 'a', {}, {}, true, true, true}};
    EXPECT_TRUE(allows(device_program(effective_device_rules(resources, {})), true, kWrite, 9, 0));
}

TEST(CgroupWords, AreWholeWords) {
    EXPECT_TRUE(has_word("cpu io\n", "io"));
    EXPECT_TRUE(has_word("cpuset cpu", "cpu"));
    EXPECT_FALSE(has_word("cpuset", "cpu"));
    EXPECT_FALSE(has_word("", "cpu"));
}

// ---- configuration ----

std::string config_with(const std::string& linux_part, const std::string& process_part = "") {
    return R"({"ociVersion":"1.2.0","root":{"path":"r"},"process":{"cwd":"/","args":["x"])" + process_part +
           R"(},"linux":{"namespaces":[{"type":"mount"}])" + linux_part + "}}";
}

TEST(OciConfig, ReadsWhatItImplements) {
    const auto config = parse_config(config_with(
        R"(,"cgroupsPath":"/c","maskedPaths":["/m"],"resources":{"memory":{"limit":-1},)"
        R"("pids":{"limit":5},"devices":[{"allow":true,"type":"c","major":1,"access":"rw"}]})",
        R"(,"capabilities":{"bounding":["CAP_CHOWN","CAP_BPF"]},"noNewPrivileges":true,"unknown":1)"));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->process.capabilities.bounding, 1ULL << CAP_CHOWN | 1ULL << CAP_BPF);
    EXPECT_TRUE(config->process.no_new_privileges);
    EXPECT_EQ(config->resources.memory.limit, -1);
    EXPECT_EQ(config->resources.devices[0].major, 1U);
    EXPECT_FALSE(config->resources.devices[0].mknod);
    EXPECT_THAT(config->masked_paths, ElementsAre("/m"));
    EXPECT_EQ(*parse_cgroups_path(config_with(R"(,"cgroupsPath":"/c")")), "/c");
    EXPECT_EQ(*parse_cgroups_path("{}"), "");
}

TEST(OciConfig, NamesWhatItRefuses) {
    const struct {
        std::string text;
        Code code;
        const char* named;
    } cases[] = {
        {"{", Code::invalid_argument, "not valid"},
        {"[]", Code::invalid_argument, "not an object"},
        {config_with(R"(,"resources":{"cpu":{"shares":-1}})"), Code::invalid_argument,
         "linux.resources.cpu.shares"},
        {config_with(R"(,"resources":{"rdma":{"x":{}}})"), Code::unsupported, "linux.resources.rdma"},
        {config_with(R"(,"namespaces":[{"type":"time"}])"), Code::unsupported, "time"},
        {config_with(R"(,"mountLabel":"x")"), Code::unsupported, "linux.mountLabel"},
        {config_with("", R"(,"scheduler":{"policy":"SCHED_IDLE"})"), Code::unsupported, "process.scheduler"},
        {config_with("", R"(,"env":["A\u0000B"])"), Code::invalid_argument, "process.env"},
        {config_with("", R"(,"user":{"umask":4096})"), Code::invalid_argument, "process.user.umask"},
    };
    for (const auto& [text, code, named] : cases) {
        const auto config = parse_config(text);
        ASSERT_FALSE(config) << text;
        EXPECT_EQ(config.error().code, code) << text;
        EXPECT_THAT(config.error().message, HasSubstr(named));
    }
}

TEST(Capabilities, AreReducedToWhatThereIs) {
    Capabilities wanted{0xff, 0xff, 0x7f, 0x3, 0xff};
    EXPECT_EQ(reduce_to(wanted, 0x3f), 0xc0U);
    EXPECT_EQ(wanted.bounding, 0x3fU);
    EXPECT_EQ(wanted.permitted, 0x3fU);
    EXPECT_EQ(wanted.ambient, 0x3U);
    EXPECT_EQ(capability_number("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
    EXPECT_EQ(capability_number("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
    EXPECT_EQ(capability_number("CHOWN"), -1);
}

TEST(MountOptions, AreSortedIntoWhatTheKernelTakes) {
    const auto options =
        parse_mount_options({"ro", "nosuid", "rw", "rro", "rslave", "noatime", "mode=755", "index", "rbind"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->set & MOUNT_ATTR_RDONLY, 0U);
    EXPECT_NE(options->clear & MOUNT_ATTR_RDONLY, 0U);
    EXPECT_NE(options->set & MOUNT_ATTR_NOSUID, 0U);
    EXPECT_NE(options->set & MOUNT_ATTR_NOATIME, 0U);
    EXPECT_EQ(options->recursive_set, MOUNT_ATTR_RDONLY);
    EXPECT_EQ(options->propagation, static_cast<std::uint64_t>(MS_SLAVE));
    EXPECT_TRUE(options->propagation_recursive && options->bind && options->bind_recursive);
    ASSERT_EQ(options->data.size(), 2U);
    EXPECT_EQ(options->data[0].second, "755");
    EXPECT_FALSE(options->data[1].second);
    EXPECT_TRUE(parse_mount_options({"idmap"})->idmap);
    EXPECT_TRUE(parse_mount_options({"bind", "ridmap"})->idmap_recursive);
    EXPECT_EQ(parse_mount_options({"remount"}).error().code, Code::unsupported);
}

TEST(Sysctls, AreOnlyThoseOfOwnNamespaces) {
    Config config;
    config.namespaces = {{"network", CLONE_NEWNET, ""}, {"ipc", CLONE_NEWIPC, "/proc/1/ns/ipc"}};
    EXPECT_TRUE(check_sysctl("net.ipv4.ip_forward", config));
    EXPECT_TRUE(check_sysctl("net/ipv4/conf/eth0.1/forwarding", config));
    for (const char* name :
         {"kernel.shmmax", "kernel.panic", "vm.swappiness", "net", "../kernel.panic", "kernel/hostname"})
        EXPECT_FALSE(check_sysctl(name, config)) << name;
}

// ---- paths ----

class Paths : public testing::Test {
protected:
    Paths() {
        fs::create_directories(directory_ / "root/real");
        fs::create_directories(directory_ / "outside");
        fs::create_symlink("../../../../outside", directory_ / "root/up");
        fs::create_symlink(directory_ / "outside", directory_ / "root/absolute");
        fs::create_symlink("loop", directory_ / "root/loop");
        fs::create_symlink("/real", directory_ / "root/inside");
        fs::create_symlink("missing", directory_ / "root/dangling");
        root_.reset(::open((directory_ / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    TempDir directory_;
    UniqueFd root_;
};

TEST_F(Paths, LinksResolveInsideTheRoot) {
    ASSERT_TRUE(make_directory_in_root(root_.get(), "/inside/new/deep"));
    EXPECT_TRUE(fs::is_directory(directory_ / "root/real/new/deep"));
    ASSERT_TRUE(make_file_in_root(root_.get(), "inside/file"));
    EXPECT_TRUE(fs::is_regular_file(directory_ / "root/real/file"));
    EXPECT_FALSE(open_in_root_without_links(root_.get(), "/inside", O_PATH));
}

TEST_F(Paths, NothingIsMadeOutside) {
    for (const char* path :
         {"/up/a", "/absolute/b", "/../outside/c", "/dangling/d", "/loop/e", "/up", "/x/../../y"}) {
        (void)make_directory_in_root(root_.get(), path);
        (void)make_file_in_root(root_.get(), cat(path, "/file"));
    }
    EXPECT_TRUE(fs::is_empty(directory_ / "outside"));
}

TEST_F(Paths, HopelessPathsFail) {
    EXPECT_FALSE(make_directory_in_root(root_.get(), "/dangling/x"));
    EXPECT_FALSE(make_directory_in_root(root_.get(), "/loop/x"));
    EXPECT_FALSE(make_directory_in_root(root_.get(), "/missing/../x"));
    EXPECT_FALSE(parent_in_root(root_.get(), "/"));
}

// ---- cache ----

TEST(SeccompCache, GivesBackWhatWasStoredAndNothingElse) {
    const TempDir directory;
    const SeccompCache cache((directory / "c").string());
    SeccompProgram program;
    program.instructions = {{6, 0, 0, 0x7fff0000}};
    program.flags = 2;
    EXPECT_FALSE(cache.load("source"));
    ASSERT_TRUE(cache.store("source", program));
    const auto loaded = cache.load("source");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->flags, 2U);
    EXPECT_EQ(loaded->instructions.at(0).k, 0x7fff0000U);
    EXPECT_FALSE(cache.load("sourcf"));
    const auto file = fs::directory_iterator(directory / "c")->path();
    const std::string good = read_file(file);
    for (std::size_t i = 0; i < good.size(); ++i) { // any damaged byte, any truncation
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 0x40);
        write_file(file, bad);
        const bool reserved = i >= 28 && i < 32; // a word that means nothing yet
        EXPECT_EQ(cache.load("source").has_value(), reserved) << i;
        write_file(file, good.substr(0, i));
        EXPECT_FALSE(cache.load("source")) << i;
    }
}

} // namespace
} // namespace rt::namespaces
