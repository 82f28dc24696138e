// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/dir_chain.hpp"

#include "rt/storage/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <utility>

namespace rt::storage {
namespace {

constexpr std::size_t kOpenAtMost = 32;
constexpr int kOpenLink = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

} // namespace

sdk::Result<DirChain::Identity> DirChain::identify(int fd) {
    struct statx status{};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &status) < 0)
        return sdk::fail_errno(errno, "statx on a directory");
    Identity identity{status.stx_ino, makedev(status.stx_dev_major, status.stx_dev_minor), 0};
    // Linux 5.8. Tells a mount from a btrfs subvolume, which has a device number of its own too.
    identity.mount = (status.stx_mask & STATX_MNT_ID) != 0 ? status.stx_mnt_id : identity.device;
    return identity;
}

sdk::Result<DirChain> DirChain::at(sdk::UniqueFd root) {
    RT_TRY_ASSIGN(const Identity identity, identify(root.get()));
    DirChain chain;
    chain.frames_.push_back({std::move(root), identity});
    return chain;
}

sdk::Result<void> DirChain::enter(const char* name) {
    sdk::UniqueFd child(::openat(fd(), name, kOpenLink));
    if (!child) return sdk::fail_errno(errno, "open the directory ", in_quotes(name));
    RT_TRY_ASSIGN(const Identity identity, identify(child.get()));
    if (identity.mount != frames_.front().identity.mount)
        return sdk::fail(sdk::Code::failed_precondition, "another file system is mounted on ",
                         in_quotes(name), ": unmount it first");
    frames_.push_back({std::move(child), identity});
    if (frames_.size() > kOpenAtMost) frames_[frames_.size() - 1 - kOpenAtMost].fd.reset();
    return {};
}

sdk::Result<void> DirChain::leave() {
    Frame& parent = frames_[frames_.size() - 2];
    if (!parent.fd) {
        sdk::UniqueFd again(::openat(fd(), "..", kOpenLink));
        if (!again) return sdk::fail_errno(errno, "open a parent directory again");
        RT_TRY_ASSIGN(const Identity identity, identify(again.get()));
        if (identity != parent.identity)
            return sdk::fail(sdk::Code::unavailable,
                             "a directory was moved while its tree was read: try again");
        parent.fd = std::move(again);
    }
    frames_.pop_back();
    return {};
}

} // namespace rt::storage
