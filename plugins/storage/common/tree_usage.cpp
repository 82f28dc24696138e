// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/tree_usage.hpp"

#include "rt/storage/text.hpp"
#include "rt/storage/tree_walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <set>
#include <utility>

namespace rt::storage {
namespace {

class Counter final : public TreeVisitor {
public:
    void add(const struct stat& status) {
        if (!S_ISDIR(status.st_mode) && status.st_nlink > 1 &&
            !linked_.emplace(status.st_dev, status.st_ino).second)
            return;
        total_.bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
        ++total_.inodes;
    }
    sdk::Result<void> file(int dir, const char* name) override {
        struct stat status{};
        if (::fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            add(status);
        else if (errno != ENOENT)
            return sdk::fail_errno(errno, "stat ", in_quotes(name));
        return {};
    }
    sdk::Result<void> end_of_directory(int directory) override {
        struct stat status{};
        if (::fstat(directory, &status) < 0) return sdk::fail_errno(errno, "stat a directory");
        add(status);
        return {};
    }
    [[nodiscard]] bool tolerates_loss() const override { return true; }
    [[nodiscard]] sdk::Usage total() const { return total_; }

private:
    sdk::Usage total_;
    std::set<std::pair<dev_t, ino_t>> linked_; // files with several names that were counted
};

} // namespace

sdk::Result<sdk::Usage> usage_of_tree(sdk::UniqueFd root, sdk::Call call) {
    Counter counter;
    RT_TRY(walk_tree(std::move(root), call, counter));
    return counter.total();
}

} // namespace rt::storage
