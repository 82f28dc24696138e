// SPDX-License-Identifier: Apache-2.0
// Options of run, from the command line to what a program in the container sees.
#include "with_busybox.hpp"

#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sys/mount.h>

namespace {

using testing::HasSubstr;

TEST_F(WithBusybox, ProcessOptionsReachTheProgram) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "env", "# none\n\nA=from file\nRT_NOT_SET_ANYWHERE\n");
    EXPECT_EQ(
        sh("echo $A $B; env | grep -c RT_NOT_SET", {"--env-file", (dir / "env").native(), "-e", "B=2"}).out,
        "from file 2\n0\n");
    EXPECT_THAT(sh("id -G", {"--group-add", "77", "-u", "5:6"}).out, HasSubstr("77"));
    EXPECT_EQ(sh("id -G", {"--group-add", "extra", "--group-add", "7", "-u", "5:6"}).out, "6 7 2000\n");
    EXPECT_EQ(sh("id -G", {"--group-add", "77"}).out, "0 77\n"); // root's own is not lost
    const auto missing = sh("true", {"--group-add", "no-such-group"});
    EXPECT_EQ(missing.exit_code, kRefused);
    EXPECT_THAT(missing.err, HasSubstr("unable to find group no-such-group"));
    EXPECT_EQ(sh("ulimit -n; ulimit -Hn", {"--ulimit", "nofile=100:200"}).out, "100\n200\n");
    EXPECT_EQ(sh("cat /proc/self/oom_score_adj", {"--oom-score-adj", "500"}).out, "500\n");
    EXPECT_THAT(sh("grep NoNewPrivs /proc/self/status", {"--security-opt", "no-new-privileges"}).out,
                HasSubstr("1"));
    EXPECT_EQ(sh("cat /proc/sys/kernel/domainname", {"--domainname", "lan.test"}).out, "lan.test\n");
}

TEST_F(WithBusybox, NamesAreResolvedAsAskedFor) {
    const auto outcome = sh("cat /etc/resolv.conf /etc/hosts",
                            {"--dns", "192.0.2.1", "--dns-search", "a.test", "--dns-option", "ndots:3",
                             "--add-host", "db:192.0.2.7", "--add-host", "me:host-gateway"});
    EXPECT_THAT(outcome.out, HasSubstr("nameserver 192.0.2.1\nsearch a.test\noptions ndots:3\n"));
    EXPECT_THAT(outcome.out, HasSubstr("192.0.2.7\tdb\n"));
    EXPECT_THAT(outcome.out, testing::ContainsRegex("\n10\\.[0-9.]*\tme\n"));
}

TEST_F(WithBusybox, MountsHaveTheirOptions) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "f", "there");
    const std::string source = dir.path().native();
    EXPECT_EQ(sh("cat /m/f; touch /m/x 2>/dev/null || echo no",
                 {"--mount", "type=bind,src=" + source + ",dst=/m,readonly"})
                  .out,
              "thereno\n");
    EXPECT_EQ(sh("true", {"--mount", "type=bind,src=" + source + "/none,dst=/m"}).exit_code, kRefused);
    EXPECT_THAT(sh("grep ' /t ' /proc/mounts", {"--tmpfs", "/t:size=2m,mode=700"}).out,
                HasSubstr("size=2048k"));
    EXPECT_THAT(sh("grep ' /dev/shm ' /proc/mounts", {"--shm-size", "3m"}).out, HasSubstr("size=3072k"));
    EXPECT_NE(sh("touch /x", {"--read-only"}).exit_code, 0);
}

// A mount of the host's that is shared, with another one in it.
class SharedTree {
public:
    SharedTree() {
        EXPECT_EQ(::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, nullptr), 0);
        EXPECT_EQ(::mount(nullptr, dir_.path().c_str(), nullptr, MS_SHARED, nullptr), 0);
        add("sub");
    }
    SharedTree(const SharedTree&) = delete;
    SharedTree& operator=(const SharedTree&) = delete;
    ~SharedTree() { ::umount2(dir_.path().c_str(), MNT_DETACH); }
    void add(const std::string& name) const {
        std::filesystem::create_directory(dir_ / name);
        EXPECT_EQ(::mount("tmpfs", (dir_ / name).c_str(), "tmpfs", 0, nullptr), 0);
        rt::test::write_file(dir_ / name / "f", "there");
    }
    [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(dir_ / name); }
    [[nodiscard]] std::string option(const std::string& more) const {
        return "type=bind,src=" + dir_.path().native() + ",dst=/m" + more;
    }

private:
    rt::test::TempDir dir_;
};

TEST_F(WithBusybox, MountsBelowABindAreAsAskedFor) {
    const SharedTree tree;
    const std::string look = "cat /m/sub/f 2>/dev/null || echo none; touch /m/x 2>/dev/null && echo top; "
                             "touch /m/sub/x 2>/dev/null && echo sub; true";
    EXPECT_EQ(sh(look, {"--mount", tree.option("")}).out, "theretop\nsub\n");
    EXPECT_EQ(sh(look, {"--mount", tree.option(",readonly")}).out, "there");
    EXPECT_EQ(sh(look, {"--mount", tree.option(",readonly,bind-recursive=writable")}).out, "theresub\n");
    EXPECT_EQ(
        sh(look, {"--mount", tree.option(",readonly,bind-recursive=readonly,bind-propagation=rprivate")}).out,
        "there");
    EXPECT_EQ(
        sh("ls /m/sub; touch /m/x && echo top", {"--mount", tree.option(",bind-recursive=disabled")}).out,
        "top\n");
}

TEST_F(WithBusybox, BindPropagationIsAsAskedFor) {
    for (const char* const mode : {"private", "rprivate", "slave", "rslave", "shared", "rshared"}) {
        const SharedTree tree;
        const auto outcome = rtctl_(
            {"run", "-d", "--name", "one", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined",
             "--mount", tree.option(std::string(",bind-propagation=") + mode), "busybox", "sleep", "600"});
        ASSERT_EQ(outcome.exit_code, 0) << mode << outcome.err;
        tree.add("later");
        const bool comes_in = std::string_view(mode).find("private") == std::string_view::npos;
        EXPECT_EQ(rtctl_({"exec", "one", "cat", "/m/later/f"}).out, comes_in ? "there" : "") << mode;
        EXPECT_EQ(
            rtctl_({"exec", "one", "sh", "-c", "mkdir /m/own && mount -t tmpfs own /m/own && touch /m/own/f"})
                .err,
            "")
            << mode;
        EXPECT_EQ(tree.has("own/f"), std::string_view(mode).ends_with("shared")) << mode;
        EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    }
}

// Nothing would come through, without a word.
TEST_F(WithBusybox, APropagationThatTheSourceTakesNoPartInIsRefused) {
    const auto source =
        rtctl_.directory() / "source"; // on a mount that the test's namespace has made private
    std::filesystem::create_directories(source);
    for (const char* const mode : {"shared", "rshared", "slave", "rslave"}) {
        const auto refused = sh("true", {"-v", source.native() + ":/m:" + mode});
        EXPECT_EQ(refused.exit_code, kRefused) << mode;
        EXPECT_THAT(refused.err, HasSubstr("but it is not a shared")) << mode;
    }
    EXPECT_EQ(sh("true", {"-v", source.native() + ":/m:rprivate"}).exit_code, 0);
    EXPECT_EQ(sh("true", {"-v", source.native() + ":/m:ro,rw"}).exit_code, kRefused);
}

TEST_F(WithBusybox, DevicesAreThereAndUsable) {
    const auto outcome =
        sh("ls -l /dev/mine; head -c 1 /dev/mine | wc -c", {"--device", "/dev/zero:/dev/mine:r"});
    EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("1,   5"), HasSubstr("\n1\n")));
    EXPECT_EQ(sh("true", {"--device", "/dev/none-of-it"}).exit_code, kRefused);
}

TEST_F(WithBusybox, NamespacesOfTheHostAreShared) {
    EXPECT_NE(sh("echo $$", {"--pid", "host"}).out, "1\n");
    EXPECT_EQ(sh("sysctl -n net.core.somaxconn", {"--sysctl", "net.core.somaxconn=77"}).out, "77\n");
    std::string name;
    std::ifstream("/proc/sys/kernel/hostname") >> name;
    EXPECT_EQ(sh("hostname", {"--uts", "host"}).out, name + "\n");
    EXPECT_EQ(sh("test -e /dev/shm || echo none", {"--ipc", "none"}).out, "none\n");
}

TEST_F(WithBusybox, ASeccompProfileIsDockersAndIsKept) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "deny.json", R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]})");
    const std::string option = "seccomp=" + (dir / "deny.json").native();
    EXPECT_THAT(sh("mkdir /x", {"--security-opt", option}).err, HasSubstr("not implemented"));
    EXPECT_EQ(sh("grep Seccomp: /proc/self/status", {"--security-opt", "seccomp=unconfined"}).out,
              "Seccomp:\t0\n");
    rt::test::write_file(dir / "deny.json", R"({"defaultAction": "SCMP_ACT_SOME"})");
    const auto refused = sh("true", {"--security-opt", option});
    EXPECT_EQ(refused.exit_code, kRefused);
    EXPECT_THAT(refused.err, HasSubstr("SCMP_ACT_SOME"));
}

// What we could give: a host may itself be a container.
std::string bounding_set() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("CapBnd:\t")) return line.substr(8);
    return "?";
}

TEST_F(WithBusybox, PrivilegedHidesNothing) {
    const std::string everything = "CapEff:\t" + bounding_set();
    const auto outcome = sh(
        "grep CapEff /proc/self/status; wc -c < /proc/keys; ls /dev/kmsg; mount -t tmpfs x /tmp && echo ok",
        {"--privileged"});
    EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr(everything), HasSubstr("/dev/kmsg"), HasSubstr("ok")))
        << outcome.err;
}

TEST_F(WithBusybox, TheIdIsWrittenToANewFile) {
    const rt::test::TempDir dir;
    const std::string file = (dir / "id").native();
    EXPECT_EQ(sh("true", {"--cidfile", file}).exit_code, 0);
    EXPECT_EQ(rt::test::read_file(file).size(), 64U);
    EXPECT_EQ(sh("true", {"--cidfile", file}).exit_code, kRefused);
    const std::string other = (dir / "other").native();
    EXPECT_EQ(sh("true", {"--cidfile", other, "--sysctl", "kernel.panic=1"}).exit_code, kRefused);
    EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(WithBusybox, OnlyTheStreamsThatAreAttachedAreShown) {
    const std::string both = "echo to-out; echo to-err >&2";
    const auto out = sh(both, {"-a", "stdout"});
    EXPECT_EQ(out.out + "|" + out.err, "to-out\n|");
    const auto error = sh(both, {"-a", "STDERR"});
    EXPECT_EQ(error.out + "|" + error.err, "|to-err\n");
    EXPECT_EQ(rtctl_({"run", "--rm", "-i", "-a", "stdin", "-a", "stdout", "busybox", "cat"}, "x").out, "x");
    EXPECT_EQ(sh("true", {"-a", "stdin", "-a", "stdout"}).exit_code, kRefused);
    EXPECT_EQ(sh("true", {"-i", "-a", "stdin"}).exit_code, kRefused);
    EXPECT_EQ(sh("true", {"-a", "screen"}).exit_code, kRefused);
}

TEST_F(WithBusybox, PullNeverTakesOnlyWhatIsHere) {
    EXPECT_EQ(sh("true", {"--pull", "never"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"run", "--rm", "--pull", "never", "no-such-image:1"}).err,
                HasSubstr("no-such-image"));
}

TEST_F(WithBusybox, WhatIsNotSupportedIsRefusedByName) {
    for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{
             {"--gpus", "all"}, {"--kernel-memory", "1g"}, {"--storage-opt", "size=1G"}}) {
        const auto outcome = sh("true", options);
        EXPECT_EQ(outcome.exit_code, kRefused) << options[0];
        EXPECT_THAT(outcome.err, HasSubstr(options[0]));
    }
}

TEST_F(WithBusybox, ExplainTellsWhoAskedForWhatAndMakesNothing) {
    (void)rtctl_({"config", "check"}); // drivers make their directories when they are first looked at
    ASSERT_TRUE(take_as_clean());
    const auto outcome = rtctl_({"explain", "run", "--format", "json", "-m", "64m", "-e", "A=b", "--cap-add",
                                 "NET_ADMIN", "--tmpfs", "/t", "busybox", "true"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto result = nlohmann::json::parse(outcome.out);
    const auto from = [&](const char* kind, const char* name) {
        for (const auto& origin : result["Origins"])
            if (origin["Kind"] == kind && origin["Name"] == name) return origin["From"].get<std::string>();
        return std::string("nobody");
    };
    EXPECT_EQ(from("environment", "A"), "flag --env");
    EXPECT_EQ(from("environment", "PATH"), "default");
    EXPECT_EQ(from("limit", "memory limit"), "flag --memory");
    EXPECT_EQ(from("capability", "CAP_NET_ADMIN"), "flag --cap-add");
    EXPECT_EQ(from("capability", "CAP_CHOWN"), "default");
    EXPECT_EQ(from("mount", "/t"), "flag --tmpfs");
    EXPECT_EQ(from("process", "argument 0"), "command line");
    EXPECT_THAT(from("limit", "cgroup"), HasSubstr("wiring: "));
    int taken = 0;
    for (const auto& driver : result["Drivers"]) {
        taken += driver["Taken"] == true ? 1 : 0;
        EXPECT_FALSE(driver["Why"].get<std::string>().empty());
    }
    EXPECT_EQ(taken, 3);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    EXPECT_EQ(rtctl_({"explain", "run", "--network", "nope", "busybox"}).exit_code, 1);
    EXPECT_THAT(rtctl_({"explain", "run", "-m", "64m", "busybox", "true"}).out, HasSubstr("flag --memory"));
}

} // namespace
