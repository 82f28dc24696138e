// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/tree_position.hpp"

#include "core/base/directory_stream.hpp"
#include "core/base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace rt::image {
namespace {

constexpr std::size_t kLongestPart = 255;  // NAME_MAX
constexpr std::size_t kLongestPath = 4095; // PATH_MAX without its NUL: no program could open a longer one

int open_directory(int root, const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
        // EAGAIN: a rename raced with the lookup of a ".."
        if (fd >= 0 || errno != EAGAIN) return static_cast<int>(fd);
    }
}

} // namespace

Result<std::vector<std::string_view>> split_path(std::string_view path) {
    if (path.size() > kLongestPath)
        return fail(Code::corrupt, "an entry's path of ", path.size(), " bytes, longer than the ",
                    kLongestPath, " that Linux has: '", path.substr(0, 64), "...'");
    std::vector<std::string_view> parts;
    std::size_t at = 0;
    while (at < path.size()) {
        const auto slash = std::min(path.find('/', at), path.size());
        const auto part = path.substr(at, slash - at);
        at = slash + 1;
        if (part.empty() || part == ".") continue;
        if (part == "..")
            return fail(Code::corrupt, "the entry '", path,
                        "' has '..' in its path, which may lead out of the root");
        if (part.size() > kLongestPart)
            return fail(Code::corrupt, "a name of ", part.size(), " bytes, longer than the ", kLongestPart,
                        " that Linux has: '", part.substr(0, 64), "...'");
        parts.push_back(part);
    }
    return parts;
}

Result<bool> TreePosition::push(std::string_view name, int directory) {
    const std::string text(name);
    UniqueFd fd(::openat(directory, text.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOTDIR || errno == ELOOP || errno == ENOENT) return false;
        return fail_errno(errno, "open the directory '", text, "'");
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "stat the directory '", text, "'");
    levels_.push_back({text, std::move(fd), (status.st_mode & S_ISGID) != 0});
    return true;
}

Result<std::optional<TreePosition::Parent>> TreePosition::parent(const std::vector<std::string_view>& parts,
                                                                 Missing missing) {
    const std::size_t depth = parts.empty() ? 0 : parts.size() - 1;
    if (depth == 0) {
        if (!root_setgid_) {
            struct stat status{};
            if (::fstat(root_, &status) != 0) return fail_errno(errno, "stat the layer's root");
            root_setgid_ = (status.st_mode & S_ISGID) != 0;
        }
        return Parent{root_, *root_setgid_};
    }
    std::size_t same = 0;
    while (same < depth && same < levels_.size() && levels_[same].name == parts[same]) ++same;
    levels_.erase(levels_.begin() + static_cast<std::ptrdiff_t>(same), levels_.end());
    while (levels_.size() < depth) {
        const int above = levels_.empty() ? root_ : levels_.back().fd.get();
        RT_TRY_ASSIGN(const bool real, push(parts[levels_.size()], above));
        if (!real) return resolve(parts, depth, missing);
    }
    return Parent{levels_.back().fd.get(), levels_.back().setgid};
}

// Something on the way is a symbolic link, missing, or not a directory.
Result<std::optional<TreePosition::Parent>> TreePosition::resolve(const std::vector<std::string_view>& parts,
                                                                  std::size_t depth, Missing missing) {
    for (std::size_t count = 1; count <= depth; ++count) {
        const std::string path = joined(std::span(parts).first(count), "/");
        int fd = open_directory(root_, path);
        if (fd < 0 && errno == ENOENT) {
            if (missing == Missing::report) return std::nullopt;
            const int above = count == 1 ? root_ : resolved_.get();
            const std::string name(parts[count - 1]);
            if (::mkdirat(above, name.c_str(), 0755) != 0) {
                if (errno == EEXIST) // a symbolic link to what does not exist
                    return fail(Code::corrupt, "the directory '", path,
                                "' of an entry is a symbolic link that leads nowhere");
                return fail_errno(errno, "make the directory '", path, "'");
            }
            fd = open_directory(root_, path);
        }
        // It may also be a whiteout that this layer wrote: then what is to stand there depends on what is
        // below.
        if (fd < 0 && errno == ENOTDIR && missing == Missing::report) return std::nullopt;
        if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
            return fail(Code::corrupt, "'", path, "' is not a directory, but an entry is to stand in it");
        if (fd < 0) return fail_errno(errno, "open the directory '", path, "'");
        resolved_.reset(fd);
    }
    struct stat status{};
    if (::fstat(resolved_.get(), &status) != 0) return fail_errno(errno, "stat a directory of the layer");
    return Parent{resolved_.get(), (status.st_mode & S_ISGID) != 0};
}

Result<void> remove_children(int directory) {
    const int copy = ::fcntl(directory, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return fail_errno(errno, "copy the descriptor of a directory");
    const DirectoryStream stream(::fdopendir(copy));
    if (!stream) {
        const int problem = errno;
        ::close(copy);
        return fail_errno(problem, "read a directory");
    }
    ::rewinddir(stream.get());
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) return fail_errno(errno, "read a directory");
        if (entry == nullptr) return {};
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
        RT_TRY(remove_entry(directory, entry->d_name));
    }
}

Result<void> remove_entry(int directory, const std::string& name) {
    if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR) return fail_errno(errno, "remove '", name, "'");
    if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return {};
    if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno(errno, "remove the directory '", name, "'");
    {
        const UniqueFd inner(
            ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!inner) return fail_errno(errno, "open the directory '", name, "'");
        RT_TRY(remove_children(inner.get()));
    }
    if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0)
        return fail_errno(errno, "remove the directory '", name, "'");
    return {};
}

} // namespace rt::image
