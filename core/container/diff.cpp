// SPDX-License-Identifier: Apache-2.0
#include "core/container/diff.hpp"

#include "core/base/directory_stream.hpp"
#include "core/container/container_files.hpp"
#include "core/image/snapshot_view.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <set>

namespace rt {
namespace {

// Made for every container, as mount points: docker has them in a layer that its diff leaves out.
bool is_made_for_every_container(const std::string& path) {
    static constexpr std::array<std::string_view, 6> kPaths = {
        "/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
    return std::ranges::find(kPaths, path) != kPaths.end();
}

Result<std::set<std::string>> names_in(int directory) {
    std::set<std::string> names;
    const int copy = ::fcntl(directory, F_DUPFD_CLOEXEC, 3);
    const DirectoryStream stream(copy < 0 ? nullptr : ::fdopendir(copy));
    if (!stream) return fail_errno(errno, "read a directory");
    ::rewinddir(stream.get());
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) return fail_errno(errno, "read a directory");
        if (entry == nullptr) return names;
        const std::string_view name(entry->d_name);
        if (name != "." && name != "..") names.emplace(name);
    }
}

struct Side {
    bool there = false;
    struct stat status{};
    UniqueFd directory; // where it is one
    std::string link;
};

Result<Side> look(int directory, const std::string& name) {
    Side side;
    if (directory < 0 || ::fstatat(directory, name.c_str(), &side.status, AT_SYMLINK_NOFOLLOW) != 0)
        return side;
    side.there = true;
    if (S_ISDIR(side.status.st_mode)) {
        side.directory.reset(
            ::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!side.directory) return fail_errno(errno, "open the directory '", name, "'");
    } else if (S_ISLNK(side.status.st_mode)) {
        std::array<char, PATH_MAX> text{};
        const ssize_t size = ::readlinkat(directory, name.c_str(), text.data(), text.size());
        if (size > 0) side.link.assign(text.data(), static_cast<std::size_t>(size));
    }
    return side;
}

// A directory's time and size change with what is in it: that is named anyway.
bool is_same(const Side& before, const Side& after) {
    const struct stat& a = before.status;
    const struct stat& b = after.status;
    if (a.st_mode != b.st_mode || a.st_uid != b.st_uid || a.st_gid != b.st_gid || a.st_rdev != b.st_rdev)
        return false;
    if (S_ISDIR(a.st_mode)) return true;
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && before.link == after.link;
}

class Diff {
public:
    enum class Leave { nothing, mount_points };
    explicit Diff(Leave leave) : leave_(leave) {}

    // Is anything in it different?
    Result<bool> directory(int before, int after, const std::string& path) {
        std::set<std::string> names;
        if (before >= 0) {
            RT_TRY_ASSIGN(names, names_in(before));
        }
        if (after >= 0) {
            RT_TRY_ASSIGN(auto more, names_in(after));
            names.merge(more);
        }
        bool changed = false;
        for (const std::string& name : names) {
            RT_TRY_ASSIGN(const bool different, entry(before, after, path + "/" + name));
            changed = changed || different;
        }
        return changed;
    }

    std::vector<Change> take() {
        std::ranges::sort(changes_, {}, &Change::path);
        return std::move(changes_);
    }

private:
    Result<bool> entry(int before, int after, const std::string& path) {
        if (leave_ == Leave::mount_points && is_made_for_every_container(path)) return false;
        const std::string name = path.substr(path.rfind('/') + 1);
        RT_TRY_ASSIGN(const Side old, look(before, name));
        RT_TRY_ASSIGN(const Side now, look(after, name));
        if (!old.there && !now.there) return false; // it went meanwhile
        if (!now.there) return add(ChangeKind::deleted, path);
        const bool same_kind = old.there && (old.status.st_mode & S_IFMT) == (now.status.st_mode & S_IFMT);
        if (!now.directory) {
            if (same_kind && is_same(old, now)) return false;
            return add(old.there ? ChangeKind::modified : ChangeKind::added, path);
        }
        RT_TRY_ASSIGN(const bool inside,
                      directory(old.directory ? old.directory.get() : -1, now.directory.get(), path));
        if (!old.there) return add(ChangeKind::added, path);
        if (inside || !same_kind || !is_same(old, now)) return add(ChangeKind::modified, path);
        return false;
    }

    Result<bool> add(ChangeKind kind, const std::string& path) {
        changes_.push_back({kind, path});
        return true;
    }

    Leave leave_;
    std::vector<Change> changes_;
};

Result<UniqueFd> readable(int fd) {
    UniqueFd open(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open) return fail_errno(errno, "open the root of a tree");
    return open;
}

Result<std::vector<Change>> compare(int before, int after, Diff::Leave leave) {
    UniqueFd old;
    if (before >= 0) {
        RT_TRY_ASSIGN(old, readable(before));
    }
    RT_TRY_ASSIGN(const UniqueFd now, readable(after));
    Diff diff(leave);
    RT_TRY(diff.directory(old ? old.get() : -1, now.get(), ""));
    return diff.take();
}

} // namespace

Result<std::vector<Change>> diff_trees(int before, int after) {
    return compare(before, after, Diff::Leave::nothing);
}

Result<std::vector<Change>> diff_container(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(const ContainerFiles files, ContainerFiles::open(engine, reference, Writable::no));
    const Container& container = files.container();
    RT_TRY_ASSIGN(const UniqueFd now, open_container_layers(engine, container));
    RT_TRY_ASSIGN(const UniqueFd image, open_image_layers(engine, container));
    return compare(image ? image.get() : -1, now.get(), Diff::Leave::mount_points);
}

} // namespace rt
