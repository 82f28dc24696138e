// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

constexpr const char* kLog = "{\"log\":\"one\\n\",\"stream\":\"stdout\",\"time\":\"t1\"}\n"
                             "{\"log\":\"two\\n\",\"stream\":\"stderr\",\"time\":\"t2\"}\n"
                             "{\"log\":\"three\\n\",\"stream\":\"stdout\",\"time\":\"t3\"}\n";

std::string read(const rt::Path& file, std::int64_t tail) {
    std::string text;
    EXPECT_TRUE(rt::read_log(file, tail, [&](const rt::LogEntry& entry) {
        text += entry.stream == rt::Stream::error ? "E:" : "O:";
        text += entry.time + entry.text;
    }));
    return text;
}

TEST(LogReader, ReadsAllOrTheLastLines) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "log", kLog);
    EXPECT_EQ(read(dir / "log", -1), "O:t1one\nE:t2two\nO:t3three\n");
    EXPECT_EQ(read(dir / "log", 2), "E:t2two\nO:t3three\n");
    EXPECT_EQ(read(dir / "log", 0), "");
    EXPECT_EQ(read(dir / "none", -1), "");
}

TEST(LogReader, LeavesATornLastLineOutAndReportsRubbish) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "torn", std::string(kLog) + "{\"log\":\"fo");
    EXPECT_EQ(read(dir / "torn", 1), "O:t3three\n");
    rt::test::write_file(dir / "bad", "rubbish\n");
    EXPECT_EQ(rt::read_log(dir / "bad", -1, [](const rt::LogEntry&) {}).error().code, rt::Code::corrupt);
}

} // namespace
