// SPDX-License-Identifier: Apache-2.0
#include "core/base/new_file.hpp"

#include "core/base/file.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <set>

namespace rt::test {
namespace {

using Make = Result<NewFile> (*)(int, mode_t);

// With a file system that has files without a name, and as on one that has none.
class NewFiles : public testing::TestWithParam<Make> {
protected:
    NewFiles() : fd_(::open(directory_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

    std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
            found.insert(entry.path().filename());
        return found;
    }
    Result<void> write(const std::string& name, const std::string& text) {
        RT_TRY_ASSIGN(NewFile file, GetParam()(fd_.get(), 0640));
        RT_TRY(write_all(file.fd(), text, name));
        EXPECT_FALSE(std::filesystem::exists(directory_ / "new")) << "before it is whole";
        return file.take_name(name);
    }
    std::string text_of(const std::string& name) const {
        return rt::read_file(directory_ / name).value_or("?");
    }

    TempDir directory_;
    UniqueFd fd_;
};

TEST_P(NewFiles, HaveTheirNameOnceTheyAreWhole) {
    ASSERT_TRUE(write("new", "text"));
    EXPECT_EQ(text_of("new"), "text");
    EXPECT_EQ(names(), std::set<std::string>{"new"});
    struct stat status{};
    ASSERT_EQ(::stat((directory_ / "new").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U);
    EXPECT_EQ(status.st_nlink, 1U);
}

TEST_P(NewFiles, ReplaceFilesAndLinksButNoDirectories) {
    write_file(directory_ / "old", "old");
    std::filesystem::create_symlink("old", directory_ / "link");
    std::filesystem::create_directory(directory_ / "directory");
    EXPECT_TRUE(write("link", "first"));
    EXPECT_EQ(text_of("old"), "old") << "the link itself";
    EXPECT_TRUE(write("old", "second"));
    EXPECT_EQ(text_of("link"), "first");
    EXPECT_EQ(text_of("old"), "second");
    const auto refused = write("directory", "third");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().sys_errno, EISDIR);
    EXPECT_EQ(names(), (std::set<std::string>{"directory", "link", "old"}));
}

TEST_P(NewFiles, LeaveNothingOfWhatIsGivenUp) {
    {
        auto given_up = GetParam()(fd_.get(), 0600);
        ASSERT_TRUE(given_up);
        const NewFile moved = std::move(*given_up);
        EXPECT_TRUE(write_all(moved.fd(), "text", ""));
    }
    EXPECT_EQ(names(), std::set<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Kinds, NewFiles, testing::Values(&NewFile::make, &NewFile::make_hidden));

// Who is killed removes nothing.
TEST(NewFile, HasNoNameWhileItIsWritten) {
    const TempDir directory;
    const UniqueFd fd(::open(directory.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto file = NewFile::make(fd.get());
    ASSERT_TRUE(file);
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

} // namespace
} // namespace rt::test
