// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/snapshot_store.hpp"

#include "rt/storage/dir_list.hpp"
#include "rt/storage/text.hpp"
#include "rt/storage/tree_remove.hpp"
#include "rt/storage/tree_usage.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace rt::storage {
namespace {

using sdk::cat;
using sdk::Code;
using sdk::Result;
using sdk::SnapshotState;

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr const char* kScratchPrefix = "probe~"; // no id has a '~'
constexpr rtp_call kNoLimits{"", 0, -1, 0};

const char* directory_of(SnapshotState state) {
    return state == SnapshotState::active ? "active" : "committed";
}

// The names in a directory of the store; none if there is no such directory.
Result<std::vector<std::string>> names_in(int root, const char* path) {
    const sdk::UniqueFd fd(::openat(root, path, kOpenDirectory));
    if (!fd && errno == ENOENT) return std::vector<std::string>{};
    if (!fd) return sdk::fail_errno(errno, "open the directory '", path, "' of the driver's state");
    auto entries = list_directory(fd.get());
    if (!entries) return sdk::in_context(entries.error(), "'", path, "' of the driver's state");
    std::vector<std::string> names;
    for (DirEntry& entry : *entries) names.push_back(std::move(entry.name));
    return names;
}

// rename that never replaces. File systems without RENAME_NOREPLACE get a look first: the host uses an id
// once at a time.
int rename_to_free(int root, const std::string& from, const std::string& to) {
    if (::renameat2(root, from.c_str(), root, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL) return -1;
    if (::faccessat(root, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return ::renameat(root, from.c_str(), root, to.c_str());
}

// The inodes on which somebody holds a lock. Asked of the kernel, not of flock(2): to try would keep the one
// who deletes from his lock. Which file system an inode is of is not looked at, since btrfs names another one
// there than elsewhere: at worst a leftover is taken for one in use.
Result<std::set<ino_t>> locked_inodes() {
    const sdk::UniqueFd fd(::open("/proc/locks", O_RDONLY | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '/proc/locks'");
    RT_TRY_ASSIGN(const std::string text, read_to_end(fd.get(), "/proc/locks"));
    std::set<ino_t> inodes;
    // "1: FLOCK  ADVISORY  WRITE 1234 fd:00:2531452 0 EOF"
    for (std::size_t at = text.find("FLOCK"); at != std::string::npos; at = text.find("FLOCK", at + 1)) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::size_t colon = text.find(':', at);
        if (colon < end) colon = text.find(':', colon + 1);
        ino_t inode = 0;
        if (colon < end &&
            std::from_chars(text.data() + colon + 1, text.data() + end, inode).ec == std::errc{})
            inodes.insert(inode);
    }
    return inodes;
}

// Is somebody deleting it, or trying something in it? What has gone meanwhile is nobody's either way.
bool is_in_use(int root, const std::string& path, const std::set<ino_t>& locked) {
    struct stat status{};
    if (::fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) return true;
    return locked.contains(status.st_ino);
}

constexpr std::string_view kTrashPrefix = "trash/";

// Deletes a directory of the store, unless somebody else is at it.
Result<void> delete_unlocked(int root, const std::string& path, sdk::Call call) {
    sdk::UniqueFd fd(::openat(root, path.c_str(), kOpenDirectory));
    if (!fd && errno == ENOENT) return {};
    if (!fd) return sdk::fail_errno(errno, "open '", path, "'");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK) return {};
        return sdk::fail_errno(errno, "lock '", path, "'");
    }
    RT_TRY(remove_content(std::move(fd), call));
    if (::unlinkat(root, path.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT)
        return sdk::fail_errno(errno, "delete '", path, "'");
    return {};
}

} // namespace

Result<SnapshotStore> SnapshotStore::open(sdk::Host host) {
    std::string directory = host.state_dir();
    sdk::UniqueFd root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return sdk::fail_errno(errno, "open the driver's state directory '", directory, "'");
    return SnapshotStore(host, std::move(directory), std::move(root));
}

std::string SnapshotStore::content_path(SnapshotState state, std::string_view id) {
    return cat(directory_of(state), "/", id);
}

bool SnapshotStore::exists(const std::string& path) const {
    return ::faccessat(root_.get(), path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<void> SnapshotStore::check_parents(const sdk::Parents& parents) const {
    for (const std::string_view parent : parents) {
        RT_TRY(check_id(parent));
        if (!exists(content_path(SnapshotState::committed, parent)))
            return sdk::fail(Code::not_found, "the parent '", parent, "' does not exist or is not committed");
    }
    return {};
}

Result<SnapshotState> SnapshotStore::state_of(std::string_view id) const {
    RT_TRY(check_id(id));
    // In this order: a commit at the same time moves it from the first to the second.
    for (const auto state : {SnapshotState::active, SnapshotState::committed})
        if (exists(content_path(state, id))) return state;
    if (exists(work_path(id)))
        return sdk::fail(Code::not_found, "the snapshot '", id, "' is half-made or half-removed: remove it");
    return sdk::fail(Code::not_found, "there is no snapshot '", id, "'");
}

// "work" last: where it exists, all do.
Result<void> SnapshotStore::make_directories() const {
    for (const char* name : {"trash", "committed", "active", "work"})
        if (::mkdirat(root_.get(), name, 0700) < 0 && errno != EEXIST)
            return sdk::fail_errno(errno, "make the directory '", name, "' in '", directory_, "'");
    return {};
}

Result<void> SnapshotStore::begin(std::string_view id) const {
    RT_TRY(check_id(id));
    if (exists(content_path(SnapshotState::committed, id)))
        return sdk::fail(Code::already_exists, "the snapshot '", id, "' exists");
    const std::string path = work_path(id);
    if (::mkdirat(root_.get(), path.c_str(), 0700) == 0) return {};
    if (errno == ENOENT) {
        RT_TRY(make_directories());
        if (::mkdirat(root_.get(), path.c_str(), 0700) == 0) return {};
    }
    if (errno == EEXIST) return sdk::fail(Code::already_exists, "the snapshot '", id, "' exists");
    return sdk::fail_errno(errno, "make the directory '", path, "' in '", directory_, "'");
}

void SnapshotStore::abandon(std::string_view id) const noexcept {
    try {
        // The failure being reported matters more; what is left over here is listed as active and can be
        // removed.
        if (auto removed = remove(sdk::Call(&kNoLimits), id); !removed) host_.warn(removed.error().message);
    } catch (...) {
        return;
    }
}

Result<void> SnapshotStore::commit(std::string_view id) const {
    RT_TRY_ASSIGN(const SnapshotState state, state_of(id));
    if (state == SnapshotState::committed) return {};
    if (rename_to_free(root_.get(), content_path(SnapshotState::active, id),
                       content_path(SnapshotState::committed, id)) < 0)
        return sdk::fail_errno(errno, "commit the snapshot '", id, "'");
    // It is committed; if this fails or is killed, remove() of the id deletes what is left.
    (void)remove_tree(root_.get(), work_path(id).c_str(), sdk::Call(&kNoLimits));
    return {};
}

Result<bool> SnapshotStore::move_to_trash(SnapshotState state, std::string_view id) const {
    for (unsigned number = 0;; ++number) {
        if (rename_to_free(root_.get(), content_path(state, id), cat("trash/", id, "~", number)) == 0)
            return true;
        if (errno == ENOENT) return false;
        if (errno != EEXIST) return sdk::fail_errno(errno, "remove the snapshot '", id, "'");
    }
}

Result<void> SnapshotStore::remove(sdk::Call call, std::string_view id) const {
    RT_TRY(check_id(id));
    for (const auto state : {SnapshotState::active, SnapshotState::committed}) {
        RT_TRY_ASSIGN(const bool moved, move_to_trash(state, id));
        if (moved) break;
    }
    RT_TRY(empty_trash(call, id));
    return remove_tree(root_.get(), work_path(id).c_str(), call); // last: it gives the id free
}

// All of it, to clean up after crashes; a failure counts only for what this id left.
Result<void> SnapshotStore::empty_trash(sdk::Call call, std::string_view own) const {
    RT_TRY_ASSIGN(std::vector<std::string> names, names_in(root_.get(), "trash"));
    const std::string prefix = cat(own, "~");
    const auto is_own = [&](const std::string& name) { return name.starts_with(prefix); };
    std::ranges::partition(names, is_own);
    for (const std::string& name : names) {
        const auto deleted = delete_unlocked(root_.get(), cat("trash/", name), call);
        if (deleted) continue;
        if (is_own(name))
            return sdk::in_context(deleted.error(), "delete what the removed snapshot '", own, "' left in '",
                                   directory_, "/trash'");
        if (deleted.error().code == Code::cancelled || deleted.error().code == Code::deadline_exceeded)
            return {};
        host_.warn(
            cat("cannot delete an earlier snapshot in '", directory_, "/trash': ", deleted.error().message));
    }
    return {};
}

Result<std::vector<sdk::Snapshot>> SnapshotStore::list() const {
    std::vector<sdk::Snapshot> all;
    for (const auto& [directory, state] :
         {std::pair("work", SnapshotState::active), std::pair("active", SnapshotState::active),
          std::pair("committed", SnapshotState::committed)}) {
        RT_TRY_ASSIGN(const std::vector<std::string> names, names_in(root_.get(), directory));
        for (const std::string& name : names)
            if (check_id(name)) all.push_back({name, state});
    }
    // One id may be in several, also through a commit at the same time: what was read last counts.
    std::ranges::stable_sort(all, {}, &sdk::Snapshot::id);
    const auto same = [](const sdk::Snapshot& a, const sdk::Snapshot& b) { return a.id == b.id; };
    const auto kept = std::unique(all.rbegin(), all.rend(), same);
    all.erase(all.begin(), kept.base());
    return all;
}

Result<sdk::Usage> SnapshotStore::usage(sdk::Call call, std::string_view id) const {
    RT_TRY_ASSIGN(const SnapshotState state, state_of(id));
    sdk::UniqueFd root(::openat(root_.get(), content_path(state, id).c_str(), kOpenDirectory));
    if (!root) return sdk::fail_errno(errno, "open the snapshot '", id, "'");
    return usage_of_tree(std::move(root), call);
}

Result<SnapshotStore::Scratch> SnapshotStore::make_scratch() const {
    RT_TRY_ASSIGN(const std::vector<std::string> names, names_in(root_.get(), "."));
    for (const std::string& name : names) // of probes that were killed
        if (name.starts_with(kScratchPrefix))
            RT_TRY(delete_unlocked(root_.get(), name, sdk::Call(&kNoLimits)));
    for (unsigned number = 0; number < 1000; ++number) {
        Scratch scratch{cat(kScratchPrefix, ::getpid(), "-", number), {}};
        if (::mkdirat(root_.get(), scratch.path.c_str(), 0700) < 0) {
            if (errno == EEXIST) continue;
            return sdk::fail_errno(errno, "make a directory in '", directory_, "'");
        }
        scratch.directory.reset(::openat(root_.get(), scratch.path.c_str(), kOpenDirectory));
        // Between the two lines another probe may have begun to clean up: then take the next name.
        struct stat status{};
        if (scratch.directory && ::flock(scratch.directory.get(), LOCK_EX | LOCK_NB) == 0 &&
            ::fstat(scratch.directory.get(), &status) == 0 && status.st_nlink > 0)
            return scratch;
    }
    return sdk::fail(Code::unavailable, "cannot get a directory of its own in '", directory_, "': try again");
}

Result<std::vector<std::string>> SnapshotStore::rubbish() const {
    std::vector<std::string> paths;
    RT_TRY_ASSIGN(const std::vector<std::string> removed, names_in(root_.get(), "trash"));
    for (const std::string& name : removed) paths.push_back(cat(kTrashPrefix, name));
    RT_TRY_ASSIGN(const std::vector<std::string> names, names_in(root_.get(), "."));
    for (const std::string& name : names)
        if (name.starts_with(kScratchPrefix)) paths.push_back(name);
    if (paths.empty()) return paths;
    RT_TRY_ASSIGN(const std::set<ino_t> locked, locked_inodes());
    std::erase_if(paths, [&](const std::string& path) { return is_in_use(root_.get(), path, locked); });
    return paths;
}

Result<void> SnapshotStore::delete_rubbish(sdk::Call call, const std::string& path) const {
    const bool trash = path.starts_with(kTrashPrefix);
    const std::string name = trash ? path.substr(kTrashPrefix.size()) : path;
    const bool named = trash ? !name.starts_with('.') && !name.empty() : name.starts_with(kScratchPrefix);
    if (!named || name.find('/') != std::string::npos)
        return sdk::fail(Code::invalid_argument, storage::in_quotes(path),
                         " is not a removed snapshot or a trial");
    return delete_unlocked(root_.get(), path, call);
}

} // namespace rt::storage
