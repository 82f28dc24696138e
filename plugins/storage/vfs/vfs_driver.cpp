// SPDX-License-Identifier: Apache-2.0
#include "vfs_driver.hpp"

#include <rt/storage/tree_copy.hpp>
#include <rt/storage/tree_remove.hpp>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt::storage {
namespace {

using sdk::cat;
using sdk::MountMode;
using sdk::Result;
using sdk::SnapshotState;
using sdk::UniqueFd;

constexpr rtp_call kNoLimits{"", 0, -1, 0};

Result<UniqueFd> open_directory(const SnapshotStore& store, const std::string& path) {
    UniqueFd fd(::openat(store.fd(), path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open the directory '", store.absolute(path), "'");
    return fd;
}

Result<UniqueFd> make_directory(const SnapshotStore& store, const std::string& path) {
    if (::mkdirat(store.fd(), path.c_str(), 0700) < 0)
        return sdk::fail_errno(errno, "make the directory '", store.absolute(path), "'");
    return open_directory(store, path);
}

// Shares one block between two files and sees whether the file system lets it.
Result<bool> can_share(int directory) {
    const UniqueFd from(::openat(directory, "from", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const UniqueFd to(::openat(directory, "to", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const std::string block(4096, 'x');
    if (!from || !to || ::write(from.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()))
        return sdk::fail_errno(errno, "write two small files into the driver's state directory");
    return ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

} // namespace

Result<std::unique_ptr<VfsDriver>> VfsDriver::create(sdk::Host host, std::string_view) {
    RT_TRY_ASSIGN(SnapshotStore store, SnapshotStore::open(host));
    return std::unique_ptr<VfsDriver>(new VfsDriver(std::move(store)));
}

Result<std::string> VfsDriver::probe(sdk::Call call) {
    RT_TRY(call.check());
    RT_TRY_ASSIGN(const SnapshotStore::Scratch scratch, store_.make_scratch());
    const auto shares = can_share(scratch.directory.get());
    RT_TRY(remove_tree(store_.fd(), scratch.path.c_str(), sdk::Call(&kNoLimits)));
    if (!shares) return std::unexpected(shares.error());
    return cat(R"({"reflink": )", *shares ? "true" : "false", "}");
}

Result<void> VfsDriver::prepare(sdk::Call call, std::string_view id, const sdk::Parents& parents) {
    RT_TRY(call.check());
    RT_TRY(store_.check_parents(parents));
    RT_TRY(store_.begin(id));
    auto filled = fill(call, id, parents);
    if (filled) return {};
    store_.abandon(id);
    if (parents.empty()) return filled;
    return sdk::in_context(filled.error(), "copy the snapshot '", parents.front(), "' to '", id, "'");
}

Result<void> VfsDriver::fill(sdk::Call call, std::string_view id, const sdk::Parents& parents) const {
    const std::string copy = cat(SnapshotStore::work_path(id), "/content");
    RT_TRY_ASSIGN(UniqueFd to, make_directory(store_, copy));
    if (parents.empty()) {
        if (::fchmod(to.get(), 0755) < 0)
            return sdk::fail_errno(errno, "set the mode of '", store_.absolute(copy), "'");
    } else {
        const std::string links = cat(SnapshotStore::work_path(id), "/links");
        RT_TRY_ASSIGN(const UniqueFd links_fd, make_directory(store_, links));
        RT_TRY_ASSIGN(UniqueFd from, open_directory(store_, SnapshotStore::content_path(
                                                                SnapshotState::committed, parents.front())));
        RT_TRY(copy_tree(std::move(from), std::move(to), links_fd.get(), call));
        RT_TRY(remove_tree(store_.fd(), links.c_str(), call));
    }
    const std::string content = SnapshotStore::content_path(SnapshotState::active, id);
    if (::renameat(store_.fd(), copy.c_str(), store_.fd(), content.c_str()) < 0)
        return sdk::fail_errno(errno, "rename '", store_.absolute(copy), "'");
    return {};
}

Result<std::vector<sdk::Mount>> VfsDriver::mounts(sdk::Call, std::string_view id, const sdk::Parents& parents,
                                                  MountMode mode) {
    RT_TRY_ASSIGN(const SnapshotState state, state_to_mount(id, parents, mode));
    const bool writable = mode != MountMode::read_only;
    return std::vector{sdk::Mount{"bind",
                                  store_.absolute(SnapshotStore::content_path(state, id)),
                                  "",
                                  {"bind", writable ? "rw" : "ro"}}};
}

} // namespace rt::storage
