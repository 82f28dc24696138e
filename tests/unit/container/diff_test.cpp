// SPDX-License-Identifier: Apache-2.0
#include "core/container/diff.hpp"

#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace rt {
namespace {

namespace fs = std::filesystem;

class DiffTrees : public testing::Test {
protected:
    DiffTrees() {
        fs::create_directories(before());
        fs::create_directories(after());
    }
    fs::path before() const { return temp_.path() / "before"; }
    fs::path after() const { return temp_.path() / "after"; }
    // The same file in both trees, down to its time.
    void in_both(const std::string& name) {
        for (const fs::path& root : {before(), after()}) {
            fs::create_directories((root / name).parent_path());
            std::ofstream(root / name) << "text";
            fs::last_write_time(root / name, fs::file_time_type{});
        }
    }
    std::vector<Change> changes() {
        auto old = open_file(before(), O_PATH);
        auto now = open_file(after(), O_PATH);
        auto found = diff_trees(old->get(), now->get());
        EXPECT_TRUE(found) << found.error().message;
        return found.value_or(std::vector<Change>{});
    }

private:
    test::TempDir temp_;
};

TEST_F(DiffTrees, EqualTreesHaveNoChanges) {
    in_both("d/file");
    EXPECT_EQ(changes(), std::vector<Change>{});
}

TEST_F(DiffTrees, AChangeIsNamedWithTheDirectoriesThatLeadToIt) {
    in_both("d/e/file");
    fs::last_write_time(after() / "d/e/file", fs::file_time_type{} + std::chrono::seconds(1));
    EXPECT_EQ(changes(), (std::vector<Change>{{ChangeKind::modified, "/d"},
                                              {ChangeKind::modified, "/d/e"},
                                              {ChangeKind::modified, "/d/e/file"}}));
}

TEST_F(DiffTrees, OfADeletedDirectoryOnlyItselfIsNamedOfANewOneEverything) {
    in_both("old/file");
    fs::remove_all(after() / "old");
    fs::create_directories(after() / "new");
    std::ofstream(after() / "new/file") << "";
    EXPECT_EQ(changes(), (std::vector<Change>{{ChangeKind::added, "/new"},
                                              {ChangeKind::added, "/new/file"},
                                              {ChangeKind::deleted, "/old"}}));
}

TEST_F(DiffTrees, ModeAndKindCountAndLinksAreNotFollowed) {
    in_both("mode");
    in_both("kind");
    ASSERT_EQ(::chmod((after() / "mode").c_str(), 0600), 0);
    ASSERT_EQ(::chmod((before() / "mode").c_str(), 0644), 0);
    fs::remove(after() / "kind");
    fs::create_directory_symlink("/etc", after() / "kind");
    EXPECT_EQ(changes(),
              (std::vector<Change>{{ChangeKind::modified, "/kind"}, {ChangeKind::modified, "/mode"}}));
}

} // namespace
} // namespace rt
