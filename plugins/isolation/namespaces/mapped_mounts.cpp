// SPDX-License-Identifier: Apache-2.0
#include "mapped_mounts.hpp"

#include "mount_api.hpp"
#include "spawn.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

namespace rt::namespaces {
namespace {

namespace fs = std::filesystem;

// This process has mounts of its own while one of these lives. Nothing of them can be left behind.
class PrivateMounts {
public:
    static Result<PrivateMounts> enter() {
        PrivateMounts out;
        out.home_.reset(::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
        if (!out.home_) return fail_errno(errno, "open '/proc/thread-self/ns/mnt'");
        out.directory_.reset(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!out.directory_) return fail_errno(errno, "open the working directory");
        if (::unshare(CLONE_NEWNS) < 0) {
            const int problem = errno;
            out.home_.reset();
            return fail_errno(problem, "make a mount namespace");
        }
        if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
            return fail_errno(errno, "make the mounts of a mount namespace private");
        return out;
    }
    PrivateMounts(PrivateMounts&&) = default;
    PrivateMounts& operator=(PrivateMounts&&) = delete;
    // Whoever goes on among the wrong mounts does harm without knowing it.
    ~PrivateMounts() {
        if (!home_) return;
        if (::setns(home_.get(), CLONE_NEWNS) < 0 || ::fchdir(directory_.get()) < 0) std::abort();
    }

private:
    PrivateMounts() = default;
    UniqueFd home_, directory_;
};

// Files are made as this user and group, with all capabilities all the same.
class FilesOwnedBy {
public:
    static Result<FilesOwnedBy> become(std::pair<std::uint32_t, std::uint32_t> ids) {
        FilesOwnedBy out;
        ::setfsgid(ids.second);
        ::setfsuid(ids.first); // takes the capabilities on files out of the effective set
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        std::array<__user_cap_data_struct, 2> sets{};
        if (::syscall(SYS_capget, &header, sets.data()) < 0) return fail_errno(errno, "read capabilities");
        for (auto& set : sets) set.effective = set.permitted;
        if (::syscall(SYS_capset, &header, sets.data()) < 0) return fail_errno(errno, "keep capabilities");
        return out;
    }
    FilesOwnedBy(FilesOwnedBy&& other) noexcept : active_(std::exchange(other.active_, false)) {}
    FilesOwnedBy& operator=(FilesOwnedBy&&) = delete;
    ~FilesOwnedBy() {
        if (!active_) return;
        ::setfsuid(::geteuid());
        ::setfsgid(::getegid());
    }

private:
    FilesOwnedBy() = default;
    bool active_ = true;
};

// upperdir, workdir, lowerdir (with colons between) and lowerdir+.
std::vector<std::string> directories_of(const MountOptions& options) {
    std::vector<std::string> out;
    for (const auto& [key, value] : options.data) {
        if (!value) continue;
        if (key == "upperdir" || key == "workdir" || key == "lowerdir+") out.push_back(*value);
        if (key != "lowerdir") continue;
        for (std::size_t at = 0; at <= value->size();) {
            const auto end = std::min(value->find(':', at), value->size());
            if (end > at) out.push_back(value->substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

fs::path common_directory(const std::vector<std::string>& directories) {
    fs::path common = fs::path(directories.front()).lexically_normal();
    for (const std::string& directory : directories) {
        const fs::path other = fs::path(directory).lexically_normal();
        const auto [end, unused] = std::ranges::mismatch(common, other);
        fs::path shared;
        for (auto part = common.begin(); part != end; ++part) shared /= *part;
        common = shared;
    }
    return common;
}

Result<std::uint64_t> mount_of(const std::string& path) {
    struct statx info{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &info) < 0)
        return fail_errno(errno, "look at the layer '", path, "'");
    return info.stx_mnt_id;
}

// The kernel would take what is on another mount as it is, without a word.
Result<void> check_on_one_mount(const std::vector<std::string>& directories, const fs::path& common) {
    RT_TRY_ASSIGN(const std::uint64_t wanted, mount_of(common.native()));
    for (const std::string& directory : directories) {
        RT_TRY_ASSIGN(const std::uint64_t mount, mount_of(directory));
        if (mount != wanted || common == "/")
            return fail(Code::unsupported, "map the ids of the layer '", directory,
                        "': the layers of the container are not all in one directory of one mount; use a "
                        "storage driver whose state is on one file system");
    }
    return {};
}

Result<void> write_mapping(int pid, const MountIds& ids) {
    for (const auto& [file, mappings] : {std::pair("uid_map", &ids.uids), std::pair("gid_map", &ids.gids)}) {
        std::string text;
        for (const auto& mapping : *mappings)
            text += cat(mapping.container, " ", mapping.host, " ", mapping.size, "\n");
        const auto path = cat("/proc/", pid, "/", file);
        RT_TRY(write_control(AT_FDCWD, path.c_str(), text, path));
    }
    return {};
}

Result<UniqueFd> make_user_namespace(const MountIds& ids) {
    const SpawnRequest request{CLONE_NEWUSER, -1, -1, [] {
                                   for (;;) ::pause();
                               }};
    RT_TRY_ASSIGN(const Spawned holder, spawn(request));
    UniqueFd fd;
    const Result<void> written = write_mapping(holder.pid, ids);
    if (written) fd.reset(::open(cat("/proc/", holder.pid, "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
    const int problem = errno;
    kill_and_reap(holder);
    if (!written) return in_context(written.error(), "make a user namespace for a mount");
    if (!fd) return fail_errno(problem, "open the user namespace for a mount");
    return fd;
}

bool is_same(const std::vector<IdMapping>& a, const std::vector<IdMapping>& b) {
    return std::ranges::equal(a, b, [](const IdMapping& x, const IdMapping& y) {
        return x.container == y.container && x.host == y.host && x.size == y.size;
    });
}

} // namespace

std::uint32_t host_id(const std::vector<IdMapping>& mappings, std::uint32_t id) {
    for (const IdMapping& mapping : mappings)
        if (id >= mapping.container && id - mapping.container < mapping.size)
            return mapping.host + (id - mapping.container);
    return UINT32_MAX;
}

MountIds IdMappings::or_containers(const MountIds& own) const {
    return own.uids.empty() && own.gids.empty() ? MountIds{config_.uid_mappings, config_.gid_mappings} : own;
}

Result<int> IdMappings::find(const MountIds& own, const std::string& target) {
    MountIds ids = or_containers(own);
    if (ids.uids.empty() || ids.gids.empty())
        return fail(Code::invalid_argument, "the mount on '", target,
                    "' is to have its ids mapped, but there is no mapping: give it 'uidMappings' and "
                    "'gidMappings', or the container a user namespace");
    for (const auto& [known, fd] : made_)
        if (is_same(known.uids, ids.uids) && is_same(known.gids, ids.gids)) return fd.get();
    RT_TRY_ASSIGN(UniqueFd fd, make_user_namespace(ids));
    made_.emplace_back(std::move(ids), std::move(fd));
    return made_.back().second.get();
}

std::pair<std::uint32_t, std::uint32_t> IdMappings::root(const MountIds& own) const {
    const MountIds ids = or_containers(own);
    return {host_id(ids.uids, 0), host_id(ids.gids, 0)};
}

bool IdMappings::in_user_namespace() const {
    return config_.has_new(CLONE_NEWUSER);
}

Result<void> map_ids(int mount, int mapping, bool recursive, const std::string& what) {
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<std::uint64_t>(mapping);
    const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    if (::mount_setattr(mount, "", flags, &attributes, sizeof attributes) == 0) return {};
    if (errno == EINVAL || errno == EOPNOTSUPP)
        return fail(Code::unsupported, "map the ids of '", what,
                    "': its file system cannot be mounted so on this kernel; ext4, xfs and btrfs can");
    return fail_errno(errno, "map the ids of '", what, "'");
}

Result<UniqueFd> make_mapped_overlay(const MappedOverlay& overlay) {
    const std::vector<std::string> directories = directories_of(overlay.options);
    if (directories.empty())
        return fail(Code::invalid_argument, "map the ids of an overlay: it names no layers");
    const fs::path common = common_directory(directories);
    RT_TRY(check_on_one_mount(directories, common));
    MountOptions plain;
    RT_TRY_ASSIGN(const UniqueFd copy, clone_mount(AT_FDCWD, common.native(), plain));
    RT_TRY(map_ids(copy.get(), overlay.mapping, false, common.native()));
    // Laid over itself where nobody else sees it, so that the names of the layers stay.
    RT_TRY_ASSIGN(const PrivateMounts here, PrivateMounts::enter());
    const UniqueFd place(::open(common.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place) return fail_errno(errno, "open '", common.native(), "'");
    RT_TRY(attach_mount(copy.get(), place.get(), common.native()));
    // What overlayfs makes in its work directory has to have an owner there.
    RT_TRY_ASSIGN(const FilesOwnedBy owner, FilesOwnedBy::become(overlay.root));
    auto made = make_mount(overlay.mount.type, overlay.mount.source, overlay.options);
    if (made && !*made)
        return fail(Code::unsupported, "map the ids of an overlay: its options are too long for the kernel; "
                                       "use Linux 6.5 or newer, or the storage driver 'vfs'");
    if (!made && made.error().sys_errno == EINVAL)
        return fail(Code::unsupported, made.error().message,
                    " (layers with mapped ids need Linux 5.19, and a file system that can have them)");
    return made;
}

} // namespace rt::namespaces
