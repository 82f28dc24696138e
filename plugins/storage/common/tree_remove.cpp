// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/tree_remove.hpp"

#include "rt/storage/text.hpp"
#include "rt/storage/tree_walk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace rt::storage {
namespace {

// A container may have made files immutable or append-only (chattr +i, +a), or the directory that they are
// in.
void make_mutable(int fd) {
    int flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) return;
    const int wanted = flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
    if (wanted != flags)
        (void)::ioctl(fd, FS_IOC_SETFLAGS, &wanted); // the unlink after this tells whether it helped
}

void make_deletable(int dir, const char* name) {
    make_mutable(dir);
    struct stat status{};
    if (::fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return; // opening a device would have effects
    const sdk::UniqueFd fd(::openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (fd) make_mutable(fd.get());
}

sdk::Result<void> unlink_entry(int dir, const char* name, int flags) {
    if (::unlinkat(dir, name, flags) == 0 || errno == ENOENT) return {};
    if (errno == EPERM || errno == EACCES) {
        make_deletable(dir, name);
        if (::unlinkat(dir, name, flags) == 0 || errno == ENOENT) return {};
    }
    return sdk::fail_errno(errno, "delete ", in_quotes(name));
}

class Remover final : public TreeVisitor {
public:
    sdk::Result<void> file(int dir, const char* name) override { return unlink_entry(dir, name, 0); }
    sdk::Result<void> after_directory(int dir, const char* name) override {
        return unlink_entry(dir, name, AT_REMOVEDIR);
    }
    [[nodiscard]] bool tolerates_loss() const override { return true; }
};

} // namespace

sdk::Result<void> remove_content(sdk::UniqueFd directory, sdk::Call call) {
    Remover remover;
    return walk_tree(std::move(directory), call, remover);
}

sdk::Result<void> remove_tree(int dir, const char* name, sdk::Call call) {
    sdk::UniqueFd fd(::openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) return {};
    if (!fd && (errno == ENOTDIR || errno == ELOOP)) return unlink_entry(dir, name, 0);
    if (!fd) return sdk::fail_errno(errno, "open the directory ", in_quotes(name));
    RT_TRY(remove_content(std::move(fd), call));
    return unlink_entry(dir, name, AT_REMOVEDIR);
}

} // namespace rt::storage
