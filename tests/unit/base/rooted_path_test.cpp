// SPDX-License-Identifier: Apache-2.0
#include "core/base/rooted_path.hpp"

#include "core/base/file.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace rt {
namespace {

TEST(SplitLast, TakesAPathApart) {
    struct Case {
        const char* path;
        const char* parent;
        const char* name;
        bool wants_directory;
    };
    for (const auto& [path, parent, name, wants] :
         {Case{"/a/b", "/a", "b", false}, Case{"/a/", "", "a", true}, Case{"a", "", "a", false},
          Case{"/", "", "", true}, Case{"/a/.", "/a", ".", true}, Case{"/a//b//", "/a/", "b", true}}) {
        const SplitPath split = split_last(path);
        EXPECT_EQ(split.parent, parent) << path;
        EXPECT_EQ(split.name, name) << path;
        EXPECT_EQ(split.wants_directory, wants) << path;
    }
}

TEST(OpenInRoot, NeitherLinksNorDotsLeadOut) {
    const test::TempDir temp;
    std::filesystem::create_symlink("/", temp.path() / "up");
    const auto root = open_file(temp.path(), O_PATH | O_DIRECTORY);
    ASSERT_TRUE(root);
    EXPECT_TRUE(open_in_root(root->get(), "up/up/../..", O_PATH));
    for (const char* path : {"/etc/passwd", "up/etc/passwd", "../../../etc/passwd"}) {
        const auto found = open_in_root(root->get(), path, O_PATH);
        ASSERT_FALSE(found) << path;
        EXPECT_EQ(found.error().code, Code::not_found) << path;
    }
}

} // namespace
} // namespace rt
