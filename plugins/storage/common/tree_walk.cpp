// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/tree_walk.hpp"

#include "rt/storage/dir_chain.hpp"
#include "rt/storage/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::storage {
namespace {

struct DirCloser {
    void operator()(DIR* dir) const { ::closedir(dir); }
};
using DirStream = std::unique_ptr<DIR, DirCloser>;

struct Listing {
    std::vector<std::string> files;
    std::vector<std::string> directories;
};

// Some file systems do not say the type in the directory.
bool is_directory(int dir, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status{};
    return ::fstatat(dir, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

// Read as a whole first: what the visitor does to the directory then cannot disturb the reading of it.
sdk::Result<Listing> list_directory(int dir) {
    sdk::UniqueFd again(::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!again) return sdk::fail_errno(errno, "open a directory for reading");
    const DirStream stream(::fdopendir(again.get()));
    if (!stream) return sdk::fail_errno(errno, "read a directory");
    (void)again.release(); // the stream owns it now
    Listing listing;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        (is_directory(dir, *entry) ? listing.directories : listing.files).emplace_back(name);
    }
    if (errno != 0) return sdk::fail_errno(errno, "read a directory");
    return listing;
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
        RT_TRY_ASSIGN(Listing listing, list_directory(chain_.fd()));
        for (const std::string& name : listing.files) {
            RT_TRY(call_.check());
            RT_TRY(visitor_.file(chain_.fd(), name.c_str()));
        }
        pending_.push_back(std::move(listing.directories));
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
