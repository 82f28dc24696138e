// SPDX-License-Identifier: Apache-2.0
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST_F(WithBusybox, RunShowsOutputAndPassesTheExitCodeOn) {
    const auto outcome = sh("echo to-out; echo to-err >&2; exit 42");
    EXPECT_EQ(outcome.exit_code, 42);
    EXPECT_EQ(outcome.out, "to-out\n");
    EXPECT_EQ(outcome.err, "to-err\n");
}

TEST_F(WithBusybox, RunEndsWithDockersExitCodes) {
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "no-such-program"}).exit_code, 127);
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "/bin/not-executable"}).exit_code, 126);
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "/etc"}).exit_code, 126);
    EXPECT_EQ(rtctl_({"run", "--rm", "--no-such-option", "busybox"}).exit_code, 125);
    EXPECT_EQ(rtctl_({"run", "--rm", "127.0.0.1:1/no/image"}).exit_code, 125);
    EXPECT_EQ(sh("sh -c 'kill -9 $$'; exit $?").exit_code, 137);
    EXPECT_EQ(sh("kill -15 $$").exit_code, 0)
        << "the first process of a pid namespace ignores what it does not handle";
    EXPECT_EQ(sh("sh -c 'kill -15 $$'; exit $?").exit_code, 143);
}

TEST_F(WithBusybox, ErrorsAreOneLineThatSaysWhatToDo) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"run", "--rm", "busybox", "no-such-program"},
          {"run", "--rm", "UPPER/CASE"},
          {"run", "--rm", "-m", "lots", "busybox"},
          {"run", "--storage", "zfs", "busybox"},
          {"run", "--network", "brigde", "busybox"},
          {"run", "--isolation", "vm", "busybox"},
          {"logs", "nobody"},
          {"stop", "nobody"},
          {"frobnicate"}}) {
        const auto outcome = rtctl_(words);
        EXPECT_NE(outcome.exit_code, 0) << words.back();
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
        EXPECT_TRUE(outcome.err.starts_with("rtctl: ")) << outcome.err;
    }
}

TEST_F(WithBusybox, EnvironmentDirectoryHostnameAndUserAreAsAskedFor) {
    EXPECT_EQ(sh("echo $FROM_IMAGE $MINE", {"-e", "MINE=1"}).out, "yes 1\n");
    EXPECT_EQ(sh("pwd", {"-w", "/tmp"}).out, "/tmp\n");
    EXPECT_EQ(sh("pwd; stat -c %u /made/here", {"-w", "/made/here"}).out, "/made/here\n0\n");
    EXPECT_EQ(sh("hostname; cat /etc/hostname", {"--hostname", "box"}).out, "box\nbox\n");
    EXPECT_EQ(sh("hostname | wc -c").out, "13\n");
    EXPECT_EQ(sh("id -u; id -g; id -G; echo $HOME", {"-u", "web"}).out, "1000\n1000\n1000 2000\n/home/web\n");
    EXPECT_EQ(sh("id -u; id -g", {"-u", "1234:5678"}).out, "1234\n5678\n");
    const auto nobody = sh("true", {"-u", "nobody-here"});
    EXPECT_EQ(nobody.exit_code, 125);
    EXPECT_THAT(nobody.err, HasSubstr("nobody-here"));
}

TEST_F(WithBusybox, EntrypointReplacesTheImagesCommand) {
    EXPECT_EQ(rtctl_({"run", "--rm", "--entrypoint", "/bin/echo", "busybox", "a", "b"}).out, "a b\n");
}

TEST_F(WithBusybox, StandardInputGoesThroughOnlyWithI) {
    EXPECT_EQ(rtctl_({"run", "--rm", "-i", "busybox", "cat"}, "hello").out, "hello");
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "cat"}, "hello").out, "");
    const std::string much(3'000'000, 'x');
    const auto outcome = rtctl_({"run", "--rm", "-i", "busybox", "cat"}, much);
    EXPECT_EQ(outcome.out.size(), much.size());
    for (int run = 0; run < 5; ++run) { // its end and the input cross now and then
        const auto head =
            rtctl_({"run", "--rm", "-i", "--network", "none", "busybox", "head", "-c", "3"}, much);
        EXPECT_EQ(head.out, "xxx");
        EXPECT_EQ(head.exit_code, 0) << head.err;
    }
}

TEST_F(WithBusybox, NothingOfAFastProgramsOutputIsLost) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(sh("seq 1 2000 | wc -l; echo end").out, "2000\nend\n");
}

TEST_F(WithBusybox, FilesAreTheContainersOwn) {
    ASSERT_EQ(
        rtctl_({"run", "--name", "one", "busybox", "sh", "-c", "echo x > /new; rm /etc/group"}).exit_code, 0);
    EXPECT_EQ(sh("test -e /new || test ! -e /etc/group; echo $?").out, "1\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(WithBusybox, MountsOfTheHostAreThereAndReadOnlyOnesAreReadOnly) {
    const auto dir = rtctl_.directory() / "data";
    std::filesystem::create_directory(dir);
    rt::test::write_file(dir / "file", "content\n");
    EXPECT_EQ(sh("cat /d/file; echo new > /d/made", {"-v", dir.native() + ":/d"}).out, "content\n");
    EXPECT_EQ(rt::test::read_file(dir / "made"), "new\n");
    const auto outcome = sh("touch /d/file", {"-v", dir.native() + ":/d:ro"});
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("Read-only"));
    EXPECT_EQ(sh("ls -d /m", {"-v", (dir / "not-there").native() + ":/m"}).exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_directory(dir / "not-there"));
}

TEST_F(WithBusybox, ReadOnlyMeansTheRootAndNotDev) {
    EXPECT_NE(sh("touch /x", {"--read-only"}).exit_code, 0);
    EXPECT_EQ(sh("touch /dev/shm/x", {"--read-only"}).exit_code, 0);
}

TEST_F(WithBusybox, EveryStorageDriverRunsIt) {
    for (const char* storage : {"overlayfs", "vfs"})
        EXPECT_EQ(sh("echo x > /f; cat /f", {"--storage", storage}).out, "x\n") << storage;
    ASSERT_TRUE(take_as_clean()); // the image is now unpacked into vfs as well
}

TEST_F(WithBusybox, InspectTellsDriversPhasesAndAddress) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const json inspected = json::parse(rtctl_({"inspect", "one"}).out)[0];
    EXPECT_EQ(inspected["Name"], "/one");
    EXPECT_EQ(inspected["State"]["Status"], "running");
    EXPECT_GT(inspected["State"]["Pid"], 0);
    EXPECT_EQ(inspected["Rt"]["Drivers"]["Storage"], "overlayfs");
    EXPECT_GE(inspected["Rt"]["Phases"].size(), 5U);
    EXPECT_TRUE(
        inspected["NetworkSettings"]["Networks"]["bridge"]["IPAddress"].get<std::string>().starts_with(
            "10."));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_NE(rtctl_({"inspect", "one"}).exit_code, 0);
}

TEST_F(WithBusybox, FilesOfTheEngineAreReadableWhateverTheCallersUmask) {
    const ::mode_t before = ::umask(077);
    EXPECT_EQ(sh("cat /etc/hosts > /dev/null && echo yes", {"-u", "web"}).out, "yes\n");
    ::umask(before);
}

TEST_F(WithBusybox, AReadOnlyMountIsSoWithEverythingBelowIt) {
    const auto dir = rtctl_.directory() / "tree";
    std::filesystem::create_directories(dir / "sub");
    ASSERT_EQ(rt::test::run_program({"mount", "-t", "tmpfs", "none", dir / "sub"}).exit_code, 0);
    EXPECT_NE(sh("touch /t/sub/x", {"-v", dir.native() + ":/t:ro"}).exit_code, 0);
    EXPECT_EQ(sh("touch /t/sub/x", {"-v", dir.native() + ":/t"}).exit_code, 0);
    ASSERT_EQ(rt::test::run_program({"umount", dir / "sub"}).exit_code, 0);
}

TEST_F(WithBusybox, AMountOverEtcDoesNotHideHosts) {
    const auto dir = rtctl_.directory() / "etc";
    std::filesystem::create_directories(dir);
    EXPECT_EQ(sh("grep -c localhost /etc/hosts", {"-v", dir.native() + ":/etc"}).out, "2\n");
}

TEST_F(WithBusybox, NothingHidesPartsOfProc) {
    const auto dir = rtctl_.directory() / "proc";
    std::filesystem::create_directories(dir);
    for (const char* target : {"/proc", "/proc/1", "/proc/sys", "/proc/../proc/"}) {
        const auto refused = sh("true", {"-v", dir.native() + ":" + target});
        EXPECT_EQ(refused.exit_code, 125) << target;
        EXPECT_THAT(refused.err, HasSubstr("/proc")) << target;
    }
    rt::test::write_file(dir / "uptime", "mine\n");
    EXPECT_EQ(sh("cat /proc/uptime", {"-v", (dir / "uptime").native() + ":/proc/uptime"}).out, "mine\n");
}

TEST_F(WithBusybox, AProgramWhoseReaderIsGoneEnds) {
    std::string command;
    for (const std::string& word :
         rtctl_.command({"run", "--rm", "busybox", "sh", "-c", "'while :; do echo y; done'"}))
        command += word + " ";
    EXPECT_EQ(rt::test::run_program({"sh", "-c", command + "| head -n 1"}).out, "y\n");
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

TEST_F(WithBusybox, AMountOverDevIsUsedAsItIsAndNothingIsMadeInIt) {
    const auto dir = rtctl_.directory() / "dev";
    std::filesystem::create_directories(dir / "pts");
    for (const char* name : {"ptmx", "null", "fd"}) rt::test::write_file(dir / name, "mine");
    EXPECT_EQ(sh("ls /dev", {"-v", dir.native() + ":/dev"}).out, "fd\nnull\nptmx\npts\n");
    EXPECT_EQ(rt::test::run_program({"ls", dir.native()}).out, "fd\nnull\nptmx\npts\n");
    EXPECT_EQ(rt::test::read_file(dir / "ptmx"), "mine");
}

} // namespace
