// SPDX-License-Identifier: Apache-2.0
// Unlike a layer, an archive that a user copies in has no whiteouts, goes on top of files in use, and may
// fail half way: so every file takes its place when it is whole.
#include "core/image/module/tree_extract.hpp"

#include "core/base/id.hpp"
#include "core/base/new_file.hpp"
#include "core/base/rooted_path.hpp"
#include "core/image/module/blob_intake.hpp"
#include "core/image/module/inflater.hpp"
#include "core/image/module/tar_reader.hpp"
#include "core/image/module/tree_position.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <map>

namespace rt::image {
namespace {

std::array<timespec, 2> times_of(archive_entry* entry) {
    return {timespec{0, UTIME_OMIT}, timespec{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)}};
}

class TreeExtract {
public:
    TreeExtract(const ArchiveToTree& tree, const Cancellation& cancellation)
        : tree_(tree), cancellation_(cancellation), position_(tree.root) {}

    Result<void> run(TarReader& tar) {
        for (;;) {
            RT_TRY(cancellation_.check());
            RT_TRY_ASSIGN(archive_entry* const entry, tar.next());
            if (entry == nullptr) return finish_directories();
            const char* const name = archive_entry_pathname(entry);
            if (name == nullptr) return fail(Code::corrupt, "an entry of the archive has no name");
            if (auto done = extract(tar, entry, name); !done)
                return in_context(std::move(done).error(), "write '", name, "'");
        }
    }

private:
    struct Place {
        int directory;
        std::string name;
    };

    Result<std::string> target_of(std::string_view name) const {
        RT_TRY_ASSIGN(const auto parts, split_path(name));
        std::string path = tree_.directory;
        bool first = true;
        for (const auto part : parts) {
            path += '/';
            path += first && tree_.rename && part == tree_.rename->first ? tree_.rename->second : part;
            first = false;
        }
        return path;
    }

    Result<void> extract(TarReader& tar, archive_entry* entry, std::string_view name) {
        // "./" renamed: what is below it moves along.
        std::string moved;
        if (tree_.rename && tree_.rename->first == ".") {
            moved = cat(tree_.rename->second, "/", name);
            name = moved;
        }
        RT_TRY_ASSIGN(const std::string path, target_of(name));
        RT_TRY_ASSIGN(const auto parts, split_path(path));
        RT_TRY_ASSIGN(const auto base, split_path(tree_.directory));
        if (parts.size() == base.size()) return {}; // the directory itself stays as it is
        RT_TRY_ASSIGN(const auto parent, position_.parent(parts, TreePosition::Missing::make));
        const UniqueFd directory(::openat(parent->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory) return fail_errno(errno, "open its directory");
        const Place place{directory.get(), std::string(parts.back())};
        if (archive_entry_hardlink(entry) != nullptr) return hard_link(entry, place);
        if (archive_entry_filetype(entry) == AE_IFDIR) return make_directory(entry, place, path);
        RT_TRY(make_room(place));
        return put(tar, entry, place);
    }

    // What is to be replaced by something that is no directory.
    Result<void> make_room(const Place& place) {
        struct stat status{};
        if (::fstatat(place.directory, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
        if (!S_ISDIR(status.st_mode)) {
            if (!S_ISREG(status.st_mode)) position_.forget();
            return {};
        }
        if (tree_.kinds == ArchiveToTree::Kinds::kept)
            return fail(Code::failed_precondition,
                        "cannot overwrite a directory with something else: remove it first");
        position_.forget();
        return remove_entry(place.directory, place.name);
    }

    // Whole first; then it takes its place.
    Result<void> put(TarReader& tar, archive_entry* entry, const Place& place) {
        if (archive_entry_filetype(entry) == AE_IFREG) return put_file(tar, entry, place);
        const Place hidden{place.directory, cat(".rt-", random_hex(16))};
        Rollback rollback;
        rollback.add([&] { ::unlinkat(hidden.directory, hidden.name.c_str(), 0); });
        switch (archive_entry_filetype(entry)) {
        case AE_IFLNK: RT_TRY(make_symlink(entry, hidden)); break;
        case AE_IFCHR:
        case AE_IFBLK:
        case AE_IFIFO: RT_TRY(make_node(entry, hidden)); break;
        default: return fail(Code::corrupt, "an entry of a kind that no file system has");
        }
        if (::renameat(hidden.directory, hidden.name.c_str(), place.directory, place.name.c_str()) != 0)
            return not_placed(fail_errno(errno, "put it in its place").error());
        rollback.commit();
        return {};
    }

    Result<void> put_file(TarReader& tar, archive_entry* entry, const Place& place) {
        RT_TRY_ASSIGN(NewFile file, NewFile::make(place.directory));
        RT_TRY(write_content(tar, entry, file.fd()));
        RT_TRY(set_attributes(entry, file.fd()));
        if (auto placed = file.take_name(place.name); !placed) return not_placed(std::move(placed).error());
        return {};
    }

    static Result<void> not_placed(Error error) {
        if (error.sys_errno != EBUSY) return std::unexpected(std::move(error));
        return fail(Code::failed_precondition, "something is mounted there: change what is mounted instead");
    }

    [[nodiscard]] Result<std::pair<uid_t, gid_t>> owner_of(archive_entry* entry) const {
        const auto [uid, gid] = tree_.owner.value_or(std::pair(static_cast<uid_t>(archive_entry_uid(entry)),
                                                               static_cast<gid_t>(archive_entry_gid(entry))));
        const auto host_uid = tree_.ids.outside(uid);
        const auto host_gid = tree_.ids.outside(gid);
        if (!host_uid || !host_gid)
            return fail(Code::failed_precondition, "its owner ", uid, ":", gid, " is none of the ",
                        tree_.ids.count, " ids that the container has");
        return std::pair(*host_uid, *host_gid);
    }

    Result<void> set_owner(archive_entry* entry, const Place& place) {
        RT_TRY_ASSIGN(const auto owner, owner_of(entry));
        const auto [uid, gid] = owner;
        if (::fchownat(place.directory, place.name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_errno(errno, "set the owner ", uid, ":", gid);
        return {};
    }

    static Result<void> write_content(TarReader& tar, archive_entry* entry, int fd) {
        for (;;) {
            RT_TRY_ASSIGN(const auto piece, tar.data());
            if (!piece) break;
            if (piece->offset < 0) return fail(Code::corrupt, "a sparse file with a negative offset");
            if (::lseek(fd, piece->offset, SEEK_SET) < 0) return fail_errno(errno, "seek");
            RT_TRY(write_all(fd, piece->data, "its content"));
        }
        if (::ftruncate(fd, archive_entry_size(entry)) != 0) return fail_errno(errno, "set the size");
        return {};
    }

    // Owner, then mode: a change of the owner takes setuid and setgid away.
    Result<void> set_attributes(archive_entry* entry, int fd) {
        RT_TRY_ASSIGN(const auto owner, owner_of(entry));
        const auto [uid, gid] = owner;
        if (::fchown(fd, uid, gid) != 0) return fail_errno(errno, "set the owner ", uid, ":", gid);
        if (::fchmod(fd, archive_entry_perm(entry)) != 0) return fail_errno(errno, "set the mode");
        RT_TRY(set_xattrs(entry, fd));
        if (::futimens(fd, times_of(entry).data()) != 0) return fail_errno(errno, "set the time");
        return {};
    }

    static Result<void> set_xattrs(archive_entry* entry, int fd) {
        if (archive_entry_xattr_reset(entry) == 0) return {};
        const char* name = nullptr;
        const void* value = nullptr;
        std::size_t size = 0;
        while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
            const std::string_view key(name);
            if (!key.starts_with("user.") && key != "security.capability") continue; // of the host it was on
            if (::fsetxattr(fd, name, value, size, 0) != 0 && errno != EOPNOTSUPP)
                return fail_errno(errno, "set the extended attribute '", name, "'");
        }
        return {};
    }

    Result<void> make_symlink(archive_entry* entry, const Place& place) {
        const char* const text = archive_entry_symlink(entry);
        if (text == nullptr || *text == '\0') return fail(Code::corrupt, "a symbolic link to nothing");
        if (::symlinkat(text, place.directory, place.name.c_str()) != 0)
            return fail_errno(errno, "make the symbolic link to '", text, "'");
        RT_TRY(set_owner(entry, place));
        if (::utimensat(place.directory, place.name.c_str(), times_of(entry).data(), AT_SYMLINK_NOFOLLOW) !=
            0)
            return fail_errno(errno, "set the time");
        return {};
    }

    Result<void> make_node(archive_entry* entry, const Place& place) {
        const auto type = archive_entry_filetype(entry);
        const dev_t device =
            type == AE_IFIFO ? 0 : ::makedev(archive_entry_rdevmajor(entry), archive_entry_rdevminor(entry));
        if (::mknodat(place.directory, place.name.c_str(), type | 0600, device) != 0)
            return fail_errno(errno, "make the device or pipe");
        RT_TRY(set_owner(entry, place));
        // Opened as a path only: opening a device may do something.
        const UniqueFd node(::openat(place.directory, place.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!node) return fail_errno(errno, "open the device or pipe");
        if (::chmod(path_of_fd(node.get()).c_str(), archive_entry_perm(entry)) != 0)
            return fail_errno(errno, "set the mode");
        return {};
    }

    Result<void> hard_link(archive_entry* entry, const Place& place) {
        const std::string named = archive_entry_hardlink(entry);
        std::string from = named;
        if (tree_.rename && tree_.rename->first == ".") from = cat(tree_.rename->second, "/", named);
        RT_TRY_ASSIGN(const std::string path, target_of(from));
        RT_TRY_ASSIGN(const UniqueFd target, open_in_root(tree_.root, path, O_PATH | O_NOFOLLOW));
        RT_TRY(make_room(place));
        const std::string hidden = cat(".rt-", random_hex(16));
        if (::linkat(AT_FDCWD, path_of_fd(target.get()).c_str(), place.directory, hidden.c_str(),
                     AT_SYMLINK_FOLLOW) != 0)
            return fail_errno(errno, "link it to '", named, "'");
        const int result = ::renameat(place.directory, hidden.c_str(), place.directory, place.name.c_str());
        const int problem = errno;
        ::unlinkat(place.directory, hidden.c_str(), 0); // rename(2) leaves both names of one file
        if (result != 0) return fail_errno(problem, "put it in its place");
        return {};
    }

    Result<void> make_directory(archive_entry* entry, const Place& place, const std::string& path) {
        struct stat status{};
        const bool there = ::fstatat(place.directory, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (there && !S_ISDIR(status.st_mode)) {
            if (tree_.kinds == ArchiveToTree::Kinds::kept)
                return fail(Code::failed_precondition, "cannot overwrite what is not a directory with a "
                                                       "directory: remove it first");
            RT_TRY(remove_entry(place.directory, place.name));
            position_.forget();
        }
        if (::mkdirat(place.directory, place.name.c_str(), 0700) != 0 && errno != EEXIST)
            return fail_errno(errno, "make the directory");
        const UniqueFd directory(
            ::openat(place.directory, place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!directory) return fail_errno(errno, "open the directory");
        RT_TRY(set_attributes(entry, directory.get()));
        directory_times_[path] = times_of(entry);
        return {};
    }

    // At the end, because everything that was made in a directory changed its time.
    Result<void> finish_directories() {
        for (const auto& [path, times] : directory_times_) {
            const auto directory = open_in_root(tree_.root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
            if (!directory) continue; // it went meanwhile
            if (::futimens(directory->get(), times.data()) != 0)
                return fail_errno(errno, "set the time of the directory '", path, "'");
        }
        return {};
    }

    const ArchiveToTree& tree_;
    const Cancellation& cancellation_;
    TreePosition position_;
    std::map<std::string, std::array<timespec, 2>> directory_times_;
};

} // namespace

Result<void> extract_tree(const ArchiveToTree& tree, int in, const Cancellation& cancellation) {
    FdSource packed(in);
    RT_TRY_ASSIGN(const auto inflater, Inflater::open(packed));
    TarReader tar(*inflater);
    RT_TRY(TreeExtract(tree, cancellation).run(tar));
    for (;;) { // who writes into a pipe would be killed otherwise
        RT_TRY_ASSIGN(const std::string_view rest, inflater->next());
        if (rest.empty()) return {};
    }
}

} // namespace rt::image
