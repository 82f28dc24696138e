// SPDX-License-Identifier: Apache-2.0
#include "overlay_trial.hpp"

#include <rt/storage/dir_list.hpp>
#include <rt/storage/tree_remove.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

namespace rt::storage {
namespace {

using sdk::cat;
using sdk::Code;
using sdk::Result;
using sdk::UniqueFd;

constexpr rtp_call kNoLimits{"", 0, -1, 0};
constexpr const char* kAlternative =
    ": use the storage driver 'vfs', or a state directory on ext4, xfs or btrfs";

// What the kernel says about the mount it refused; one message a read, "e overlay: ...".
std::string kernel_reason(int context, int number) {
    char text[256];
    const ssize_t size = ::read(context, text, sizeof text);
    if (size <= 2) return std::strerror(number);
    return cat(std::string_view(text, static_cast<std::size_t>(size)).substr(2), " (", std::strerror(number),
               ")");
}

std::unexpected<sdk::Error> refused(int number, std::string_view step, std::string_view reason) {
    const Code code = number == EPERM || number == EACCES ? Code::permission_denied : Code::unsupported;
    return std::unexpected(
        sdk::Error{code, number, cat("overlayfs does not work here: ", step, ": ", reason, kAlternative)});
}

// base/{a,b} lower directories, base/{u,w} upper and work. a has a file and a directory to be deleted.
Result<void> make_directories(int base) {
    for (const char* name : {"a", "b", "u", "w", "a/directory"})
        if (::mkdirat(base, name, 0700) < 0)
            return sdk::fail_errno(errno, "make directories for a trial of overlayfs");
    const UniqueFd file(::openat(base, "a/file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return sdk::fail_errno(errno, "make a file for a trial of overlayfs");
    return {};
}

Result<UniqueFd> mount_detached(const std::string& base, const OverlayKernel& kernel) {
    const UniqueFd context(::fsopen(kernel.filesystem.c_str(), FSOPEN_CLOEXEC));
    if (!context && errno == ENODEV)
        return refused(ENODEV, "the kernel has no overlayfs",
                       "neither built in nor as a module that can be loaded");
    if (!context) return refused(errno, "ask for an overlay", std::strerror(errno));
    const auto set = [&](const char* key, const std::string& value) {
        return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
    };
    const bool layers = kernel.appends_layers
                            ? set("lowerdir+", cat(base, "/a")) && set("lowerdir+", cat(base, "/b"))
                            : set("lowerdir", cat(base, "/a:", base, "/b"));
    if (!layers || !set("upperdir", cat(base, "/u")) || !set("workdir", cat(base, "/w")) ||
        ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
        const int number = errno;
        return refused(number, cat("mount an overlay in '", base, "'"), kernel_reason(context.get(), number));
    }
    UniqueFd mounted(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
    if (!mounted) return refused(errno, "mount an overlay", std::strerror(errno));
    return mounted;
}

// Without types in directory entries overlayfs shows whiteouts as files.
Result<void> check_entry_types(int base) {
    const UniqueFd fd(::openat(base, "u", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open the upper directory of a trial of overlayfs");
    RT_TRY_ASSIGN(const std::vector<DirEntry> entries, list_directory(fd.get()));
    if (std::ranges::any_of(entries, [](const DirEntry& entry) { return entry.type == DT_UNKNOWN; }))
        return refused(0, "read a directory",
                       "the file system does not store the types of directory entries");
    return {};
}

Result<void> try_in(int base, const std::string& path, const OverlayKernel& kernel) {
    RT_TRY(make_directories(base));
    RT_TRY_ASSIGN(const UniqueFd overlay, mount_detached(path, kernel));
    if (::unlinkat(overlay.get(), "file", 0) < 0 ||
        ::unlinkat(overlay.get(), "directory", AT_REMOVEDIR) < 0 ||
        ::mkdirat(overlay.get(), "directory", 0700) < 0)
        return refused(errno, "delete files of a lower layer", std::strerror(errno));
    struct stat whiteout{};
    if (::fstatat(base, "u/file", &whiteout, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISCHR(whiteout.st_mode))
        return refused(errno, "delete a file of a lower layer", "it left no whiteout");
    const UniqueFd opaque(::openat(base, "u/directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    char value = '\0';
    if (!opaque || ::fgetxattr(opaque.get(), "trusted.overlay.opaque", &value, 1) != 1 || value != 'y')
        return refused(errno, "replace a directory of a lower layer",
                       "the file system does not keep trusted.* extended attributes");
    return check_entry_types(base);
}

} // namespace

Result<void> try_overlay(const SnapshotStore& store, const OverlayKernel& kernel) {
    RT_TRY_ASSIGN(const SnapshotStore::Scratch scratch, store.make_scratch());
    auto result = try_in(scratch.directory.get(), store.absolute(scratch.path), kernel);
    const auto removed = remove_tree(store.fd(), scratch.path.c_str(), sdk::Call(&kNoLimits));
    if (result && !removed) return removed;
    return result;
}

} // namespace rt::storage
