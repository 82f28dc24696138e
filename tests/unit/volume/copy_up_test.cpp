// SPDX-License-Identifier: Apache-2.0
#include "core/volume/copy_up.hpp"

#include "core/base/file.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace {

namespace fs = std::filesystem;

struct stat status_of(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status;
}

class CopyUpTest : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"image/sub", "volume/_data"}) fs::create_directories(dir_ / name);
        rt::test::write_file(dir_ / "image/file", "one");
        rt::test::write_file(dir_ / "image/sub/two", "two");
        fs::create_hard_link(dir_ / "image/file", dir_ / "image/hard");
        fs::create_symlink("/etc/passwd", dir_ / "image/soft");
        ASSERT_EQ(::mkfifo((dir_ / "image/pipe").c_str(), 0620), 0);
        const int sparse = ::open((dir_ / "image/sparse").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ASSERT_EQ(::pwrite(sparse, "end", 3, 8 << 20), 3);
        ::close(sparse);
        ASSERT_EQ(::chmod((dir_ / "image/file").c_str(), 04751), 0);
        ASSERT_EQ(::chmod((dir_ / "image").c_str(), 02711), 0);
        const std::array times{timespec{1000, 5}, timespec{2000, 7}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (dir_ / "image/file").c_str(), times.data(), 0), 0);
        ASSERT_EQ(::utimensat(AT_FDCWD, (dir_ / "image").c_str(), times.data(), 0), 0);
        source_ = *rt::open_file(dir_ / "image", O_RDONLY | O_DIRECTORY);
        data_ = *rt::open_file(data(), O_RDONLY | O_DIRECTORY);
        beside_ = *rt::open_file(dir_ / "volume", O_RDONLY | O_DIRECTORY);
    }
    fs::path data() const { return dir_ / "volume/_data"; }
    rt::CopyUp place() const { return {data_.get(), beside_.get()}; }
    std::size_t entries(const fs::path& path) const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
    }
    void expect_whole() {
        EXPECT_EQ(entries(data()), 6U);
        EXPECT_EQ(rt::test::read_file(data() / "sub/two"), "two");
        EXPECT_EQ(entries(dir_ / "volume"), 1U);
    }
    static rt::Result<void> go_on() { return {}; }

    rt::test::TempDir dir_;
    rt::UniqueFd source_, data_, beside_;
};

TEST_F(CopyUpTest, KeepsEverythingAboutAFile) {
    ASSERT_TRUE(*rt::finish_copy_up(place()));
    ASSERT_TRUE(rt::copy_up(source_.get(), place(), go_on));
    expect_whole();
    const auto file = status_of(data() / "file");
    EXPECT_EQ(file.st_mode & 07777U, 04751U);
    EXPECT_EQ(file.st_mtim.tv_sec, 2000);
    EXPECT_EQ(file.st_mtim.tv_nsec, 7);
    EXPECT_EQ(file.st_ino, status_of(data() / "hard").st_ino);
    EXPECT_EQ(fs::read_symlink(data() / "soft"), "/etc/passwd");
    EXPECT_TRUE(S_ISFIFO(status_of(data() / "pipe").st_mode));
    const auto sparse = status_of(data() / "sparse");
    EXPECT_EQ(sparse.st_size, (8 << 20) + 3);
    EXPECT_LT(sparse.st_blocks * 512, 1 << 20);
    EXPECT_EQ(status_of(data()).st_mode & 07777U, 02711U);
    EXPECT_EQ(status_of(data()).st_mtim.tv_sec, 2000);
    EXPECT_FALSE(*rt::finish_copy_up(place()));
}

TEST_F(CopyUpTest, ThatFailsLeavesNothing) {
    int files = 0;
    const auto give_up = [&]() -> rt::Result<void> {
        if (++files < 4) return {};
        return rt::fail(rt::Code::cancelled, "given up");
    };
    const auto outcome = rt::copy_up(source_.get(), place(), give_up);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, rt::Code::cancelled);
    EXPECT_EQ(entries(data()), 0U);
    EXPECT_EQ(entries(dir_ / "volume"), 1U);
}

// As a kill in the middle leaves it.
TEST_F(CopyUpTest, HalfCopiedIsThrownAwayAndHalfMovedGoesOn) {
    fs::create_directories(dir_ / "volume/.rt-copy-part/half");
    EXPECT_TRUE(*rt::finish_copy_up(place()));
    EXPECT_EQ(entries(dir_ / "volume"), 1U);

    fs::create_directories(dir_ / "volume/.rt-copy-whole");
    fs::copy(dir_ / "image/sub", dir_ / "volume/.rt-copy-whole/sub", fs::copy_options::recursive);
    rt::test::write_file(dir_ / "volume/.rt-copy-whole/taken", "ours");
    rt::test::write_file(data() / "taken", "theirs");
    EXPECT_FALSE(*rt::finish_copy_up(place()));
    EXPECT_EQ(rt::test::read_file(data() / "sub/two"), "two");
    EXPECT_EQ(rt::test::read_file(data() / "taken"), "theirs");
    EXPECT_EQ(entries(dir_ / "volume"), 1U);
}

// Where nothing is beside the volume, as in a file system that is mounted.
TEST_F(CopyUpTest, ItsOwnDirectoryMayBeThePlaceForTheParts) {
    const rt::CopyUp inside{data_.get(), data_.get()};
    fs::create_directories(data() / ".rt-copy-part/half");
    ASSERT_TRUE(*rt::finish_copy_up(inside));
    ASSERT_TRUE(rt::copy_up(source_.get(), inside, go_on));
    expect_whole();
}

} // namespace
