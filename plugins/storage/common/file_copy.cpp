// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/file_copy.hpp"

#include "rt/storage/text.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace rt::storage {
namespace {

constexpr std::size_t kPiece = 64U << 20; // between two of these the call is asked whether to go on

// Some file systems and some pairs of them cannot: then sendfile does it.
bool cannot_copy_range(int number) {
    return number == EXDEV || number == EINVAL || number == EOPNOTSUPP || number == ENOSYS;
}

sdk::Result<ssize_t> copy_piece(int from, int to, off_t offset, std::size_t size) {
    off_t in = offset;
    off_t out = offset;
    ssize_t done = ::copy_file_range(from, &in, to, &out, size, 0);
    if (done > 0) return done;
    // 0 as well: some kernels say so for files whose size they do not know.
    if (done < 0 && !cannot_copy_range(errno)) return sdk::fail_errno(errno, "copy_file_range");
    if (::lseek(to, offset, SEEK_SET) < 0) return sdk::fail_errno(errno, "lseek");
    in = offset;
    done = ::sendfile(to, from, &in, size);
    if (done < 0) return sdk::fail_errno(errno, "sendfile");
    return done;
}

sdk::Result<void> copy_range(int from, int to, off_t offset, off_t end, sdk::Call call) {
    while (offset < end) {
        RT_TRY(call.check());
        const auto size = std::min(kPiece, static_cast<std::size_t>(end - offset));
        RT_TRY_ASSIGN(const ssize_t done, copy_piece(from, to, offset, size));
        if (done == 0)
            return sdk::fail(sdk::Code::unavailable, "the file became shorter while it was copied");
        offset += done;
    }
    return {};
}

// Calls for one file's extended attributes, by descriptor or by path.
struct XattrCalls {
    std::function<ssize_t(char*, std::size_t)> list;
    std::function<ssize_t(const char*, char*, std::size_t)> get;
    std::function<int(const char*, const char*, std::size_t)> set;
};

sdk::Result<void> copy_xattrs(const XattrCalls& calls) {
    std::vector<char> names(1024);
    ssize_t size = calls.list(names.data(), names.size());
    if (size < 0 && errno == ERANGE) {
        names.resize(XATTR_LIST_MAX);
        size = calls.list(names.data(), names.size());
    }
    if (size < 0 && errno == EOPNOTSUPP)
        return {}; // a file system without extended attributes: there are none
    if (size <= 0)
        return size == 0 ? sdk::Result<void>{} : sdk::fail_errno(errno, "list extended attributes");
    std::vector<char> value(XATTR_SIZE_MAX);
    for (const char* name = names.data(); name < names.data() + size; name += std::strlen(name) + 1) {
        const ssize_t length = calls.get(name, value.data(), value.size());
        if (length < 0) return sdk::fail_errno(errno, "read the extended attribute ", in_quotes(name));
        if (calls.set(name, value.data(), static_cast<std::size_t>(length)) < 0)
            return sdk::fail_errno(errno, "write the extended attribute ", in_quotes(name));
    }
    return {};
}

} // namespace

sdk::Result<void> copy_content(int from, int to, off_t size, CloneSupport& clone, sdk::Call call) {
    if (size == 0) return {};
    if (clone.possible) {
        if (::ioctl(to, FICLONE, from) == 0) return {};
        if (errno == EOPNOTSUPP || errno == ENOTTY || errno == ENOSYS || errno == EXDEV)
            clone.possible = false;
    }
    if (::ftruncate(to, size) < 0) return sdk::fail_errno(errno, "set the size");
    off_t offset = 0;
    while (offset < size) {
        const off_t data = ::lseek(from, offset, SEEK_DATA);
        if (data < 0 && errno == ENXIO) return {}; // nothing but a hole up to the end
        if (data < 0) return copy_range(from, to, offset, size, call);
        off_t hole = ::lseek(from, data, SEEK_HOLE);
        if (hole < 0) hole = size;
        RT_TRY(copy_range(from, to, data, std::min(hole, size), call));
        offset = hole;
    }
    return {};
}

sdk::Result<void> copy_attributes(int from, int to, const struct stat& status) {
    if (::fchown(to, status.st_uid, status.st_gid) < 0) return sdk::fail_errno(errno, "set the owner");
    if (::fchmod(to, status.st_mode & 07777) < 0) return sdk::fail_errno(errno, "set the mode");
    RT_TRY(copy_xattrs({[&](char* names, std::size_t size) { return ::flistxattr(from, names, size); },
                        [&](const char* name, char* value, std::size_t size) {
                            return ::fgetxattr(from, name, value, size);
                        },
                        [&](const char* name, const char* value, std::size_t size) {
                            return ::fsetxattr(to, name, value, size, 0);
                        }}));
    const timespec times[2] = {status.st_atim, status.st_mtim};
    if (::futimens(to, times) < 0) return sdk::fail_errno(errno, "set the times");
    return {};
}

sdk::Result<void> copy_attributes_at(int from, int to, const char* name, const struct stat& status) {
    if (::fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return sdk::fail_errno(errno, "set the owner");
    if (!S_ISLNK(status.st_mode) && ::fchmodat(to, name, status.st_mode & 07777, 0) < 0)
        return sdk::fail_errno(errno, "set the mode");
    // There is no call that takes a directory and a name before Linux 6.13.
    const std::string source = sdk::cat("/proc/self/fd/", from, "/", name);
    const std::string target = sdk::cat("/proc/self/fd/", to, "/", name);
    RT_TRY(
        copy_xattrs({[&](char* names, std::size_t size) { return ::llistxattr(source.c_str(), names, size); },
                     [&](const char* key, char* value, std::size_t size) {
                         return ::lgetxattr(source.c_str(), key, value, size);
                     },
                     [&](const char* key, const char* value, std::size_t size) {
                         return ::lsetxattr(target.c_str(), key, value, size, 0);
                     }}));
    const timespec times[2] = {status.st_atim, status.st_mtim};
    if (::utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0) return sdk::fail_errno(errno, "set the times");
    return {};
}

} // namespace rt::storage
