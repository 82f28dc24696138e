// SPDX-License-Identifier: Apache-2.0
// What others do to a directory of the store while somebody is at it.
#include "rt/storage/dir_list.hpp"
#include "rt/storage/tree_remove.hpp"

#include "support/temp_dir.hpp"

#include <rt/sdk/host.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt::test {
namespace {

class RemovedDirectory : public testing::Test {
protected:
    RemovedDirectory() {
        const std::string path = (temp_.path() / "gone").native();
        EXPECT_EQ(::mkdir(path.c_str(), 0700), 0);
        fd_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        EXPECT_EQ(::rmdir(path.c_str()), 0);
    }
    TempDir temp_;
    sdk::UniqueFd fd_;
};

TEST_F(RemovedDirectory, HasNoEntries) {
    const auto entries = storage::list_directory(fd_.get());
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_TRUE(entries->empty());
}

// Two removals that meet: one opens the directory in the trash and gets its lock when the other has deleted
// it.
TEST_F(RemovedDirectory, IsAsGoodAsRemovedHere) {
    const rtp_call no_limits{"", 0, -1, 0};
    const auto removed = storage::remove_content(std::move(fd_), sdk::Call(&no_limits));
    EXPECT_TRUE(removed) << removed.error().message;
}

} // namespace
} // namespace rt::test
