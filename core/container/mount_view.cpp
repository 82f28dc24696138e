// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_view.hpp"

#include "core/base/file.hpp"
#include "core/base/rooted_path.hpp"
#include "core/image/snapshot_view.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace rt {
namespace {

// A copy of a mount that is attached nowhere. Nothing that is mounted in it reaches the host.
Result<UniqueFd> detach_copy(int fd, const char* path, Writable access) {
    const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH;
    UniqueFd copy(::open_tree(fd, path, flags));
    if (!copy) return fail_errno(errno, "copy the mount of '", path, "'");
    struct mount_attr attributes{};
    attributes.propagation = MS_PRIVATE;
    if (access == Writable::no) attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(copy.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0)
        return fail_errno(errno, "make the copy of '", path, "' private");
    return copy;
}

// Where the mount belongs. Missing directories are made where the root can be written to; else it is left
// out.
Result<UniqueFd> find_target(int root, const std::string& target, Writable access) {
    auto found = open_in_root(root, target, O_PATH);
    if (found || found.error().code != Code::not_found || access == Writable::no) return found;
    for (std::size_t end = 1; end != std::string::npos;) {
        end = target.find('/', end + 1);
        const std::string part = target.substr(0, end);
        const SplitPath split = split_last(part);
        if (open_in_root(root, part, O_PATH)) continue;
        RT_TRY_ASSIGN(const UniqueFd parent, open_in_root(root, split.parent, O_PATH | O_DIRECTORY));
        if (::mkdirat(parent.get(), split.name.c_str(), 0755) != 0 && errno != EEXIST)
            return fail_errno(errno, "make the mount point '", part, "'");
    }
    return open_in_root(root, target, O_PATH);
}

struct Prepared {
    UniqueFd snapshot;
    std::vector<std::pair<BoundDirectory, UniqueFd>> binds;
};

// In a thread that has a mount namespace of its own.
Result<MountView> assemble(const MountViewRequest& request, const Prepared& prepared) {
    if (::unshare(CLONE_FS | CLONE_NEWNS) != 0) return fail_errno(errno, "make a mount namespace");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return fail_errno(errno, "make the mounts of the namespace private");
    if (::move_mount(prepared.snapshot.get(), "", AT_FDCWD, request.place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
        0)
        return fail_errno(errno, "mount the snapshot '", request.id, "'");
    MountView view;
    RT_TRY_ASSIGN(view.root, open_file(request.place, O_PATH | O_DIRECTORY));
    for (const auto& [bind, mount] : prepared.binds) {
        const auto target = find_target(view.root.get(), bind.target, request.root);
        if (!target && target.error().code == Code::not_found) continue;
        if (!target) return std::unexpected(target.error());
        if (::move_mount(mount.get(), "", target->get(), "",
                         MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
            return fail_errno(errno, "mount '", bind.source, "' at '", bind.target, "'");
    }
    RT_TRY_ASSIGN(view.name_space, open_file("/proc/thread-self/ns/mnt", O_RDONLY));
    return view;
}

} // namespace

Result<MountView> open_mount_view(MountViewRequest request) {
    Prepared prepared;
    RT_TRY_ASSIGN(const UniqueFd snapshot, open_snapshot(request.snapshot, request.id));
    const bool detached = std::ranges::none_of(request.snapshot[0].options, [](const std::string& option) {
        return option == "bind" || option == "rbind";
    });
    if (detached) {
        prepared.snapshot.reset(::fcntl(snapshot.get(), F_DUPFD_CLOEXEC, 3));
        struct mount_attr attributes{};
        if (request.root == Writable::no) attributes.attr_set = MOUNT_ATTR_RDONLY;
        if (::mount_setattr(snapshot.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
            return fail_errno(errno, "set the attributes of the snapshot '", request.id, "'");
    } else {
        RT_TRY_ASSIGN(prepared.snapshot, detach_copy(snapshot.get(), "", request.root));
    }
    std::ranges::sort(request.binds, {}, &BoundDirectory::target); // what is below comes after
    for (BoundDirectory& bind : request.binds) {
        RT_TRY_ASSIGN(UniqueFd copy, detach_copy(AT_FDCWD, bind.source.c_str(), bind.access));
        prepared.binds.emplace_back(std::move(bind), std::move(copy));
    }
    Result<MountView> view;
    std::thread([&] { view = assemble(request, prepared); }).join();
    return view;
}

} // namespace rt
