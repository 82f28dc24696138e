// SPDX-License-Identifier: Apache-2.0
// --userns private: a container with users of its own, on image layers that nobody has changed for it.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <fstream>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

constexpr std::uint32_t kFirst = 2147483648;

class Userns : public WithBusybox {
protected:
    rt::test::Outcome inside(const std::string& line, std::vector<std::string> options = {}) {
        options.insert(options.end(), {"--userns", "private"});
        return sh(line, options);
    }
    void start(const std::string& name, std::vector<std::string> options = {}) {
        std::vector<std::string> words{"run", "-d", "--userns", "private", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sleep", "600"});
        const auto outcome = rtctl_(words);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    json inspect(const std::string& name) { return json::parse(rtctl_({"inspect", name}).out)[0]; }
    std::string exec(const std::string& name, const std::string& line,
                     std::vector<std::string> options = {}) {
        options.insert(options.begin(), "exec");
        options.insert(options.end(), {name, "sh", "-c", line});
        const auto outcome = rtctl_(options);
        return outcome.out + outcome.err;
    }
    std::uint32_t host_uid(const std::string& name) {
        struct stat status{};
        const std::string process = "/proc/" + std::to_string(inspect(name)["State"]["Pid"].get<int>());
        EXPECT_EQ(::stat(process.c_str(), &status), 0) << process;
        return status.st_uid;
    }
};

TEST_F(Userns, RootInsideIsNobodyOutsideAndOwnsItsFiles) {
    const auto outcome = inside("id -u; cat /proc/self/uid_map; stat -c %u:%g /bin/busybox / /etc/hosts; "
                                "touch /new && stat -c %u /new; id -u web");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, testing::MatchesRegex("0\n +0 +2147483648 +65536\n0:0\n0:0\n0:0\n0\n1000\n"));
    start("one");
    start("two");
    EXPECT_EQ(host_uid("one"), kFirst);
    EXPECT_EQ(host_uid("two"), kFirst + 65536);
    EXPECT_THAT(rtctl_({"inspect", "--origins", "two"}).out, HasSubstr("\"2147549184-2147614719\""));
    // Given back with the container, and kept by it until then.
    EXPECT_EQ(rtctl_({"restart", "-t", "0", "two"}).exit_code, 0);
    EXPECT_EQ(host_uid("two"), kFirst + 65536);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    start("three");
    EXPECT_EQ(host_uid("three"), kFirst);
    EXPECT_EQ(rtctl_({"rm", "-f", "two", "three"}).exit_code, 0);
}

TEST_F(Userns, EverythingInsideWorks) {
    EXPECT_EQ(inside("echo x > /dev/null; head -c1 /dev/zero | wc -c; test -w /dev/shm && echo shm; "
                     "echo to > /dev/stdout; ls /sys/class/net; cat /sys/fs/cgroup/cgroup.procs "
                     "/sys/fs/cgroup/pids/cgroup.procs 2>/dev/null | grep -qx 1 && "
                     "echo cgroup; ping -c1 127.0.0.1 >/dev/null && echo pong")
                  .out,
              "1\nshm\nto\neth0\nlo\ncgroup\npong\n");
    EXPECT_EQ(inside("id -u; echo to > /dev/stdout; touch /tmp/x && stat -c %U /tmp/x", {"-u", "web"}).out,
              "1000\nto\nweb\n");
    EXPECT_EQ(inside("ulimit -n; ulimit -Hn", {"--ulimit", "nofile=100:200"}).out, "100\n200\n");
    EXPECT_EQ(inside("cat /proc/self/oom_score_adj", {"--oom-score-adj", "500"}).out, "500\n");
    EXPECT_THAT(inside("grep -E '^(CapEff|Seccomp|NoNewPrivs)' /proc/self/status | tr '\\t' ' '",
                       {"--security-opt", "no-new-privileges"})
                    .out,
                testing::AllOf(HasSubstr("CapEff: 00000000a80425fb"), HasSubstr("NoNewPrivs: 1"),
                               HasSubstr("Seccomp: 2")));
    EXPECT_NE(inside("touch /x", {"--read-only"}).exit_code, 0);
    EXPECT_EQ(inside("echo $$", {"--init"}).out, "2\n");
    EXPECT_THAT(inside("cat /proc/sys/net/ipv4/ping_group_range").out, HasSubstr("65535"));
    EXPECT_EQ(inside("cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat "
                     "/sys/fs/cgroup/memory.max",
                     {"-m", "64m"})
                  .out,
              "67108864\n");
    EXPECT_NE(inside("mknod /x c 1 3").exit_code, 0);
}

TEST(UsernsStorage, PlainCopiesAreMappedToo) {
    const rt::test::Rtctl rtctl(R"("storage": {"default": "vfs"})");
    rtctl.import_busybox();
    EXPECT_EQ(
        rtctl({"run", "--rm", "--userns", "private", "busybox", "sh", "-c", "touch /x; stat -c %u /x /bin"})
            .out,
        "0\n0\n");
}

TEST_F(Userns, ExecAndHealthChecksAreInside) {
    start("one", {"--health-cmd", "test \"$(id -u)\" = 0 && test -w /etc/hosts", "--health-interval", "1s"});
    EXPECT_EQ(exec("one", "id -u; readlink /proc/self/ns/user; echo to > /dev/stdout"),
              "0\n" + exec("one", "readlink /proc/1/ns/user") + "to\n");
    EXPECT_EQ(exec("one", "id -u; id -G", {"-u", "web"}), "1000\n1000 2000\n");
    EXPECT_TRUE(eventually([&] { return inspect("one")["State"]["Health"]["Status"] == "healthy"; }));
    OnTerminal terminal(rtctl_.command({"exec", "-it", "one", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("tty; test -c /dev/console; echo $((40 + 2))\n");
    EXPECT_TRUE(terminal.shows("/dev/pts/")) << terminal.screen();
    EXPECT_TRUE(terminal.shows("42")) << terminal.screen();
    terminal.type("exit 3\n");
    EXPECT_EQ(terminal.wait(), 3);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Userns, ATerminalIsItsOwn) {
    OnTerminal terminal(rtctl_.command({"run", "--rm", "-it", "--userns", "private", "busybox", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("tty; stty size; echo to-tty > /dev/tty\n");
    EXPECT_TRUE(terminal.shows("24 80")) << terminal.screen();
    EXPECT_TRUE(terminal.shows("\nto-tty")) << terminal.screen();
    terminal.type("exit 5\n");
    EXPECT_EQ(terminal.wait(), 5) << terminal.screen();
}

TEST_F(Userns, FilesAreCopiedWithTheirOwners) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "f", "from host");
    ASSERT_EQ(::chown((dir / "f").c_str(), 1000, 2000), 0);
    start("one");
    EXPECT_EQ(exec("one", "echo inside > /mine; chown web:extra /mine"), "");
    for (const char* state : {"running", "stopped"}) {
        EXPECT_EQ(rtctl_({"cp", "-a", (dir / "f").native(), std::string("one:/") + state}).err, "");
        EXPECT_EQ(rtctl_({"cp", (dir / "f").native(), std::string("one:/root-") + state}).err, "");
        EXPECT_EQ(rtctl_({"cp", "-a", "one:/mine", (dir / state).native()}).err, "");
        struct stat status{};
        ASSERT_EQ(::stat((dir / state).c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, 1000U) << state;
        EXPECT_EQ(status.st_gid, 2000U) << state;
        EXPECT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    }
    EXPECT_THAT(rtctl_({"diff", "one"}).out, testing::AllOf(HasSubstr("A /mine"), HasSubstr("A /running")));
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    EXPECT_EQ(exec("one", "stat -c %u:%g /running /stopped; cat /running"),
              "1000:2000\n1000:2000\nfrom host");
    EXPECT_THAT(exec("one", "stat -c %u:%g /root-running /root-stopped /mine"), HasSubstr("1000:2000\n"));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Userns, BindsKeepTheOwnersOfTheHost) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "f", "x");
    std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(dir / "f", std::filesystem::perms(0644));
    EXPECT_EQ(inside("cat /m/f; stat -c ' %u' /m/f; touch /m/y 2>/dev/null || echo no",
                     {"-v", dir.path().native() + ":/m"})
                  .out,
              "x 65534\nno\n");
}

TEST_F(Userns, VolumesHaveTheOwnersThatEveryContainerSees) {
    EXPECT_EQ(inside("echo one > /v/root && echo two > /v/web && chown web:extra /v/web && stat -c %u:%g /v",
                     {"-v", "shared:/v"})
                  .out,
              "0:0\n");
    const std::string look = "stat -c %u:%g /v/root /v/web; cat /v/root /v/web";
    const std::string seen = "0:0\n1000:2000\none\ntwo\n";
    EXPECT_EQ(sh(look, {"-v", "shared:/v"}).out, seen) << "without users of its own";
    EXPECT_EQ(inside(look, {"-v", "shared:/v"}).out, seen);
    // What the image has there, as the image has it.
    EXPECT_EQ(inside("stat -c %u /bin/busybox; touch /bin/new && echo written", {"-v", "/bin"}).out,
              "0\nwritten\n");
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "f", "from host");
    start("one", {"-v", "shared:/v"});
    EXPECT_EQ(rtctl_({"cp", (dir / "f").native(), "one:/v/f"}).err, "");
    EXPECT_EQ(exec("one", "stat -c %u /v/f; cat /v/f"), "0\nfrom host");
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"volume", "rm", "shared"}).exit_code, 0);
}

TEST_F(Userns, WhatIsOthersCannotBeHadWithIt) {
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{"--privileged"},
          {"--pid", "host"},
          {"--network", "host"},
          {"--network", "container:one"},
          {"--mount", "type=bind,src=/tmp,dst=/t,bind-propagation=rshared"}}) {
        const auto outcome = inside("true", options);
        EXPECT_EQ(outcome.exit_code, kRefused) << options.front();
        EXPECT_THAT(outcome.err, HasSubstr("user namespaces")) << options.front();
    }
}

TEST_F(Userns, ARangeIsNeverGivenTwiceAlsoAfterAKill) {
    const rt::test::Rtctl small(R"("id_pool": "2147483648:131072")");
    small.import_busybox();
    const std::vector<std::string> create{"create", "--userns", "private", "busybox", "true"};
    EXPECT_EQ(small(create).exit_code, 0);
    const auto second = small(create);
    EXPECT_EQ(second.exit_code, 0);
    const auto none = small(create);
    EXPECT_NE(none.exit_code, 0);
    EXPECT_THAT(none.err, HasSubstr("make the pool larger"));
    EXPECT_EQ(small({"rm", second.out.substr(0, 64)}).exit_code, 0);
    EXPECT_EQ(small(create).exit_code, 0);
}

} // namespace
