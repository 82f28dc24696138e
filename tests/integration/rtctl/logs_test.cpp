// SPDX-License-Identifier: Apache-2.0
// rtctl logs: spans of time, details, rotated and damaged files, and a disk that does not take them.
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <sys/mount.h>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class Logs : public WithBusybox {
protected:
    json inspect(const std::string& name) { return json::parse(rtctl_({"inspect", name}).out)[0]; }
    fs::path log_of(const std::string& name) { return inspect(name)["LogPath"].get<std::string>(); }
};

TEST_F(Logs, AreCutToASpanOfTime) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "busybox", "sh", "-c",
                      "echo a; sleep 0.2; echo b; sleep 0.2; echo c"})
                  .exit_code,
              0);
    const std::string stamped = rtctl_({"logs", "-t", "one"}).out;
    const std::size_t second = stamped.find('\n') + 1;
    const std::string time = stamped.substr(second, stamped.find(' ', second) - second);
    EXPECT_EQ(rtctl_({"logs", "--since", time, "one"}).out, "b\nc\n");
    EXPECT_EQ(rtctl_({"logs", "--until", time, "one"}).out, "a\nb\n");
    EXPECT_EQ(rtctl_({"logs", "--since", time, "--until", time, "one"}).out, "b\n");
    EXPECT_EQ(rtctl_({"logs", "--since", "1h", "one"}).out, "a\nb\nc\n");
    EXPECT_EQ(rtctl_({"logs", "--until", "1h", "one"}).out, "");
    EXPECT_EQ(rtctl_({"logs", "--tail", "2", "--until", time, "one"}).out, "b\n"); // the last lines first
    EXPECT_EQ(rtctl_({"logs", "-f", "--since", time, "one"}).out, "b\nc\n");
    EXPECT_EQ(rtctl_({"logs", "--since", "yesterday", "one"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Logs, AreFollowedUntilATimeThatIsToCome) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c", "echo a; sleep 1000"}).exit_code,
              0);
    EXPECT_EQ(rtctl_({"logs", "-f", "--until", "-1s", "one"}).out, "a\n");
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Logs, AreFollowedToTheEndOfThisRunAlsoWithARestartPolicy) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "--restart", "always", "busybox", "sh", "-c",
                      "echo a; sleep 1; echo b"})
                  .exit_code,
              0);
    const std::string out = rtctl_({"logs", "-f", "one"}).out; // ends
    EXPECT_TRUE(out.ends_with("b\n")) << out;
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Logs, ShowTheDetailsThatLogOptionsChoose) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "--label", "tier=a b", "--label", "other=x", "-e", "COLOUR=red",
                      "-e", "SIZE=1", "--log-opt", "labels=tier,nothing", "--log-opt", "env-regex=^COL",
                      "busybox", "echo", "hello"})
                  .exit_code,
              0);
    EXPECT_EQ(rtctl_({"logs", "--details", "one"}).out, "COLOUR=red,tier=a+b hello\n");
    EXPECT_EQ(rtctl_({"logs", "one"}).out, "hello\n");
    EXPECT_THAT(rt::test::read_file(log_of("one")),
                HasSubstr(R"("stream":"stdout","attrs":{"COLOUR":"red","tier":"a b"},"time":)"));
    EXPECT_EQ(rtctl_({"run", "--log-opt", "env-regex=(", "busybox", "true"}).exit_code, 125);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Logs, TailGoesThroughRotatedFiles) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "--log-opt", "max-size=10k", "--log-opt", "max-file=5",
                      "busybox", "seq", "1", "300"})
                  .exit_code,
              0);
    ASSERT_TRUE(fs::exists(log_of("one").native() + ".1"));
    std::string expected;
    for (int number = 101; number <= 300; ++number) expected += std::to_string(number) + "\n";
    EXPECT_EQ(rtctl_({"logs", "--tail", "200", "one"}).out, expected);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Logs, OfDriverNoneCannotBeRead) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "--log-driver", "none", "busybox", "echo", "x"}).exit_code, 0);
    const auto shown = rtctl_({"logs", "one"});
    EXPECT_EQ(shown.exit_code, 1);
    EXPECT_THAT(shown.err, HasSubstr("configured logging driver does not support reading"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Logs, PassOverDamagedLinesAndSaySo) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "busybox", "echo", "x"}).exit_code, 0);
    const fs::path log = log_of("one");
    rt::test::write_file(log, "rubbish\n" + rt::test::read_file(log) + "\n{\"log\":\"torn");
    const auto shown = rtctl_({"logs", "one"});
    EXPECT_EQ(shown.out, "x\n");
    EXPECT_EQ(shown.exit_code, 0);
    EXPECT_THAT(shown.err, HasSubstr("passed over 2 lines"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Logs, OfAFullDiskAreCountedAndTheContainerGoesOn) {
    const fs::path logs = rtctl_.root() / "logs";
    fs::create_directories(logs);
    ASSERT_EQ(::mount("tmpfs", logs.c_str(), "tmpfs", 0, "size=64k"), 0);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "seq 1 5000; echo done > /tmp/done; sleep 1000"})
                  .exit_code,
              0);
    EXPECT_TRUE(eventually([&] { return rtctl_({"exec", "one", "cat", "/tmp/done"}).exit_code == 0; }));
    std::int64_t lost = 0;
    EXPECT_TRUE(eventually([&] { return (lost = inspect("one")["Rt"]["LogLinesLost"]) > 0; }));
    EXPECT_THAT(rtctl_({"logs", "one"}).err,
                HasSubstr("lines could not be written (No space left on device)"));
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    lost = inspect("one")["Rt"]["LogLinesLost"];
    const std::string out = rtctl_({"logs", "one"}).out;
    EXPECT_EQ(std::ranges::count(out, '\n') + lost, 5000);
    EXPECT_THAT(rtctl_({"logs", "one"}).err, HasSubstr(std::to_string(lost) + " lines could not be written"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(::umount2(logs.c_str(), MNT_DETACH), 0);
}

TEST_F(Logs, GoOnInANewFileWhenTheOldOneWasRemoved) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "i=0; while :; do echo $((i++)); sleep 0.1; done"})
                  .exit_code,
              0);
    const fs::path log = log_of("one");
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out.starts_with("0\n"); }));
    fs::remove(log);
    EXPECT_TRUE(eventually([&] { return fs::exists(log) && !rtctl_({"logs", "one"}).out.empty(); }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

} // namespace
