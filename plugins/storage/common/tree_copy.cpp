// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/tree_copy.hpp"

#include "rt/storage/dir_chain.hpp"
#include "rt/storage/file_copy.hpp"
#include "rt/storage/text.hpp"
#include "rt/storage/tree_walk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <string>
#include <utility>

namespace rt::storage {
namespace {

class Copier final : public TreeVisitor {
public:
    Copier(DirChain to, int links, sdk::Call call) : to_(std::move(to)), links_(links), call_(call) {}

    sdk::Result<void> file(int dir, const char* name) override {
        if (auto done = copy_one(dir, name); !done)
            return sdk::in_context(done.error(), "copy ", in_quotes(name));
        return {};
    }
    sdk::Result<void> before_directory(int, const char* name) override {
        if (::mkdirat(to_.fd(), name, 0700) < 0)
            return sdk::fail_errno(errno, "make the directory ", in_quotes(name));
        return to_.enter(name);
    }
    // Last, since what is made in a directory changes its time.
    sdk::Result<void> end_of_directory(int directory) override {
        struct stat status{};
        if (::fstat(directory, &status) < 0) return sdk::fail_errno(errno, "stat a directory");
        if (auto done = copy_attributes(directory, to_.fd(), status); !done)
            return sdk::in_context(done.error(), "copy the attributes of a directory");
        return to_.depth() == 0 ? sdk::Result<void>{} : to_.leave();
    }

private:
    sdk::Result<void> copy_one(int dir, const char* name) {
        struct stat status{};
        if (::fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return sdk::fail_errno(errno, "stat");
        const std::string link = sdk::cat(status.st_dev, "-", status.st_ino);
        if (status.st_nlink > 1) {
            if (::linkat(links_, link.c_str(), to_.fd(), name, 0) == 0) return {};
            if (errno != ENOENT) return sdk::fail_errno(errno, "link");
        }
        switch (status.st_mode & S_IFMT) {
        case S_IFREG: RT_TRY(copy_regular(dir, name)); break;
        case S_IFLNK: RT_TRY(copy_symlink(dir, name, status)); break;
        default: RT_TRY(make_node(dir, name, status)); break;
        }
        // Later names of this file are linked from here: a path below `to` could be longer than the kernel
        // takes. A file with as many names as the file system allows has no room for this one; then all names
        // were seen or get copies.
        if (status.st_nlink > 1 && ::linkat(to_.fd(), name, links_, link.c_str(), 0) < 0 && errno != EMLINK)
            return sdk::fail_errno(errno, "link");
        return {};
    }

    sdk::Result<void> copy_regular(int dir, const char* name) {
        const sdk::UniqueFd from(::openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (!from) return sdk::fail_errno(errno, "open");
        struct stat status{};
        if (::fstat(from.get(), &status) < 0) return sdk::fail_errno(errno, "stat");
        if (!S_ISREG(status.st_mode))
            return sdk::fail(sdk::Code::unavailable, "it changed while it was copied");
        const sdk::UniqueFd to(::openat(to_.fd(), name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!to) return sdk::fail_errno(errno, "create");
        RT_TRY(copy_content(from.get(), to.get(), status.st_size, clone_, call_));
        return copy_attributes(from.get(), to.get(), status);
    }

    sdk::Result<void> copy_symlink(int dir, const char* name, const struct stat& status) {
        std::string target(PATH_MAX, '\0');
        const ssize_t size = ::readlinkat(dir, name, target.data(), target.size());
        if (size < 0) return sdk::fail_errno(errno, "read the symbolic link");
        target.resize(static_cast<std::size_t>(size));
        if (::symlinkat(target.c_str(), to_.fd(), name) < 0)
            return sdk::fail_errno(errno, "make the symbolic link");
        return copy_attributes_at(dir, to_.fd(), name, status);
    }

    sdk::Result<void> make_node(int dir, const char* name, const struct stat& status) {
        if (::mknodat(to_.fd(), name, (status.st_mode & S_IFMT) | 0600, status.st_rdev) < 0)
            return sdk::fail_errno(errno, "make the node");
        return copy_attributes_at(dir, to_.fd(), name, status);
    }

    DirChain to_;
    int links_;
    sdk::Call call_;
    CloneSupport clone_;
};

} // namespace

sdk::Result<void> copy_tree(sdk::UniqueFd from, sdk::UniqueFd to, int links, sdk::Call call) {
    RT_TRY_ASSIGN(DirChain chain, DirChain::at(std::move(to)));
    Copier copier(std::move(chain), links, call);
    return walk_tree(std::move(from), call, copier);
}

} // namespace rt::storage
