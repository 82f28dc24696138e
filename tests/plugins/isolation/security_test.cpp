// SPDX-License-Identifier: Apache-2.0
// What a container can see and do: namespaces, capabilities, seccomp, paths, devices, limits, users,
// terminals, exec.
#include "container_fixture.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class Security : public ContainerTest {
protected:
    // Runs a script and expects it to end well with this output.
    void expect_output(const std::string& script, const std::string& output) {
        const Outcome outcome = run_shell(script);
        EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
        EXPECT_EQ(outcome.output, output) << script;
    }
    // Runs a script and expects its last command to fail.
    void expect_failure(const std::string& script) {
        const Outcome outcome = run_shell(script);
        EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
        EXPECT_NE(outcome.exit_code, 0) << script << ": " << outcome.output;
    }
    void start_sleeper() {
        config_["process"]["args"] = {"sleep", "1000"};
        const Outcome created = create();
        ASSERT_EQ(created.status, RTP_OK) << created.message;
        const Outcome started = start();
        ASSERT_EQ(started.status, RTP_OK) << started.message;
    }
    void add_capability(const char* name) {
        for (const char* set : {"bounding", "effective", "permitted"})
            config_["process"]["capabilities"][set].push_back(name);
    }
};

TEST_F(Security, EveryNamespaceIsTheContainersOwn) {
    start_sleeper();
    for (const char* name : {"pid", "net", "mnt", "ipc", "uts", "cgroup"}) {
        const fs::path link = std::string("ns/") + name;
        EXPECT_NE(fs::read_symlink(fs::path("/proc") / std::to_string(process_.pid) / link),
                  fs::read_symlink("/proc/self" / link))
            << name;
    }
}

TEST_F(Security, ItIsProcessOneWithItsOwnNames) {
    config_["domainname"] = "example";
    expect_output("echo $$; hostname; cat /proc/sys/kernel/domainname /sys/class/net/lo/flags",
                  "1\nbox\nexample\n0x9\n");
}

TEST_F(Security, TheCgroupFileSystemIsReadOnlyAndHidesReleaseAgent) {
    expect_failure("find /sys/fs/cgroup -name release_agent | grep release_agent");
    expect_failure("mkdir /sys/fs/cgroup/pids/x 2>/dev/null || mkdir /sys/fs/cgroup/x");
    expect_output(
        "ls /sys/fs/cgroup | wc -l | grep -v '^0$' > /dev/null; cat /proc/mounts | grep -c 'cgroup.* rw,' ",
        "0\n");
}

TEST_F(Security, CapabilitiesAreThoseGiven) {
    json& capabilities = config_["process"]["capabilities"];
    for (const char* set : {"bounding", "effective", "permitted"})
        capabilities[set] = {"CAP_CHOWN", "CAP_NET_RAW"};
    expect_output("grep ^Cap /proc/self/status | tr '\\t' ' '",
                  "CapInh: 0000000000000000\nCapPrm: 0000000000002001\n"
                  "CapEff: 0000000000002001\nCapBnd: 0000000000002001\n"
                  "CapAmb: 0000000000000000\n");
}

TEST_F(Security, AmbientCapabilitiesSurviveTheChangeOfUser) {
    json& capabilities = config_["process"]["capabilities"];
    for (const char* set : {"bounding", "effective", "permitted", "inheritable", "ambient"})
        capabilities[set] = {"CAP_NET_BIND_SERVICE"};
    config_["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
    expect_output("grep -E '^Cap(Eff|Amb)' /proc/self/status | tr '\\t' ' '",
                  "CapEff: 0000000000000400\nCapAmb: 0000000000000400\n");
}

TEST_F(Security, OtherUsersHaveNoCapabilities) {
    config_["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
    expect_output("grep -E '^Cap(Eff|Prm)' /proc/self/status | tr '\\t' ' '",
                  "CapPrm: 0000000000000000\nCapEff: 0000000000000000\n");
}

TEST_F(Security, ACapabilityTheHostWithholdsIsReducedWithAWarning) {
    const std::string status = read_file("/proc/self/status");
    const auto bounding = std::stoull(status.substr(status.find("CapBnd:") + 7), nullptr, 16);
    if ((bounding >> 24 & 1) != 0) GTEST_SKIP() << "this host gives CAP_SYS_RESOURCE";
    add_capability("CAP_SYS_RESOURCE");
    expect_output("echo runs", "runs\n");
    ASSERT_FALSE(host_->log().empty());
    EXPECT_THAT(host_->log().front().text, HasSubstr("CAP_SYS_RESOURCE"));
}

// Not the host's own default, which would be weaker than what was asked for.
TEST_F(Security, AnAppArmorProfileThatTheHostDoesNotHaveIsAnError) {
    config_["process"]["apparmorProfile"] = "rt-no-such-profile";
    const Outcome outcome = run_shell("true");
    const bool has_apparmor = fs::exists("/sys/module/apparmor/parameters/enabled") &&
                              read_file("/sys/module/apparmor/parameters/enabled").starts_with('Y');
    EXPECT_EQ(outcome.status, has_apparmor ? RTP_NOT_FOUND : RTP_UNSUPPORTED) << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr("rt-no-such-profile"));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, NoNewPrivilegesIsSetAndSeccompWorksWithAndWithout) {
    for (const bool wanted : {true, false}) {
        config_["process"]["noNewPrivileges"] = wanted;
        expect_output("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '",
                      std::string("NoNewPrivs: ") + (wanted ? "1" : "0") + "\nSeccomp: 2\n");
    }
}

TEST_F(Security, TheDefaultFilterRefusesMountsAndNamespacesEvenWithoutCapabilityChecks) {
    // The kernel looks for the target before it looks at capabilities; the filter comes before both.
    const std::string mount = "mount -t tmpfs tmpfs /no/such/place 2>&1";
    EXPECT_THAT(run_shell(mount).output, testing::Not(HasSubstr("No such file")));
    expect_failure("unshare -U true");
    config_["annotations"] = json::object();
    EXPECT_THAT(run_shell(mount).output, HasSubstr("No such file"));
    expect_output("unshare -U true; echo $?", "0\n");
    expect_output("grep ^Seccomp: /proc/self/status | tr '\\t' ' '", "Seccomp: 0\n");
}

TEST_F(Security, TheDefaultFilterAllowsMountsWithTheCapability) {
    add_capability("CAP_SYS_ADMIN");
    expect_output("mount -t tmpfs tmpfs /tmp && echo mounted", "mounted\n");
}

TEST_F(Security, ACustomFilterIsAppliedAndComesFromTheCacheTheNextTime) {
    config_["annotations"] = json::object();
    config_["linux"]["seccomp"] = {
        {"defaultAction", "SCMP_ACT_ALLOW"},
        {"architectures", {"SCMP_ARCH_X86_64"}},
        {"syscalls", {{{"names", {"mkdir", "mkdirat"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 28}}}}};
    for (int round = 0; round < 2; ++round) {
        const Outcome outcome = run_shell("mkdir /x");
        EXPECT_NE(outcome.exit_code, 0);
        EXPECT_THAT(outcome.output, HasSubstr("No space left"));
    }
    const auto cache = directory_ / "plugin/state/seccomp";
    EXPECT_EQ(std::distance(fs::directory_iterator(cache), fs::directory_iterator()), 1);
    // A damaged file is compiled again.
    const auto file = fs::directory_iterator(cache)->path();
    write_file(file, "rubbish");
    EXPECT_NE(run_shell("mkdir /x").exit_code, 0);
    EXPECT_GT(fs::file_size(file), 100U);
    config_["linux"]["seccomp"]["listenerPath"] = "/x";
    EXPECT_EQ(create().status, RTP_UNSUPPORTED);
}

TEST_F(Security, LimitsAreSetAndRaisingBeyondTheHostsFailsClearly) {
    config_["process"]["rlimits"] = {{{"type", "RLIMIT_NOFILE"}, {"soft", 100}, {"hard", 200}}};
    expect_output("ulimit -Sn; ulimit -Hn", "100\n200\n");
    rlimit now{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
    const std::string status = read_file("/proc/self/status");
    if ((std::stoull(status.substr(status.find("CapEff:") + 7), nullptr, 16) >> 24 & 1) != 0)
        GTEST_SKIP() << "this host gives CAP_SYS_RESOURCE";
    config_["process"]["rlimits"] = {{{"type", "RLIMIT_NOFILE"}, {"soft", 100}, {"hard", now.rlim_max + 1}}};
    EXPECT_EQ(run().status, RTP_PERMISSION_DENIED);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, AnOutOfMemoryScoreThatTheKernelRefusesIsClampedWithAWarning) {
    config_["process"]["oomScoreAdj"] = 500;
    expect_output("cat /proc/self/oom_score_adj", "500\n");
    config_["process"]["oomScoreAdj"] = -999;
    EXPECT_EQ(run_shell("true").status, RTP_OK);
}

TEST_F(Security, MaskedPathsAreEmptyAndReadOnlyPathsReadOnly) {
    expect_output("cat /proc/keys | wc -c; ls /sys/firmware | wc -l", "0\n0\n");
    expect_failure("echo x > /proc/sys/net/ipv4/ip_forward");
    expect_failure("echo h > /proc/sysrq-trigger");
    expect_failure("echo x > /proc/keys && cat /proc/keys | grep x"); // the null device, read-only or not
    expect_failure("touch /sys/firmware/x");
}

TEST_F(Security, DevicesAreTheUsualOnes) {
    expect_output(
        "for d in null zero full random urandom tty; do stat -c '%n %t:%T %a' /dev/$d; done; "
        "readlink /dev/fd; readlink /dev/ptmx; readlink /dev/core",
        "/dev/null 1:3 666\n/dev/zero 1:5 666\n/dev/full 1:7 666\n/dev/random 1:8 666\n/dev/urandom 1:9 666\n"
        "/dev/tty 5:0 666\n/proc/self/fd\npts/ptmx\n/proc/kcore\n");
}

TEST_F(Security, OnlyTheDevicesGivenCanBeOpened) {
    // Making a node is allowed (CAP_MKNOD), opening it is what the cgroup forbids.
    expect_failure("mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem");
    config_["linux"]["devices"] = {{{"type", "c"},
                                    {"path", "/dev/my-zero"},
                                    {"major", 1},
                                    {"minor", 5},
                                    {"fileMode", 0640},
                                    {"uid", 1000},
                                    {"gid", 1001}}};
    expect_output("stat -c '%t:%T %a %u:%g' /dev/my-zero; head -c 3 /dev/my-zero | wc -c",
                  "1:5 640 1000:1001\n3\n");
}

// Mounts of the test's own until the end of the scope.
class OwnMounts {
public:
    OwnMounts() : home_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) {
        EXPECT_EQ(::unshare(CLONE_NEWNS), 0);
        EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    }
    OwnMounts(const OwnMounts&) = delete;
    OwnMounts& operator=(const OwnMounts&) = delete;
    ~OwnMounts() {
        EXPECT_EQ(::setns(home_, CLONE_NEWNS), 0);
        ::close(home_);
    }

private:
    int home_;
};

// On a hybrid host whose hierarchy of devices is not mounted, the program on the v2 hierarchy decides.
TEST_F(Security, WithoutAHierarchyOfDevicesAProgramForbidsThem) {
    if (!fs::exists("/sys/fs/cgroup/devices") || !fs::exists("/sys/fs/cgroup/unified"))
        GTEST_SKIP() << "needs a hybrid host; on a pure v2 host every test has the program";
    const OwnMounts own;
    ASSERT_EQ(::umount2("/sys/fs/cgroup/devices", MNT_DETACH), 0);
    // Anybody may open the kernel's log for writing, if its device is allowed.
    const std::string node = "{ test -c /tmp/log || mknod /tmp/log c 1 11; } && ";
    const std::string write = node + ": > /tmp/log";
    expect_failure(write);
    expect_output("head -c 3 /dev/zero | wc -c", "3\n");
    const json deny = {{"allow", false}, {"access", "rwm"}};
    json& rules = config_["linux"]["resources"]["devices"];
    rules = {deny, {{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 11}, {"access", "w"}}};
    expect_output(write + " && echo written", "written\n");
    expect_failure(node + ": <> /tmp/log");
    rules = {deny, {{"allow", true}, {"type", "b"}, {"access", "r"}}};
    expect_failure(write);
    rules = {{{"allow", true}, {"access", "rwm"}}};
    expect_output(write + " && echo written", "written\n");
}

TEST_F(Security, WithoutAnyControlOfDevicesNoContainerIsMade) {
    if (!fs::exists("/sys/fs/cgroup/devices") || !fs::exists("/sys/fs/cgroup/unified"))
        GTEST_SKIP() << "needs a hybrid host";
    const OwnMounts own;
    for (const char* path : {"/sys/fs/cgroup/devices", "/sys/fs/cgroup/unified"})
        ASSERT_EQ(::umount2(path, MNT_DETACH), 0);
    const Outcome refused = run_shell("true");
    EXPECT_EQ(refused.status, RTP_UNSUPPORTED);
    EXPECT_THAT(refused.message, HasSubstr("'devices'"));
    std::string facts;
    rtp_error error{};
    const rtp_sink sink = sink_to(facts);
    EXPECT_EQ(host_->plugin().api->probe(host_->self(), &kCall, &sink, &error), RTP_UNSUPPORTED);
}

TEST_F(Security, CgroupLimitsAreVisible) {
    config_["linux"]["resources"] = {
        {"memory", {{"limit", 64 << 20}, {"reservation", 32 << 20}}},
        {"cpu", {{"shares", 512}, {"quota", 50000}, {"period", 100000}, {"cpus", "0"}}},
        {"pids", {{"limit", 50}}}};
    start_sleeper();
    if (fs::exists("/sys/fs/cgroup/cgroup.controllers")) {
        EXPECT_EQ(cgroup_file("", "memory.max"), "67108864\n");
        EXPECT_EQ(cgroup_file("", "cpu.max"), "50000 100000\n");
        return;
    }
    EXPECT_EQ(cgroup_file("memory", "memory.limit_in_bytes"), "67108864\n");
    EXPECT_EQ(cgroup_file("memory", "memory.soft_limit_in_bytes"), "33554432\n");
    EXPECT_EQ(cgroup_file("cpu", "cpu.shares"), "512\n");
    EXPECT_EQ(cgroup_file("cpu", "cpu.cfs_quota_us"), "50000\n");
    EXPECT_EQ(cgroup_file("cpuset", "cpuset.cpus"), "0\n");
    EXPECT_EQ(cgroup_file("pids", "pids.max"), "50\n");
    EXPECT_EQ(cgroup_file("pids", "cgroup.procs"), std::to_string(process_.pid) + "\n");
}

TEST_F(Security, NestedCgroupsGetProcessorsAndMemoryNodes) {
    config_["linux"]["cgroupsPath"] = cgroup_path() + "/inner";
    config_["linux"]["resources"] = {{"cpu", {{"cpus", "0"}}}};
    expect_output("grep Cpus_allowed_list /proc/self/status | tr '\\t' ' '", "Cpus_allowed_list: 0\n");
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup"))
        ::rmdir((entry.path() / name_).c_str());
    ::rmdir(("/sys/fs/cgroup" + cgroup_path()).c_str());
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, TheLimitOfProcessesHolds) {
    config_["linux"]["resources"] = {{"pids", {{"limit", 4}}}};
    const Outcome outcome = run_shell("for i in 1 2 3 4 5 6; do sleep 5 & done; wait");
    EXPECT_THAT(outcome.output, HasSubstr("fork"));
}

TEST_F(Security, TheLimitOfMemoryHolds) {
    config_["linux"]["resources"] = {{"memory", {{"limit", 16 << 20}, {"swap", 16 << 20}}}};
    const Outcome outcome = run_shell("dd if=/dev/zero of=/dev/null bs=64M count=1");
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.exit_code, 128 + SIGKILL) << outcome.output;
}

TEST_F(Security, UsersAreResolvedInsideTheRoot) {
    const struct {
        const char *spec, *output;
    } cases[] = {
        {"alice", "uid=1000(alice) gid=1001(alice) groups=10(wheel),63(audio),1001(alice)\n/home/alice\n"},
        {"alice:audio", "uid=1000(alice) gid=63(audio) groups=63(audio)\n/home/alice\n"},
        {"1000", "uid=1000(alice) gid=1001(alice) groups=10(wheel),63(audio),1001(alice)\n/home/alice\n"},
        {"4242", "uid=4242 gid=0(root) groups=0(root)\n/\n"},
        {"4242:77", "uid=4242 gid=77 groups=77\n/\n"},
    };
    for (const auto& [spec, output] : cases) {
        config_["process"]["user"] = {{"uid", 0}, {"gid", 0}, {"username", spec}};
        const Outcome outcome = run_shell("id; echo $HOME");
        EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
        EXPECT_EQ(outcome.output, output) << spec;
    }
    config_["process"]["user"] = {{"uid", 5}, {"gid", 6}, {"additionalGids", {7, 8}}};
    expect_output("id", "uid=5 gid=6 groups=7,8\n");
    config_["process"]["env"].push_back("HOME=/given");
    expect_output("echo $HOME", "/given\n");
}

TEST_F(Security, StandardOutputCanBeOpenedByTheUser) {
    config_["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
    expect_output("echo through > /dev/stdout", "through\n");
}

TEST_F(Security, UmaskAndWorkingDirectoryAreAsGiven) {
    config_["process"]["cwd"] = "/made/for/this";
    expect_output("pwd; umask", "/made/for/this\n0022\n");
    config_["process"]["user"]["umask"] = 077;
    expect_output("umask", "0077\n");
}

TEST_F(Security, AReadOnlyRootIsReadOnlyAndItsMountsAreNot) {
    config_["root"]["readonly"] = true;
    config_["process"]["cwd"] = "/new-directory";
    expect_output("touch /x 2>/dev/null || echo read-only; touch /dev/shm/x && echo shm", "read-only\nshm\n");
    EXPECT_FALSE(fs::exists(rootfs() / "x"));
}

TEST_F(Security, BindMountsAreMadeWithTheirOptions) {
    fs::create_directories(directory_ / "data");
    write_file(directory_ / "data/file", "content");
    write_file(directory_ / "single", "one");
    config_["mounts"].push_back({{"destination", "/mnt/data"},
                                 {"type", "bind"},
                                 {"source", (directory_ / "data").string()},
                                 {"options", {"rbind", "rro"}}});
    config_["mounts"].push_back({{"destination", "/mnt/one"},
                                 {"type", "bind"},
                                 {"source", (directory_ / "single").string()},
                                 {"options", {"bind", "rw", "nosuid"}}});
    expect_output(
        "cat /mnt/data/file /mnt/one; touch /mnt/data/x 2>/dev/null || echo ' ro'; echo two > /mnt/one",
        "contentone ro\n");
    EXPECT_EQ(read_file(directory_ / "single"), "two\n");
}

TEST_F(Security, LinksInTheImageLeadNowhereOutside) {
    fs::create_directories(directory_ / "outside");
    fs::create_directories(directory_ / "source");
    fs::create_symlink(directory_ / "outside", rootfs() / "absolute");
    fs::create_symlink("../../../../../../" + (directory_ / "outside").string(), rootfs() / "relative");
    for (const char* name : {"/absolute/a", "/relative/b"})
        config_["mounts"].push_back({{"destination", name},
                                     {"type", "bind"},
                                     {"source", (directory_ / "source").string()},
                                     {"options", {"bind"}}});
    (void)create(); // refused or made below the root: either is right, the host's directory must stay empty
    EXPECT_TRUE(fs::is_empty(directory_ / "outside"));
}

TEST_F(Security, ALinkInPlaceOfProcIsRefused) {
    fs::remove(rootfs() / "proc");
    fs::create_symlink("/", rootfs() / "proc");
    EXPECT_NE(create().status, RTP_OK);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, ALinkInPlaceOfDevStaysInTheRoot) {
    fs::create_directories(directory_ / "host-directory");
    fs::remove(rootfs() / "dev");
    fs::create_symlink("../../host-directory", rootfs() / "dev");
    (void)create();
    EXPECT_TRUE(fs::is_empty(directory_ / "host-directory"));
}

// CVE-2025-31133: what hides a path must not come from the image.
TEST_F(Security, AnImagesOwnDevCannotChangeWhatMasksAPath) {
    json mounts = json::array();
    for (const auto& mount : config_["mounts"])
        if (!mount["destination"].get<std::string>().starts_with("/dev")) mounts.push_back(mount);
    config_["mounts"] = mounts;
    write_file(rootfs() / "etc/target", "untouched\n");
    fs::create_symlink("/etc/target", rootfs() / "dev/null");
    write_file(rootfs() / "dev/zero", "a plain file");
    expect_output("stat -c '%t:%T' /dev/null /dev/zero /proc/keys; cat /etc/target",
                  "1:3\n1:5\n1:3\nuntouched\n");
}

TEST_F(Security, NoDescriptorOfTheHostIsLeftOpen) {
    const int leaked = ::open("/", O_RDONLY | O_DIRECTORY); // not close-on-exec, as a careless host might
    const Outcome outcome = run_shell("ls /proc/self/fd | tr '\\n' ' '");
    ::close(leaked);
    EXPECT_EQ(outcome.output, "0 1 2 3 ");                                 // 3 is the directory that ls reads
    config_["process"]["cwd"] = "/proc/self/fd/" + std::to_string(leaked); // CVE-2024-21626
    EXPECT_NE(run().status, RTP_OK);
}

TEST_F(Security, TheHostsProgramIsNotReachedThroughProcSelfExe) {
    config_["process"]["args"] = {"/proc/self/exe", "--help"};
    const Outcome outcome = run();
    // What runs is the launcher (without arguments that mean anything to it) or nothing at all; never our
    // program.
    EXPECT_EQ(outcome.output.find("--gtest"), std::string::npos) << outcome.output;
}

TEST_F(Security, ATerminalIsTheContainersOwn) {
    config_["process"]["terminal"] = true;
    config_["process"]["consoleSize"] = {{"height", 30}, {"width", 100}};
    const Outcome outcome =
        run_shell("tty; stty size; test -c /dev/console && echo console; echo to-tty > /dev/tty");
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.output, "/dev/pts/0\r\n30 100\r\nconsole\r\nto-tty\r\n");
}

TEST_F(Security, SysctlsOfOwnNamespacesAreSet) {
    config_["linux"]["sysctl"] = {{"net.ipv4.ip_unprivileged_port_start", "80"},
                                  {"kernel.shm_rmid_forced", "1"}};
    expect_output("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced",
                  "80\n1\n");
}

// They are set through the container's own proc where that can be; else through the host's.
TEST_F(Security, SysctlsAreSetWhateverProcTheContainerHas) {
    config_["linux"]["sysctl"] = {{"net.ipv4.ip_unprivileged_port_start", "81"}};
    config_["mounts"].push_back({{"destination", "/tmp"}, {"type", "proc"}, {"source", "proc"}});
    json& proc = config_["mounts"][0];
    ASSERT_EQ(proc["destination"], "/proc");
    for (const char* const option : {"ro", "subset=pid"}) {
        proc["options"] = {"nosuid", option};
        expect_output("cat /tmp/sys/net/ipv4/ip_unprivileged_port_start", "81\n");
    }
    config_["mounts"].erase(0);
    expect_output("cat /tmp/sys/net/ipv4/ip_unprivileged_port_start", "81\n");
}

TEST_F(Security, AUserNamespaceMapsRootToAnotherUser) {
    config_["linux"]["namespaces"].push_back({{"type", "user"}});
    for (const char* key : {"uidMappings", "gidMappings"})
        config_["linux"][key] = {{{"containerID", 0}, {"hostID", 100000}, {"size", 65536}}};
    fs::permissions(directory_.path(), fs::perms(0755));
    config_["process"]["args"] = {"sh", "-c", "id -u; cat /proc/self/uid_map | tr -s ' '; sleep 1000"};
    for (const char* name : {"tmp", "home", "etc"})
        ASSERT_EQ(::chown((rootfs() / name).c_str(), 100000, 100000), 0);
    const Outcome created = create();
    ASSERT_EQ(created.status, RTP_OK) << created.message;
    const Outcome started = start();
    ASSERT_EQ(started.status, RTP_OK) << started.message;
    EXPECT_THAT(read_process(process_.pid, "status"), HasSubstr("Uid:\t100000\t100000"));
    const Outcome inside = exec_shell("id -u; readlink /proc/self/ns/user");
    EXPECT_EQ(inside.status, RTP_OK) << inside.message;
    EXPECT_EQ(inside.output,
              "0\n" + fs::read_symlink("/proc/" + std::to_string(process_.pid) + "/ns/user").string() + "\n");
}

TEST_F(Security, AMountShowsItsFilesUnderOtherOwners) {
    const fs::path shown = directory_ / "shown";
    fs::create_directory(shown);
    write_file(shown / "f", "x");
    ASSERT_EQ(::chown((shown / "f").c_str(), 5, 6), 0);
    json& mounts = config_["mounts"];
    mounts.push_back({{"destination", "/mapped"},
                      {"type", "bind"},
                      {"source", shown.string()},
                      {"options", {"bind", "ro"}},
                      {"uidMappings", {{{"containerID", 5}, {"hostID", 1000}, {"size", 1}}}},
                      {"gidMappings", {{{"containerID", 6}, {"hostID", 2000}, {"size", 1}}}}});
    expect_output("stat -c %u:%g /mapped/f", "1000:2000\n");
    mounts.back().erase("gidMappings");
    EXPECT_EQ(create().status, RTP_INVALID_ARGUMENT);
    mounts.back().erase("uidMappings");
    mounts.back()["options"] = {"bind", "idmap"}; // there is nothing to map by
    EXPECT_EQ(create().status, RTP_INVALID_ARGUMENT);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, GroupsAreFoundByTheirNames) {
    config_["process"]["user"] = {
        {"uid", 5}, {"gid", 6}, {"additionalGids", {7}}, {"additionalGroups", {"wheel"}}};
    expect_output("id -G", "6 7 10\n");
    config_["process"]["user"]["additionalGroups"] = {"no-such-group"};
    EXPECT_EQ(create().status, RTP_NOT_FOUND);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Security, AnExistingNetworkNamespaceIsJoined) {
    config_["linux"]["namespaces"][1]["path"] = "/proc/" + std::to_string(::getpid()) + "/ns/net";
    config_["process"]["args"] = {"readlink", "/proc/self/ns/net"};
    const Outcome outcome = run();
    EXPECT_EQ(outcome.output, fs::read_symlink("/proc/self/ns/net").string() + "\n");
}

TEST_F(Security, ExecRunsInTheContainerWithItsLimits) {
    start_sleeper();
    Outcome outcome = exec_shell(
        "hostname; ps | wc -l; grep -E '^(CapEff|Seccomp):' /proc/self/status | tr '\\t' ' '; exit 9");
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.exit_code, 9);
    EXPECT_THAT(outcome.output, HasSubstr("box\n"));
    EXPECT_THAT(outcome.output, HasSubstr("CapEff: 00000000a80425fb\nSeccomp: 2\n"));
    for (const char* name : {"pid", "net", "mnt", "ipc", "uts", "cgroup"}) {
        outcome = exec_shell(std::string("readlink /proc/self/ns/") + name);
        EXPECT_EQ(outcome.output,
                  fs::read_symlink("/proc/" + std::to_string(process_.pid) + "/ns/" + name).string() + "\n");
    }
    outcome = exec_shell("cat /proc/self/cgroup; echo; cat /proc/1/cgroup");
    const auto middle = outcome.output.find("\n\n");
    EXPECT_EQ(outcome.output.substr(0, middle + 1), outcome.output.substr(middle + 2));
}

TEST_F(Security, ExecReportsWhatCannotBeExecuted) {
    start_sleeper();
    json process = config_["process"];
    process["args"] = {"missing"};
    EXPECT_EQ(exec(process).status, RTP_NOT_FOUND);
    process["args"] = {"/etc"};
    EXPECT_EQ(exec(process).status, RTP_PERMISSION_DENIED);
    process["args"] = {"true"};
    process["user"]["username"] = "nobody-here";
    EXPECT_EQ(exec(process).status, RTP_NOT_FOUND);
    EXPECT_EQ(exec_shell("true").exit_code, 0);
}

TEST_F(Security, ExecWithATerminalAndAsAnotherUser) {
    start_sleeper();
    json process = config_["process"];
    process["terminal"] = true;
    process["user"] = {{"uid", 0}, {"gid", 0}, {"username", "alice"}};
    process["args"] = {"sh", "-c", "id -un; tty"};
    const Outcome outcome = exec(process);
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.output, "alice\r\n/dev/pts/0\r\n");
}

TEST_F(Security, ExecAfterTheEndIsRefused) {
    config_["process"]["args"] = {"true"};
    ASSERT_EQ(create().status, RTP_OK);
    EXPECT_EQ(exec_shell("true").status, RTP_FAILED_PRECONDITION);
    ASSERT_EQ(start().status, RTP_OK);
    wait();
    EXPECT_EQ(exec_shell("true").status, RTP_FAILED_PRECONDITION);
}

} // namespace
} // namespace rt::test
