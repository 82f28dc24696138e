// SPDX-License-Identifier: Apache-2.0
// What can be seen of containers that run: top, port, stats.
#include "with_busybox.hpp"

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
    ASSERT_TRUE(rt::test::eventually([&] { return lines_of(rtctl_({"top", "box"}).out).size() == 4; }));
    const auto lines = lines_of(rtctl_({"top", "box"}).out);
    EXPECT_EQ(lines[0],
              "UID                 PID                 PPID                C                   STIME  "
              "             TTY                 TIME                CMD");
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    EXPECT_THAT(text, AllOf(HasSubstr("sh -c sleep 1234 & sleep 4321; true\n"), HasSubstr("  sleep 1234\n"),
                            HasSubstr("  sleep 4321\n")));
    for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_THAT(lines[i], testing::StartsWith("root  "));
    EXPECT_EQ(rtctl_({"top", "box", "-ef"}).out, rtctl_({"top", "box"}).out);
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
    EXPECT_EQ(rtctl_({"top", "box", "-o", "pid,ppid=PID"}).exit_code, 125);
    const auto wrong = rtctl_({"top", "box", "--no-such-thing"});
    EXPECT_EQ(wrong.exit_code, 125);
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
    EXPECT_THAT(rtctl_({"top", "nobody"}).err, HasSubstr("no such container"));
}

} // namespace
