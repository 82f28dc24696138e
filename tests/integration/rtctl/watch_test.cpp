// SPDX-License-Identifier: Apache-2.0
// What can be seen of containers that run: top, port, stats.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

class Watch : public WithBusybox {
protected:
    void begin(const std::string& name, std::vector<std::string> options = {},
               const std::string& line = "sleep 1000") {
        std::vector<std::string> words{"run", "-d", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        const auto begun = rtctl_(words);
        ASSERT_EQ(begun.exit_code, 0) << begun.err;
    }
    void TearDown() override {
        std::istringstream ids(rtctl_({"ps", "-aq"}).out);
        for (std::string id; std::getline(ids, id);) rtctl_({"rm", "-f", id});
        WithBusybox::TearDown();
    }
};

TEST_F(Watch, TopShowsTheProcessesOfTheContainerAndNoOthers) {
    begin("box", {}, "sleep 1234 & sleep 4321; true");
    ASSERT_TRUE(rt::test::eventually([&] { // a process that is born is its parent for a moment
        const std::string out = rtctl_({"top", "box"}).out;
        const auto has = [&](const char* line) { return out.find(line) != out.npos; };
        return lines_of(out).size() == 4 && has("  sleep 1234\n") && has("  sleep 4321\n");
    }));
    const auto lines = lines_of(rtctl_({"top", "box"}).out);
    EXPECT_EQ(lines[0],
              "UID                 PID                 PPID                C                   STIME  "
              "             TTY                 TIME                CMD");
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    EXPECT_THAT(text, AllOf(HasSubstr("sh -c sleep 1234 & sleep 4321; true\n"), HasSubstr("  sleep 1234\n"),
                            HasSubstr("  sleep 4321\n")));
    for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_THAT(lines[i], testing::StartsWith("root  "));
    // C falls while they sleep.
    EXPECT_TRUE(rt::test::eventually(
        [&] { return rtctl_({"top", "box", "-ef"}).out == rtctl_({"top", "box"}).out; }));
}

TEST_F(Watch, TopTakesTheOptionsOfPs) {
    begin("box", {}, "exec sleep 1234");
    ASSERT_TRUE(rt::test::eventually(
        [&] { return rtctl_({"top", "box"}).out.find("  sleep 1234\n") != std::string::npos; }));
    const auto columns = lines_of(rtctl_({"top", "box", "-o", "pid,args"}).out);
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_THAT(columns[0], testing::MatchesRegex("PID +COMMAND"));
    EXPECT_THAT(columns[1], testing::MatchesRegex("[0-9]+ +sleep 1234"));
    EXPECT_EQ(lines_of(rtctl_({"top", "box", "auxf"}).out).size(), 2U) << "does not go with -q";
    const auto without = rtctl_({"top", "box", "-o", "args"});
    EXPECT_EQ(without.exit_code, 1);
    EXPECT_THAT(without.err, HasSubstr("PID"));
    EXPECT_EQ(rtctl_({"top", "box", "-o", "pid,ppid=PID"}).exit_code, 1);
    const auto wrong = rtctl_({"top", "box", "--no-such-thing"});
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_EQ(lines_of(wrong.err).size(), 1U) << wrong.err;
}

TEST_F(Watch, TopOfAPausedContainerWorksAndOfAStoppedOneIsRefused) {
    begin("box");
    ASSERT_EQ(rtctl_({"pause", "box"}).exit_code, 0);
    EXPECT_EQ(lines_of(rtctl_({"top", "box"}).out).size(), 2U);
    ASSERT_EQ(rtctl_({"kill", "box"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"wait", "box"}).exit_code, 0);
    const auto refused = rtctl_({"top", "box"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("not running"));
    EXPECT_THAT(rtctl_({"top", "nobody"}).err, HasSubstr("No such container"));
}

TEST_F(Watch, PortTellsWhereAContainerIsReached) {
    begin("box", {"-p", "127.0.0.1:18080:80", "-p", "127.0.0.1:18081:80", "-p", "127.0.0.1:15353:53/udp"});
    EXPECT_EQ(rtctl_({"port", "box"}).out, "53/udp -> 127.0.0.1:15353\n"
                                           "80/tcp -> 127.0.0.1:18080\n"
                                           "80/tcp -> 127.0.0.1:18081\n");
    EXPECT_EQ(rtctl_({"port", "box", "80"}).out, "127.0.0.1:18080\n127.0.0.1:18081\n");
    EXPECT_EQ(rtctl_({"port", "box", "53/udp"}).out, "127.0.0.1:15353\n");
    const auto none = rtctl_({"port", "box", "53"});
    EXPECT_EQ(none.exit_code, 1);
    EXPECT_THAT(none.err, HasSubstr("no public port '53/tcp' published for box"));
    EXPECT_EQ(rtctl_({"port", "box", "80/ftp"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"port", "box", "x"}).exit_code, 1);
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "box"}).exit_code, 0);
    const auto stopped = rtctl_({"port", "box"});
    EXPECT_EQ(stopped.exit_code, 0);
    EXPECT_EQ(stopped.out, "");
}

nlohmann::json json_of(const std::string& line) {
    return nlohmann::json::parse(line, nullptr, false);
}

TEST_F(Watch, StatsShowWhatContainersUse) {
    begin("busy", {"-m", "64m", "--pids-limit", "20"}, "while :; do :; done");
    begin("idle");
    const auto table = lines_of(rtctl_({"stats", "--no-stream"}).out);
    ASSERT_EQ(table.size(), 3U);
    EXPECT_THAT(table[0],
                testing::MatchesRegex("CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O "
                                      "+BLOCK I/O +PIDS"));
    EXPECT_THAT(table[1], HasSubstr("idle")) << "the newest first";
    const auto busy = json_of(rtctl_({"stats", "--no-stream", "--format", "json", "busy"}).out);
    ASSERT_TRUE(busy.is_object());
    EXPECT_EQ(busy["Container"], "busy");
    EXPECT_EQ(busy["Name"], "busy");
    EXPECT_EQ(busy["ID"].get<std::string>().size(), 12U);
    EXPECT_THAT(busy["CPUPerc"].get<std::string>(), testing::MatchesRegex("[0-9]+\\.[0-9][0-9]%"));
    EXPECT_GT(std::stod(busy["CPUPerc"].get<std::string>()), 1.0);
    EXPECT_THAT(busy["MemUsage"].get<std::string>(), testing::MatchesRegex("[0-9.]+[KM]iB / 64MiB"));
    EXPECT_THAT(busy["NetIO"].get<std::string>(), testing::MatchesRegex("[0-9.]+k?B / [0-9.]+k?B"));
    EXPECT_THAT(busy["BlockIO"].get<std::string>(), testing::MatchesRegex("[0-9.]+[kM]?B / [0-9.]+[kM]?B"));
    EXPECT_EQ(busy["PIDs"], "1");
    EXPECT_EQ(rtctl_({"stats", "--no-stream", "--format", "{{.Name}}={{.PIDs}}", "idle", "idle"}).out,
              "idle=1\n");
}

TEST_F(Watch, StatsCountWhatGoesOverTheNetwork) {
    begin("box", {},
          "ip route | grep default | { read a b gateway c; ping -c 3 -s 1000 $gateway >/dev/null; }; sleep "
          "1000");
    ASSERT_TRUE(rt::test::eventually([&] {
        const auto io = rtctl_({"stats", "--no-stream", "--format", "{{.NetIO}}", "box"}).out;
        return io.find("kB / ") != io.npos && io.find("kB\n") != io.npos; // three times 1 kB, both ways
    }));
    begin("none", {"--network", "none"});
    EXPECT_EQ(rtctl_({"stats", "--no-stream", "--format", "{{.NetIO}}", "none"}).out, "0B / 0B\n");
}

TEST_F(Watch, StatsOfWhatDoesNotRun) {
    begin("box", {}, "true");
    ASSERT_EQ(rtctl_({"wait", "box"}).exit_code, 0);
    EXPECT_EQ(lines_of(rtctl_({"stats", "--no-stream"}).out).size(), 1U);
    const std::string zeros = "box 0.00% 0B / 0B 0.00% 0B / 0B 0B / 0B 0\n";
    const std::string format =
        "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.BlockIO}} {{.PIDs}}";
    EXPECT_EQ(rtctl_({"stats", "--no-stream", "--all", "--format", format}).out, zeros);
    EXPECT_EQ(rtctl_({"stats", "--no-stream", "--format", format, "box"}).out, zeros);
    const auto nobody = rtctl_({"stats", "--no-stream", "nobody"});
    EXPECT_EQ(nobody.exit_code, 1);
    EXPECT_THAT(nobody.err, HasSubstr("No such container"));
    EXPECT_EQ(rtctl_({"stats", "--no-stream", "--format", "{{.Nothing}}", "box"}).exit_code, 1);
    const auto id = rtctl_({"stats", "--no-stream", "--all", "--no-trunc", "--format", "{{.ID}}"}).out;
    EXPECT_EQ(id.size(), 65U);
}

TEST_F(Watch, StatsFollowContainersThatComeAndGo) {
    OnTerminal screen(rtctl_.command({"stats"}));
    EXPECT_TRUE(screen.shows("CONTAINER ID"));
    begin("late");
    EXPECT_TRUE(screen.shows("late"));
    EXPECT_TRUE(screen.shows("\033[H")) << "it redraws";
    OnTerminal named(rtctl_.command({"stats", "late"}));
    EXPECT_TRUE(named.shows("late"));
    ASSERT_EQ(rtctl_({"rm", "-f", "late"}).exit_code, 0);
    EXPECT_EQ(named.wait(), 0) << "nothing is left to be shown";
}

} // namespace
