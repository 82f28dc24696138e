// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

constexpr const char* kLog = "{\"log\":\"one\\n\",\"stream\":\"stdout\",\"time\":\"t1\"}\n"
                             "{\"log\":\"two\\n\",\"stream\":\"stderr\",\"time\":\"t2\"}\n"
                             "{\"log\":\"three\\n\",\"stream\":\"stdout\",\"time\":\"t3\"}\n";

std::string show(const rt::LogEntry& entry) {
    return (entry.stream == rt::Stream::error ? "E:" : "O:") + entry.time + entry.text;
}

std::string read(const rt::Path& file, std::int64_t tail, std::uint64_t bad_lines = 0) {
    std::string text;
    auto reader = rt::LogReader::open(file, tail);
    EXPECT_TRUE(reader);
    EXPECT_TRUE(reader->read([&](const rt::LogEntry& entry) {
        text += show(entry);
        return true;
    }));
    EXPECT_EQ(reader->bad_lines(), bad_lines);
    return text;
}

std::string line(const std::string& text) {
    return R"({"log":")" + text + R"(","stream":"stdout","time":""})" + "\n";
}

TEST(LogReader, ReadsAllOrTheLastLines) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "log", kLog);
    EXPECT_EQ(read(dir / "log", -1), "O:t1one\nE:t2two\nO:t3three\n");
    EXPECT_EQ(read(dir / "log", 2), "E:t2two\nO:t3three\n");
    EXPECT_EQ(read(dir / "log", 0), "");
    EXPECT_EQ(read(dir / "none", -1), "");
}

TEST(LogReader, LeavesATornLastLineOutAndPassesRubbishOver) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "torn", std::string(kLog) + "{\"log\":\"fo");
    EXPECT_EQ(read(dir / "torn", 1), "O:t3three\n");
    rt::test::write_file(dir / "bad", "rubbish\n" + line("a") + "[1]\n" + std::string(2U << 20U, 'x') + "\n" +
                                          line("b") + "{\"log\":7}\n");
    EXPECT_EQ(read(dir / "bad", -1, 3), "O:aO:bO:");
}

TEST(LogReader, ReadsRotatedFilesTheOldestFirst) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "log.2", line("a") + line("b"));
    rt::test::write_file(dir / "log.1", line("c") + line("d"));
    rt::test::write_file(dir / "log", line("e"));
    EXPECT_EQ(read(dir / "log", -1), "O:aO:bO:cO:dO:e");
    EXPECT_EQ(read(dir / "log", 1), "O:e");
    EXPECT_EQ(read(dir / "log", 2), "O:dO:e");
    EXPECT_EQ(read(dir / "log", 4), "O:bO:cO:dO:e");
    EXPECT_EQ(read(dir / "log", 9), "O:aO:bO:cO:dO:e");
}

TEST(LogReader, GoesOnThroughRotationsWithoutLosingALine) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "log", line("a"));
    auto reader = rt::LogReader::open(dir / "log", -1);
    ASSERT_TRUE(reader);
    std::string text;
    const auto sink = [&](const rt::LogEntry& entry) {
        text += entry.text;
        return true;
    };
    ASSERT_TRUE(reader->read(sink));
    EXPECT_EQ(text, "a");
    rt::test::write_file(dir / "log", line("a") + line("b"));
    std::filesystem::rename(dir / "log", dir / "log.1");
    ASSERT_TRUE(reader->read(sink)); // the next one has not been begun yet
    EXPECT_EQ(text, "ab");
    rt::test::write_file(dir / "log", line("c"));
    std::filesystem::rename(dir / "log.1", dir / "log.2");
    std::filesystem::rename(dir / "log", dir / "log.1");
    rt::test::write_file(dir / "log", line("d"));
    ASSERT_TRUE(reader->read(sink));
    EXPECT_EQ(text, "abcd");
}

TEST(LogReader, StopsWhenTheSinkHasEnough) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "log", kLog);
    auto reader = rt::LogReader::open(dir / "log", -1);
    std::string text;
    ASSERT_TRUE(reader->read([&](const rt::LogEntry& entry) {
        text += entry.text;
        return text != "one\ntwo\n";
    }));
    EXPECT_EQ(text, "one\ntwo\n");
    EXPECT_TRUE(reader->stopped());
}

TEST(LogReader, GivesTheAttributesAsDockerShowsThem) {
    const rt::test::TempDir dir;
    rt::test::write_file(
        dir / "log", R"({"log":"a\n","stream":"stdout","attrs":{"tier":"a b&c","x/y":"\u00e9"},"time":""})"
                     "\n"
                     R"({"log":"b\n","stream":"stdout","attrs":["x"],"time":""})"
                     "\n");
    std::vector<std::string> details;
    ASSERT_TRUE(rt::LogReader::open(dir / "log", -1)->read([&](const rt::LogEntry& entry) {
        details.push_back(entry.details);
        return true;
    }));
    EXPECT_EQ(details, (std::vector<std::string>{"tier=a+b%26c,x%2Fy=%C3%A9", ""}));
}

TEST(LogSpan, ComparesTimesWhateverTheirFractions) {
    using Place = rt::LogSpan::Place;
    const std::int64_t second = 1'763'918'400'000'000'000; // 2025-11-23T17:20:00Z
    const rt::LogSpan span{.since = second + 5, .until = second + 500'000'000};
    const auto place = [&](const char* time) { return span.place_of({rt::Stream::out, time, "x"}); };
    EXPECT_EQ(place("2025-11-23T17:20:00Z"), Place::before);
    EXPECT_EQ(place("2025-11-23T17:20:00.000000005Z"), Place::inside);
    EXPECT_EQ(place("2025-11-23T17:20:00.5Z"), Place::inside);
    EXPECT_EQ(place("2025-11-23T17:20:00.500000001Z"), Place::after);
    EXPECT_EQ(place("2025-11-23T17:20:01Z"), Place::after);
    EXPECT_EQ(place("rubbish"), Place::before);
    EXPECT_EQ(rt::LogSpan().place_of({rt::Stream::out, "rubbish", "x"}), Place::inside);
}

} // namespace
