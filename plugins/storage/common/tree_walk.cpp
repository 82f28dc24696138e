// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/tree_walk.hpp"

#include "rt/storage/dir_chain.hpp"
#include "rt/storage/dir_list.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

namespace rt::storage {
namespace {

// Some file systems do not say the type in the directory.
bool is_directory(int dir, const DirEntry& entry) {
    if (entry.type != DT_UNKNOWN) return entry.type == DT_DIR;
    struct stat status{};
    return ::fstatat(dir, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

class Walk {
public:
    Walk(DirChain chain, sdk::Call call, TreeVisitor& visitor)
        : chain_(std::move(chain)), call_(call), visitor_(visitor) {}

    sdk::Result<void> run() {
        RT_TRY(read_here());
        while (!pending_.empty()) {
            if (pending_.back().empty())
                RT_TRY(ascend());
            else
                RT_TRY(descend());
        }
        return {};
    }

private:
    // Visits the files of the current directory and notes its subdirectories.
    sdk::Result<void> read_here() {
        RT_TRY_ASSIGN(std::vector<DirEntry> entries, list_directory(chain_.fd()));
        std::vector<std::string> directories;
        for (DirEntry& entry : entries) {
            if (is_directory(chain_.fd(), entry)) {
                directories.push_back(std::move(entry.name));
                continue;
            }
            RT_TRY(call_.check());
            RT_TRY(visitor_.file(chain_.fd(), entry.name.c_str()));
        }
        pending_.push_back(std::move(directories));
        return {};
    }

    sdk::Result<void> descend() {
        RT_TRY(call_.check());
        const std::string& name = pending_.back().back();
        RT_TRY(visitor_.before_directory(chain_.fd(), name.c_str()));
        const auto entered = chain_.enter(name.c_str());
        if (entered) return read_here();
        if (entered.error().sys_errno != ENOENT || !visitor_.tolerates_loss()) return entered;
        pending_.back().pop_back();
        return {};
    }

    sdk::Result<void> ascend() {
        RT_TRY(visitor_.end_of_directory(chain_.fd()));
        pending_.pop_back();
        if (pending_.empty()) return {};
        RT_TRY(chain_.leave());
        const std::string name = std::move(pending_.back().back());
        pending_.back().pop_back();
        return visitor_.after_directory(chain_.fd(), name.c_str());
    }

    DirChain chain_;
    sdk::Call call_;
    TreeVisitor& visitor_;
    std::vector<std::vector<std::string>>
        pending_; // for each directory on the way, subdirectories still to visit
};

} // namespace

sdk::Result<void> walk_tree(sdk::UniqueFd root, sdk::Call call, TreeVisitor& visitor) {
    RT_TRY_ASSIGN(DirChain chain, DirChain::at(std::move(root)));
    return Walk(std::move(chain), call, visitor).run();
}

} // namespace rt::storage
