// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/layer_applier.hpp"

#include "core/base/text.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

namespace rt::image {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMostEntries = 8'000'000; // what is remembered of each directory stays below 1 GiB
constexpr std::size_t kMostWarnings = 20;
constexpr std::uint64_t kCheckEvery = 256; // entries between two looks at the cancellation
constexpr const char* kOpaque = "trusted.overlay.opaque";

timespec time_of(archive_entry* entry) {
    return {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
}

bool is_whiteout_node(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

mode_t read_umask() {
    // umask(2) can only be read by changing it, which other threads would see; the kernel tells it here.
    mode_t mask = 077;
    if (auto status = read_file("/proc/self/status")) {
        const auto at = status->find("Umask:\t");
        if (at != std::string::npos)
            mask = static_cast<mode_t>(std::stoul(status->substr(at + 7, 8), nullptr, 8));
    }
    return mask;
}

Result<std::string_view> name_of_entry(const char* text) {
    if (text == nullptr) return fail(Code::corrupt, "an entry of the archive has no name");
    return std::string_view(text);
}

std::string descriptor_path(int fd) {
    return cat("/proc/self/fd/", fd);
}

Result<std::pair<uid_t, gid_t>> owner_of(archive_entry* entry) {
    const auto uid = archive_entry_uid(entry);
    const auto gid = archive_entry_gid(entry);
    constexpr std::int64_t kMost = 0xfffffffe; // the last one means "no change" to chown(2)
    if (uid < 0 || uid > kMost || gid < 0 || gid > kMost)
        return fail(Code::corrupt, "an owner that Linux does not have (", uid, ":", gid, ")");
    return std::pair(static_cast<uid_t>(uid), static_cast<gid_t>(gid));
}

bool may_be_set(std::string_view name) {
    // trusted.overlay.* has a meaning to the kernel here, which is not the image's to give.
    if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")) return false;
    return name.starts_with("user.") || name.starts_with("trusted.") || name == "security.capability" ||
           name.starts_with("system.posix_acl_");
}

} // namespace

struct LayerApplier::Place {
    std::vector<std::string_view> parts;
    std::string name; // the last of them
    TreePosition::Parent parent;
    bool hides_lower = false; // a whiteout stood there
};

Result<Whiteout> parse_whiteout(const std::vector<std::string_view>& parts) {
    constexpr auto kPrefix = ".wh."sv;
    if (parts.empty()) return Whiteout{};
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (!parts[i].starts_with(kPrefix)) continue;
        if (parts[i].starts_with(".wh..wh.")) return Whiteout{Whiteout::Kind::ignored, {}};
        return fail(Code::corrupt, "the entry '", joined(parts, "/"), "' stands below a whiteout");
    }
    const auto last = parts.back();
    if (!last.starts_with(kPrefix)) return Whiteout{};
    if (last == ".wh..wh..opq") return Whiteout{Whiteout::Kind::opaque, {}};
    if (last.starts_with(".wh..wh.")) return Whiteout{Whiteout::Kind::ignored, {}}; // of aufs: ".wh..wh.plnk"
    const auto name = last.substr(kPrefix.size());
    if (name.empty() || name == "." || name == "..")
        return fail(Code::corrupt, "the whiteout '", joined(parts, "/"),
                    "' names nothing that could be removed");
    return Whiteout{Whiteout::Kind::entry, name};
}

LayerApplier::LayerApplier(const LayerTarget& target)
    : target_(target), position_(target.root), umask_(read_umask()),
      // What is below may have default ACLs that change the modes of new files.
      default_acls_(target.form == LayerTarget::Form::plain && !target.is_base) {}

void LayerApplier::warn(std::string text) {
    if (warnings_.size() < kMostWarnings) warnings_.insert(std::move(text));
}

Result<void> LayerApplier::apply_whiteouts(TarReader& tar, const Cancellation& cancellation) {
    for (;;) {
        RT_TRY_ASSIGN(archive_entry* const entry, tar.next());
        if (entry == nullptr) return {};
        if (++entries_ % kCheckEvery == 0) RT_TRY(cancellation.check());
        RT_TRY_ASSIGN(const std::string_view path, name_of_entry(archive_entry_pathname(entry)));
        RT_TRY_ASSIGN(const auto parts, split_path(path));
        RT_TRY_ASSIGN(const Whiteout whiteout, parse_whiteout(parts));
        if (whiteout.kind != Whiteout::Kind::entry && whiteout.kind != Whiteout::Kind::opaque) continue;
        RT_TRY_ASSIGN(const auto parent, position_.parent(parts, TreePosition::Missing::report));
        if (!parent) continue; // what is not there need not be removed
        if (whiteout.kind == Whiteout::Kind::entry) {
            RT_TRY(remove_entry(parent->fd, std::string(whiteout.name)));
        } else {
            const UniqueFd directory(::openat(parent->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            if (!directory) return fail_errno(errno, "open the directory of '", path, "'");
            RT_TRY(remove_children(directory.get()));
        }
        position_.forget();
    }
}

Result<bool> LayerApplier::apply(TarReader& tar, const Cancellation& cancellation) {
    entries_ = 0;
    for (;;) {
        RT_TRY_ASSIGN(archive_entry* const entry, tar.next());
        if (entry == nullptr) break;
        if (++entries_ % kCheckEvery == 0) RT_TRY(cancellation.check());
        if (entries_ > kMostEntries)
            return fail(Code::resource_exhausted, "the layer has more than ", kMostEntries, " entries");
        auto step = apply_entry(tar, entry);
        if (!step) {
            const char* const name = archive_entry_pathname(entry);
            return in_context(std::move(step).error(), "entry '", name == nullptr ? "" : name, "'");
        }
        if (*step == Step::depends_on_below) return false;
    }
    RT_TRY(finish_directories());
    return true;
}

Result<LayerApplier::Step> LayerApplier::apply_entry(TarReader& tar, archive_entry* entry) {
    RT_TRY_ASSIGN(const std::string_view path, name_of_entry(archive_entry_pathname(entry)));
    RT_TRY_ASSIGN(auto parts, split_path(path));
    if (parts.empty()) {
        RT_TRY(apply_root(entry));
        return Step::done;
    }
    RT_TRY_ASSIGN(const Whiteout whiteout, parse_whiteout(parts));
    if (whiteout.kind != Whiteout::Kind::none) return apply_whiteout(parts, whiteout);

    const bool overlay = target_.form == LayerTarget::Form::overlay && !target_.is_base;
    RT_TRY_ASSIGN(const auto parent, position_.parent(parts, overlay ? TreePosition::Missing::report
                                                                     : TreePosition::Missing::make));
    if (!parent) return Step::depends_on_below;
    Place place{std::move(parts), {}, *parent, false};
    place.name = place.parts.back();
    return apply_content(tar, entry, place);
}

// In the plain form apply_whiteouts() did them; in a base they hide nothing.
Result<LayerApplier::Step> LayerApplier::apply_whiteout(const std::vector<std::string_view>& parts,
                                                        const Whiteout& whiteout) {
    if (target_.form == LayerTarget::Form::plain || target_.is_base ||
        whiteout.kind == Whiteout::Kind::ignored)
        return Step::done;
    // overlayfs does not look for the attribute on the root of a layer.
    if (whiteout.kind == Whiteout::Kind::opaque && parts.size() == 1) return Step::depends_on_below;
    RT_TRY_ASSIGN(const auto parent, position_.parent(parts, TreePosition::Missing::report));
    if (!parent) return Step::depends_on_below;
    if (whiteout.kind == Whiteout::Kind::opaque) {
        // O_PATH descriptors take no attributes: by way of /proc.
        if (::setxattr(descriptor_path(parent->fd).c_str(), kOpaque, "y", 1, 0) != 0)
            return fail_errno(errno, "mark the directory of '", joined(parts, "/"), "' as opaque");
        return Step::done;
    }
    const std::string name(whiteout.name);
    if (::mknodat(parent->fd, name.c_str(), S_IFCHR, ::makedev(0, 0)) == 0) return Step::done;
    if (errno != EEXIST) return fail_errno(errno, "make the whiteout of '", name, "'");
    // The layer has put something there itself, which stays; a directory must not show what is below it.
    const UniqueFd directory(
        ::openat(parent->fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory && ::fsetxattr(directory.get(), kOpaque, "y", 1, 0) != 0)
        return fail_errno(errno, "mark the directory '", name, "' as opaque");
    return Step::done;
}

Result<void> LayerApplier::apply_root(archive_entry* entry) {
    if (archive_entry_filetype(entry) != AE_IFDIR || archive_entry_hardlink(entry) != nullptr)
        return fail(Code::corrupt, "the root of the layer is something other than a directory");
    has_root_entry_ = true;
    const UniqueFd root(::openat(target_.root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, "open the layer's root");
    RT_TRY(replace_xattrs(entry, root.get()));
    RT_TRY(set_attributes(entry, root.get(), true));
    position_.forget();
    directory_times_[""] = time_of(entry);
    return {};
}

Result<LayerApplier::Step> LayerApplier::apply_content(TarReader& tar, archive_entry* entry, Place& place) {
    if (archive_entry_hardlink(entry) != nullptr) return make_hard_link(entry, place);
    const auto type = archive_entry_filetype(entry);
    if (type != AE_IFDIR && !directory_times_.empty()) directory_times_.erase(joined(place.parts, "/"));
    Result<void> made;
    switch (type) {
    case AE_IFREG: made = make_file(tar, entry, place); break;
    case AE_IFDIR: made = make_directory(entry, place); break;
    case AE_IFLNK: made = make_symlink(entry, place); break;
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFIFO: made = make_node(entry, place); break;
    default:
        warn(cat("'", joined(place.parts, "/"), "' is of a kind that no file system has, and was left out"));
        break;
    }
    if (!made) return std::unexpected(std::move(made).error());
    return Step::done;
}

// What stands there goes, whatever it is.
Result<void> LayerApplier::clear_place(Place& place) {
    struct stat status{};
    if (::fstatat(place.parent.fd, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        return fail_errno(errno, "stat what stands there");
    }
    if (target_.form == LayerTarget::Form::overlay && is_whiteout_node(status)) place.hides_lower = true;
    RT_TRY(remove_entry(place.parent.fd, place.name));
    if (S_ISREG(status.st_mode)) return {};
    // The parent itself stays open: it is another directory.
    const int parent = ::fcntl(place.parent.fd, F_DUPFD_CLOEXEC, 3);
    if (parent < 0) return fail_errno(errno, "copy a descriptor");
    position_.forget();
    kept_.reset(parent);
    place.parent.fd = parent;
    return {};
}

Result<void> LayerApplier::make_directory(archive_entry* entry, Place& place) {
    bool fresh = false;
    if (::mkdirat(place.parent.fd, place.name.c_str(), archive_entry_perm(entry) & 0777) == 0) {
        fresh = true;
    } else if (errno != EEXIST) {
        return fail_errno(errno, "make the directory");
    } else {
        struct stat status{};
        if (::fstatat(place.parent.fd, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_errno(errno, "stat what stands there");
        if (!S_ISDIR(status.st_mode)) {
            RT_TRY(clear_place(place));
            if (::mkdirat(place.parent.fd, place.name.c_str(), archive_entry_perm(entry) & 0777) != 0)
                return fail_errno(errno, "make the directory");
            fresh = true;
        }
    }
    const UniqueFd directory(
        ::openat(place.parent.fd, place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return fail_errno(errno, "open the directory");
    if (place.hides_lower && ::fsetxattr(directory.get(), kOpaque, "y", 1, 0) != 0)
        return fail_errno(errno, "mark the directory as opaque");
    if (fresh)
        RT_TRY(set_xattrs(entry, directory.get(), place));
    else
        RT_TRY(replace_xattrs(entry, directory.get()));
    RT_TRY(set_attributes(entry, directory.get(), !fresh || place.parent.setgid));
    if (!fresh || (archive_entry_perm(entry) & S_ISGID) != 0) position_.forget();
    directory_times_[joined(place.parts, "/")] = time_of(entry);
    return {};
}

Result<void> LayerApplier::make_file(TarReader& tar, archive_entry* entry, Place& place) {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const mode_t mode = archive_entry_perm(entry) & 0777;
    UniqueFd file(::openat(place.parent.fd, place.name.c_str(), kFlags, mode));
    if (!file && errno == EEXIST) {
        RT_TRY(clear_place(place));
        file.reset(::openat(place.parent.fd, place.name.c_str(), kFlags, mode));
    }
    if (!file) return fail_errno(errno, "make the file");
    RT_TRY(write_content(tar, file.get(), archive_entry_size(entry)));
    RT_TRY(set_attributes(entry, file.get(), place.parent.setgid));
    RT_TRY(set_xattrs(entry, file.get(), place));
    const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, time_of(entry)};
    if (::futimens(file.get(), times.data()) != 0) return fail_errno(errno, "set the time of the file");
    return {};
}

Result<void> LayerApplier::write_content(TarReader& tar, int fd, std::int64_t size) {
    std::int64_t at = 0;
    for (;;) {
        RT_TRY_ASSIGN(const auto piece, tar.data());
        if (!piece) break;
        std::string_view data = piece->data;
        std::int64_t offset = piece->offset;
        if (offset < 0) return fail(Code::corrupt, "a sparse file with a negative offset");
        while (!data.empty()) {
            const ssize_t count = ::pwrite(fd, data.data(), data.size(), offset);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return fail_errno(errno, "write the file");
            data.remove_prefix(static_cast<std::size_t>(count));
            offset += count;
            size_ += static_cast<std::uint64_t>(count);
        }
        at = std::max(at, offset);
    }
    if (at < size && ::ftruncate(fd, size) != 0) return fail_errno(errno, "set the size of the file");
    return {};
}

// Owner, then mode: a change of the owner takes setuid and setgid away. inherited: it may have got them from
// elsewhere.
Result<void> LayerApplier::set_attributes(archive_entry* entry, int fd, bool inherited) {
    RT_TRY_ASSIGN(const auto owner, owner_of(entry));
    const mode_t mode = archive_entry_perm(entry);
    if ((inherited || owner.first != 0 || owner.second != 0) && ::fchown(fd, owner.first, owner.second) != 0)
        return fail_errno(errno, "set the owner ", owner.first, ":", owner.second);
    const bool as_created =
        !inherited && !default_acls_ && (mode & ~static_cast<mode_t>(0777)) == 0 && (mode & umask_) == 0;
    if (!as_created && ::fchmod(fd, mode) != 0) return fail_errno(errno, "set the mode");
    return {};
}

Result<void> LayerApplier::set_xattrs(archive_entry* entry, int fd, const Place& place) {
    if (archive_entry_xattr_reset(entry) == 0) return {};
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        if (!may_be_set(name)) {
            warn(cat("the extended attribute '", name, "' is not the image's to set, and was left out"));
            continue;
        }
        if (std::string_view(name) == "system.posix_acl_default") default_acls_ = true;
        if (::fsetxattr(fd, name, value, size, 0) == 0) continue;
        if (errno != EOPNOTSUPP)
            return fail_errno(errno, "set the extended attribute '", name, "' of '", joined(place.parts, "/"),
                              "'");
        warn(cat("the file system of the storage driver cannot hold the extended attribute '", name, "'"));
    }
    return {};
}

// Of a directory that was there: those of the entry, and no others.
Result<void> LayerApplier::replace_xattrs(archive_entry* entry, int fd) {
    std::string names(65536, '\0');
    const ssize_t length = ::flistxattr(fd, names.data(), names.size());
    if (length < 0 && errno != EOPNOTSUPP) return fail_errno(errno, "list the extended attributes");
    names.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    for (std::size_t at = 0; at < names.size();) {
        const char* const name = names.c_str() + at;
        at += std::string_view(name).size() + 1;
        if (may_be_set(name) && ::fremovexattr(fd, name) != 0 && errno != ENODATA)
            return fail_errno(errno, "remove the extended attribute '", name, "'");
    }
    return set_xattrs(entry, fd, Place{});
}

Result<void> LayerApplier::make_symlink(archive_entry* entry, Place& place) {
    const char* const text = archive_entry_symlink(entry);
    if (text == nullptr || *text == '\0') return fail(Code::corrupt, "a symbolic link to nothing");
    int result = ::symlinkat(text, place.parent.fd, place.name.c_str());
    if (result != 0 && errno == EEXIST) {
        RT_TRY(clear_place(place));
        result = ::symlinkat(text, place.parent.fd, place.name.c_str());
    }
    if (result != 0) return fail_errno(errno, "make the symbolic link to '", text, "'");
    RT_TRY_ASSIGN(const auto owner, owner_of(entry));
    const bool owned = !place.parent.setgid && owner.first == 0 && owner.second == 0;
    if (!owned &&
        ::fchownat(place.parent.fd, place.name.c_str(), owner.first, owner.second, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(errno, "set the owner of the symbolic link");
    const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, time_of(entry)};
    if (::utimensat(place.parent.fd, place.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(errno, "set the time of the symbolic link");
    return {};
}

Result<void> LayerApplier::make_node(archive_entry* entry, Place& place) {
    const auto type = archive_entry_filetype(entry);
    const dev_t device =
        type == AE_IFIFO ? 0 : ::makedev(archive_entry_rdevmajor(entry), archive_entry_rdevminor(entry));
    if (type == AE_IFCHR && device == 0) {
        warn(cat("'", joined(place.parts, "/"),
                 "' is the device 0:0, which means a whiteout here, and was left out"));
        return clear_place(place);
    }
    const mode_t mode = archive_entry_perm(entry);
    int result = ::mknodat(place.parent.fd, place.name.c_str(), type | (mode & 0777), device);
    if (result != 0 && errno == EEXIST) {
        RT_TRY(clear_place(place));
        result = ::mknodat(place.parent.fd, place.name.c_str(), type | (mode & 0777), device);
    }
    if (result != 0 && errno == EPERM)
        return fail(Code::permission_denied, "make the device: not allowed here: unpack images as root, with "
                                             "the capability to make devices (CAP_MKNOD)");
    if (result != 0) return fail_errno(errno, "make the device or pipe");
    // Opened as a path only: opening a device may do something.
    const UniqueFd node(::openat(place.parent.fd, place.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!node) return fail_errno(errno, "open the device or pipe");
    RT_TRY_ASSIGN(const auto owner, owner_of(entry));
    if (::fchownat(node.get(), "", owner.first, owner.second, AT_EMPTY_PATH) != 0)
        return fail_errno(errno, "set the owner");
    if (::chmod(descriptor_path(node.get()).c_str(), mode) != 0) return fail_errno(errno, "set the mode");
    const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, time_of(entry)};
    if (::utimensat(place.parent.fd, place.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(errno, "set the time");
    return {};
}

Result<LayerApplier::Step> LayerApplier::make_hard_link(archive_entry* entry, Place& place) {
    const std::string target_path = archive_entry_hardlink(entry);
    RT_TRY_ASSIGN(const auto target, split_path(target_path));
    if (target.empty()) return fail(Code::corrupt, "a hard link to the root of the layer");
    const bool overlay = target_.form == LayerTarget::Form::overlay && !target_.is_base;
    // The position remembers one place only: keep the first while it looks for the second.
    UniqueFd own(::fcntl(place.parent.fd, F_DUPFD_CLOEXEC, 3));
    if (!own) return fail_errno(errno, "copy a descriptor");
    RT_TRY_ASSIGN(const auto parent, position_.parent(target, TreePosition::Missing::report));
    const std::string name(target.back());
    struct stat status{};
    const bool there = parent && ::fstatat(parent->fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                       !(target_.form == LayerTarget::Form::overlay && is_whiteout_node(status));
    if (!there && overlay) return Step::depends_on_below;
    if (!there) return fail(Code::corrupt, "a hard link to '", target_path, "', which is not in the image");
    if (S_ISDIR(status.st_mode))
        return fail(Code::corrupt, "a hard link to the directory '", target_path, "'");

    const UniqueFd from(::fcntl(parent->fd, F_DUPFD_CLOEXEC, 3));
    if (!from) return fail_errno(errno, "copy a descriptor");
    if (::linkat(from.get(), name.c_str(), own.get(), place.name.c_str(), 0) == 0) return Step::done;
    if (errno != EEXIST) return fail_errno(errno, "link it to '", target_path, "'");
    struct stat existing{};
    if (::fstatat(own.get(), place.name.c_str(), &existing, AT_SYMLINK_NOFOLLOW) == 0 &&
        existing.st_ino == status.st_ino && existing.st_dev == status.st_dev)
        return Step::done; // it is the same file already, perhaps the very target
    place.parent.fd = own.get();
    directory_times_.erase(joined(place.parts, "/"));
    RT_TRY(clear_place(place));
    if (::linkat(from.get(), name.c_str(), place.parent.fd, place.name.c_str(), 0) != 0)
        return fail_errno(errno, "link it to '", target_path, "'");
    return Step::done;
}

// At the end, because everything that was made in a directory changed its time.
Result<void> LayerApplier::finish_directories() {
    const std::map<std::string, timespec> in_order(directory_times_.begin(), directory_times_.end());
    for (const auto& [path, time] : in_order) {
        const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, time};
        if (path.empty()) {
            if (::futimens(target_.root, times.data()) != 0 &&
                ::utimensat(AT_FDCWD, descriptor_path(target_.root).c_str(), times.data(), 0) != 0)
                return fail_errno(errno, "set the time of the layer's root");
            continue;
        }
        RT_TRY_ASSIGN(const auto parts, split_path(path));
        RT_TRY_ASSIGN(const auto parent, position_.parent(parts, TreePosition::Missing::report));
        if (!parent) continue; // removed again by a later entry
        const std::string name(parts.back());
        if (::utimensat(parent->fd, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT)
            return fail_errno(errno, "set the time of the directory '", path, "'");
    }
    return {};
}

} // namespace rt::image
