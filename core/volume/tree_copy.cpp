// SPDX-License-Identifier: Apache-2.0
#include "core/volume/tree_copy.hpp"

#include "core/base/directory_stream.hpp"
#include "core/base/rooted_path.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <map>
#include <string_view>

namespace rt {
namespace {

constexpr std::size_t kPiece = 64U << 20U; // between two of these check() is asked
constexpr int kDeepest = 256;              // directories within each other; each holds two descriptors

// Where a file is: its directory, and its name there.
struct At {
    int directory;
    const char* name;
    [[nodiscard]] std::string path() const { return cat(path_of_fd(directory), "/", name); }
};

// The label is the host's word about the place that the file is at.
bool goes_along(std::string_view name) {
    return name != "security.selinux";
}

Result<void> copy_xattrs(const std::string& from, const std::string& to) {
    std::string names(XATTR_LIST_MAX, '\0');
    const ssize_t length = ::llistxattr(from.c_str(), names.data(), names.size());
    if (length < 0 && errno != EOPNOTSUPP) return fail_errno(errno, "list its extended attributes");
    names.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    if (names.empty()) return {};
    std::string value(XATTR_SIZE_MAX, '\0');
    for (std::size_t at = 0; at < names.size(); at += std::string_view(names.c_str() + at).size() + 1) {
        const char* const name = names.c_str() + at;
        if (!goes_along(name)) continue;
        const ssize_t size = ::lgetxattr(from.c_str(), name, value.data(), value.size());
        if (size < 0) return fail_errno(errno, "read its extended attribute '", name, "'");
        // A file system that has none of this kind (a tmpfs has no user.*): the file is worth more.
        if (::lsetxattr(to.c_str(), name, value.data(), static_cast<std::size_t>(size), 0) != 0 &&
            errno != EOPNOTSUPP)
            return fail_errno(errno, "set its extended attribute '", name, "'");
    }
    return {};
}

// Owner, then mode: a change of the owner takes setuid, setgid and capabilities away. Times last.
Result<void> copy_attributes(const At& from, const At& to, const struct stat& status) {
    if (::fchownat(to.directory, to.name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(errno, "set its owner");
    if (!S_ISLNK(status.st_mode) && ::fchmodat(to.directory, to.name, status.st_mode & 07777U, 0) != 0)
        return fail_errno(errno, "set its mode");
    RT_TRY(copy_xattrs(from.path(), to.path()));
    const std::array times{status.st_atim, status.st_mtim};
    if (::utimensat(to.directory, to.name, times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(errno, "set its times");
    return {};
}

class TreeCopy {
public:
    explicit TreeCopy(const std::function<Result<void>()>& check) : check_(check) {}

    Result<void> directory(int from, int to, const std::string& path) {
        if (++depth_ > kDeepest)
            return fail(Code::resource_exhausted, "copy '", path, "': more than ", kDeepest,
                        " directories within each other");
        RT_TRY_ASSIGN(const auto names, names_in(from));
        for (const std::string& name : names) {
            RT_TRY(check_());
            if (auto done = entry({from, name.c_str()}, {to, name.c_str()}, cat(path, "/", name)); !done)
                return done;
        }
        --depth_;
        struct stat status{};
        if (::fstat(from, &status) != 0) return fail_errno(errno, "copy '", path, "'");
        return copy_directory_attributes(from, status, to);
    }

private:
    Result<void> entry(const At& from, const At& to, const std::string& path) {
        struct stat status{};
        if (::fstatat(from.directory, from.name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_errno(errno, "copy '", path, "'");
        if (S_ISDIR(status.st_mode)) return sub_directory(from, to, path);
        if (auto done = file(from, to, status); !done)
            return in_context(std::move(done).error(), "copy '", path, "'");
        return {};
    }

    Result<void> sub_directory(const At& from, const At& to, const std::string& path) {
        constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        const UniqueFd source(::openat(from.directory, from.name, kFlags));
        if (!source) return fail_errno(errno, "copy '", path, "': open the directory");
        if (::mkdirat(to.directory, to.name, 0700) != 0)
            return fail_errno(errno, "copy '", path, "': make the directory");
        const UniqueFd target(::openat(to.directory, to.name, kFlags));
        if (!target) return fail_errno(errno, "copy '", path, "': open its copy");
        return directory(source.get(), target.get(), path);
    }

    Result<void> file(const At& from, const At& to, const struct stat& status) {
        const std::pair identity{status.st_dev, status.st_ino};
        if (status.st_nlink > 1)
            if (const auto known = links_.find(identity); known != links_.end()) {
                if (::linkat(AT_FDCWD, path_of_fd(known->second.get()).c_str(), to.directory, to.name,
                             AT_SYMLINK_FOLLOW) != 0)
                    return fail_errno(errno, "make the hard link");
                return {};
            }
        switch (status.st_mode & S_IFMT) {
        case S_IFREG: RT_TRY(regular(from, to)); break;
        case S_IFLNK: RT_TRY(symlink(from, to)); break;
        default:
            if (::mknodat(to.directory, to.name, (status.st_mode & S_IFMT) | 0600U, status.st_rdev) != 0)
                return fail_errno(errno, "make the device, pipe or socket");
        }
        RT_TRY(copy_attributes(from, to, status));
        if (status.st_nlink < 2 || links_.size() >= kMostLinks) return {};
        UniqueFd made(::openat(to.directory, to.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!made) return fail_errno(errno, "open its copy");
        links_.emplace(identity, std::move(made));
        return {};
    }

    Result<void> regular(const At& from, const At& to) {
        const UniqueFd source(
            ::openat(from.directory, from.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        struct stat status{};
        if (!source || ::fstat(source.get(), &status) != 0) return fail_errno(errno, "open");
        const UniqueFd target(
            ::openat(to.directory, to.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!target) return fail_errno(errno, "make the file");
        return content(source.get(), target.get(), status.st_size);
    }

    // Shared with the source where the file system can; else all that is not a hole.
    Result<void> content(int from, int to, off_t size) {
        if (size == 0 || ::ioctl(to, FICLONE, from) == 0) return {};
        if (::ftruncate(to, size) != 0) return fail_errno(errno, "set the size");
        for (off_t offset = 0; offset < size;) {
            off_t data = ::lseek(from, offset, SEEK_DATA);
            if (data < 0 && errno == ENXIO) return {}; // a hole up to the end
            off_t hole = data < 0 ? size : ::lseek(from, data, SEEK_HOLE);
            if (data < 0) data = offset;
            if (hole < 0) hole = size;
            RT_TRY(range(from, to, data, std::min(hole, size)));
            offset = hole;
        }
        return {};
    }

    Result<void> range(int from, int to, off_t offset, off_t end) {
        while (offset < end) {
            RT_TRY(check_());
            const auto size = std::min(kPiece, static_cast<std::size_t>(end - offset));
            off_t in = offset;
            off_t out = offset;
            ssize_t done = ::copy_file_range(from, &in, to, &out, size, 0);
            if (done <= 0) { // some pairs of file systems cannot
                in = offset;
                if (::lseek(to, offset, SEEK_SET) < 0) return fail_errno(errno, "seek");
                done = ::sendfile(to, from, &in, size);
            }
            if (done < 0) return fail_errno(errno, "copy its content");
            if (done == 0) return fail(Code::unavailable, "it became shorter while it was copied");
            offset += done;
        }
        return {};
    }

    static Result<void> symlink(const At& from, const At& to) {
        std::array<char, PATH_MAX + 1> target{};
        if (::readlinkat(from.directory, from.name, target.data(), target.size() - 1) < 0)
            return fail_errno(errno, "read the symbolic link");
        if (::symlinkat(target.data(), to.directory, to.name) != 0)
            return fail_errno(errno, "make the symbolic link");
        return {};
    }

    // Each costs a descriptor; names beyond that many files become files of their own.
    static constexpr std::size_t kMostLinks = 400;

    const std::function<Result<void>()>& check_;
    std::map<std::pair<dev_t, ino_t>, UniqueFd> links_; // copies of files with several names
    int depth_ = 0;
};

} // namespace

Result<std::vector<std::string>> names_in(int directory) {
    UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const DirectoryStream stream(again ? ::fdopendir(again.get()) : nullptr);
    if (!stream) return fail_errno(errno, "read a directory");
    (void)again.release(); // the stream's now
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* const found = ::readdir(stream.get());
        if (found == nullptr && errno != 0) return fail_errno(errno, "read a directory");
        if (found == nullptr) break;
        const std::string_view name(found->d_name);
        if (name != "." && name != "..") names.emplace_back(name);
    }
    std::ranges::sort(names);
    return names;
}

Result<void> copy_directory_attributes(int from, const struct stat& status, int to) {
    if (auto done = copy_attributes({from, "."}, {to, "."}, status); !done)
        return in_context(std::move(done).error(), "copy the attributes of a directory");
    return {};
}

Result<void> copy_tree(int from, int to, const std::function<Result<void>()>& check) {
    return TreeCopy(check).directory(from, to, "");
}

} // namespace rt
