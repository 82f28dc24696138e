// SPDX-License-Identifier: Apache-2.0
// Log files: rotation and what a follower sees of it.
#include "log_writer.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace rt::shim {
namespace {

constexpr std::int64_t kWrittenAt = 1'700'000'000'123'456'789;

class LogWriterTest : public testing::Test {
protected:
    rt::ShimLog log(std::int64_t max_size, int max_files) {
        return {"json-file", file_, max_size, max_files};
    }
    std::string text(const std::string& suffix = {}) const {
        const Path path = file_.native() + suffix;
        return std::filesystem::exists(path) ? test::read_file(path) : std::string("(none)");
    }
    static std::size_t lines(const std::string& text) {
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    test::TempDir temp_;
    Path file_ = temp_ / "c.log";
    LogWriter writer_;
};

TEST_F(LogWriterTest, BeginsTheNextFileAtTheLargestSize) {
    ASSERT_TRUE(writer_.open(log(150, 3)));
    for (const char* line : {"1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n", "9\n"})
        writer_.write(Stream::out, line, kWrittenAt); // 73 bytes each: three fill a file
    writer_.finish(kWrittenAt);
    EXPECT_NE(text().find("\"9\\n\""), std::string::npos) << text();
    EXPECT_EQ(lines(text()), 3U);
    EXPECT_EQ(lines(text(".1")), 3U);
    EXPECT_NE(text(".1").find("\"4\\n\""), std::string::npos) << text(".1");
    EXPECT_EQ(lines(text(".2")), 3U);
    EXPECT_EQ(text(".3"), "(none)");
    EXPECT_EQ(text(".new"), "(none)");
}

TEST_F(LogWriterTest, KeepsTheLatestOfTwoFiles) {
    ASSERT_TRUE(writer_.open(log(150, 2)));
    for (int i = 0; i < 8; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    writer_.finish(kWrittenAt);
    EXPECT_NE(text(".1").find("\"3\\n\""), std::string::npos) << text(".1");
    EXPECT_NE(text(".1").find("\"5\\n\""), std::string::npos) << text(".1");
    EXPECT_EQ(lines(text()), 2U);
    EXPECT_EQ(text(".2"), "(none)");
}

TEST_F(LogWriterTest, CutsABatchBetweenLinesOnly) {
    ASSERT_TRUE(writer_.open(log(1000, 100)));
    std::string batch;
    for (int i = 0; i < 200; ++i) batch += cat("line ", i, "\n");
    writer_.write(Stream::out, batch, kWrittenAt);
    writer_.finish(kWrittenAt);
    std::size_t all = lines(text());
    for (int i = 1; text(cat(".", i)) != "(none)"; ++i) {
        const std::string older = text(cat(".", i));
        EXPECT_TRUE(older.starts_with("{\"log\"") && older.ends_with("}\n")) << i;
        EXPECT_GE(older.size(), 1000U);
        EXPECT_LT(older.size(), 1200U);
        all += lines(older);
    }
    EXPECT_EQ(all, 200U);
}

TEST_F(LogWriterTest, KeepsOneFileWhenToldSo) {
    ASSERT_TRUE(writer_.open(log(100, 1)));
    for (int i = 0; i < 10; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    writer_.finish(kWrittenAt);
    EXPECT_EQ(text(".1"), "(none)");
    EXPECT_NE(text().find("\"9\\n\""), std::string::npos) << text();
    EXPECT_LE(lines(text()), 2U);
}

TEST_F(LogWriterTest, AFollowerMissesNoLine) {
    ASSERT_TRUE(writer_.open(log(500, 2)));
    std::string seen;
    UniqueFd follower;
    const auto follow = [&] { // to the end of what is open; the next when there is one
        for (;;) {
            if (!follower) follower.reset(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
            char buffer[4096];
            for (ssize_t count = 0; (count = ::read(follower.get(), buffer, sizeof buffer)) > 0;)
                seen.append(buffer, static_cast<std::size_t>(count));
            struct stat mine{}, now{};
            ASSERT_EQ(::fstat(follower.get(), &mine), 0);
            ASSERT_EQ(::stat(file_.c_str(), &now), 0) << "it is there at any time";
            if (mine.st_ino == now.st_ino) return;
            follower.reset();
        }
    };
    for (int i = 0; i < 300; ++i) {
        writer_.write(Stream::out, cat("line ", i, "\n"), kWrittenAt);
        follow();
    }
    EXPECT_EQ(lines(seen), 300U);
}

TEST_F(LogWriterTest, GoesOnInTheFileWhereTheNextCannotBeMade) {
    ASSERT_TRUE(writer_.open(log(100, 3)));
    std::filesystem::create_directory(file_.native() + ".new");
    for (int i = 0; i < 10; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    EXPECT_EQ(lines(text()), 10U);
    EXPECT_EQ(writer_.lines_lost(), 0U);
    std::filesystem::remove(file_.native() + ".new");
    for (int i = 0; i < 10; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    EXPECT_NE(text(".1"), "(none)") << "it is tried again";
}

TEST_F(LogWriterTest, GoesOnWithTheSizeThatItFinds) {
    ASSERT_TRUE(writer_.open(log(150, 2)));
    for (int i = 0; i < 2; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    writer_.finish(kWrittenAt);
    ASSERT_TRUE(writer_.open(log(150, 2))) << "of the next run";
    for (int i = 2; i < 4; ++i) writer_.write(Stream::out, cat(i, "\n"), kWrittenAt);
    EXPECT_EQ(lines(text(".1")), 3U);
    EXPECT_EQ(lines(text()), 1U);
}

} // namespace
} // namespace rt::shim
