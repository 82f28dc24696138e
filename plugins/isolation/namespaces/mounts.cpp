// SPDX-License-Identifier: Apache-2.0
#include "mounts.hpp"

#include "mount_api.hpp"
#include "safe_path.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace rt::namespaces {
namespace {

bool is_bind(const sdk::Mount& mount, const MountOptions& options) {
    return options.bind || mount.type == "bind";
}

bool is_directory(int fd) {
    struct stat info{};
    return ::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

// proc and sysfs give the container its view of the kernel: a link in the image must not send them elsewhere,
// or what is masked below would be something else than what is used.
Result<UniqueFd> open_target(int root, const sdk::Mount& mount, int source) {
    if (mount.type == "proc" || mount.type == "sysfs") {
        RT_TRY_ASSIGN(const UniqueFd made, make_directory_in_root(root, mount.target));
        return open_in_root_without_links(root, mount.target, O_PATH | O_DIRECTORY);
    }
    if (source >= 0 && !is_directory(source)) return make_file_in_root(root, mount.target);
    return make_directory_in_root(root, mount.target);
}

Result<UniqueFd> make_source(const sdk::Mount& mount, const MountOptions& options) {
    if (!is_bind(mount, options)) return make_mount(mount.type, mount.source, options);
    if (!options.data.empty())
        return fail(Code::invalid_argument, "the bind mount on '", mount.target, "' has the option '",
                    options.data.front().first, "', which bind mounts do not know");
    RT_TRY_ASSIGN(UniqueFd source, clone_mount(AT_FDCWD, mount.source, options));
    RT_TRY(change_mount(source.get(), options, mount.target));
    return source;
}

MountOptions read_only_options(const MountOptions& options) {
    MountOptions out = options;
    out.data.clear();
    out.bind = true;
    return out;
}

// v1 and hybrid: a tmpfs with one directory for each hierarchy. What is bound is the container's own cgroup,
// so the file release_agent, which exists in a hierarchy's root only, cannot be reached (CVE-2022-0492).
Result<void> mount_v1_cgroups(int target, const MountOptions& options,
                              const std::vector<Cgroup::Directory>& cgroups) {
    MountOptions writable;
    writable.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    writable.data = {{"mode", "755"}, {"size", "64k"}};
    RT_TRY_ASSIGN(const UniqueFd tmpfs, make_mount("tmpfs", "cgroup", writable));
    RT_TRY(attach_mount(tmpfs.get(), target, "cgroup"));
    const MountOptions bound = read_only_options(options);
    for (const auto& [hierarchy, path] : cgroups) {
        const auto name = hierarchy->directory_name();
        RT_TRY_ASSIGN(const UniqueFd place, make_directory_in_root(tmpfs.get(), name));
        RT_TRY_ASSIGN(const UniqueFd source, clone_mount(AT_FDCWD, path, bound));
        RT_TRY(change_mount(source.get(), bound, path));
        RT_TRY(attach_mount(source.get(), place.get(), path));
        if (hierarchy->controllers.size() < 2) continue;
        for (const auto& controller : hierarchy->controllers)
            if (::symlinkat(name.c_str(), tmpfs.get(), controller.c_str()) < 0)
                return fail_errno(errno, "make the link '", controller, "' below '/sys/fs/cgroup'");
    }
    MountOptions final_options;
    final_options.set = options.set & MOUNT_ATTR_RDONLY;
    return change_mount(tmpfs.get(), final_options, "cgroup");
}

Result<void> mount_cgroups(int root, const sdk::Mount& mount, const MountOptions& options,
                           const std::vector<Cgroup::Directory>& cgroups) {
    if (cgroups.empty()) return fail(Code::internal, "there is no cgroup to show at '", mount.target, "'");
    RT_TRY_ASSIGN(const UniqueFd target, make_directory_in_root(root, mount.target));
    const bool pure_v2 = cgroups.size() == 1 && cgroups.front().hierarchy->v2;
    if (!pure_v2) return mount_v1_cgroups(target.get(), options, cgroups);
    const MountOptions bound = read_only_options(options);
    RT_TRY_ASSIGN(const UniqueFd source, clone_mount(AT_FDCWD, cgroups.front().path, bound));
    RT_TRY(change_mount(source.get(), bound, mount.target));
    return attach_mount(source.get(), target.get(), mount.target);
}

bool is_proc(int fd) {
    struct statfs info{};
    return ::fstatfs(fd, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

// What hides parts of /proc would give programs, and our own security settings, other files than they ask
// for. The exceptions are those that the field makes: files that tell about the host, which lxcfs and the
// like replace.
Result<void> check_proc(const sdk::Mount& mount, int target, int source) {
    static constexpr std::array<std::string_view, 11> kMayBeHidden{"/proc/cpuinfo",
                                                                   "/proc/diskstats",
                                                                   "/proc/meminfo",
                                                                   "/proc/stat",
                                                                   "/proc/swaps",
                                                                   "/proc/uptime",
                                                                   "/proc/loadavg",
                                                                   "/proc/slabinfo",
                                                                   "/proc/net/dev",
                                                                   "/proc/sys/kernel/ns_last_pid",
                                                                   "/proc/sys/crypto/fips_enabled"};
    if (mount.type == "proc") return {};
    std::string path = std::filesystem::path("/" + mount.target).lexically_normal().native();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path.starts_with("//")) path.erase(0, 1);
    if (path == "/proc" && !(source >= 0 && is_proc(source)))
        return fail(Code::invalid_argument, "mount on '", mount.target,
                    "': only a proc file system can be there; choose another place in the container");
    const bool inside = path != "/proc" && is_proc(target);
    if (inside && std::ranges::find(kMayBeHidden, path) == kMayBeHidden.end())
        return fail(
            Code::invalid_argument, "mount on '", mount.target,
            "': it is inside /proc, of which nothing may be hidden; choose another place in the container");
    return {};
}

Result<UniqueFd> open_null_device() {
    UniqueFd fd(::open("/dev/null", O_PATH | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open the host's '/dev/null'");
    struct stat info{};
    if (::fstat(fd.get(), &info) < 0) return fail_errno(errno, "look at the host's '/dev/null'");
    if (!S_ISCHR(info.st_mode) || info.st_rdev != ::makedev(1, 3))
        return fail(Code::failed_precondition, "the host's '/dev/null' is not the null device");
    return fd;
}

struct ToPrepare {
    const sdk::Mount& mount;
    const MountOptions& options;
    const MountIds& ids;
};

// A copy of a mount of the host must not pass on what is mounted in a user namespace.
Result<void> cut_off(int mount, const ToPrepare& what) {
    if (what.options.propagation == MS_SHARED)
        return fail(Code::unsupported, "the bind mount on '", what.mount.target,
                    "' is to be shared with the host, which a container with a user namespace cannot have; "
                    "use private or slave");
    if (what.options.propagation != 0) return {};
    MountOptions slave;
    slave.propagation = MS_SLAVE;
    slave.propagation_recursive = true;
    return change_mount(mount, slave, what.mount.target);
}

Result<UniqueFd> prepare_one(const ToPrepare& what, IdMappings& mappings) {
    const auto& [mount, options, ids] = what;
    const bool bind = is_bind(mount, options);
    // Everything else (proc, sysfs, mqueue, ...) shows the namespaces of the process that mounts it.
    const bool by_host = options.idmap || (mappings.in_user_namespace() && (bind || mount.type == "overlay"));
    if (!by_host) return UniqueFd();
    if (options.idmap && !bind && mount.type != "overlay")
        return fail(Code::unsupported, "the ids of a mount of the type '", mount.type, "' cannot be mapped");
    int mapping = -1;
    if (options.idmap) {
        RT_TRY_ASSIGN(mapping, mappings.find(ids, mount.target));
        if (!bind) return make_mapped_overlay({mount, options, mapping, mappings.root(ids)});
    }
    RT_TRY_ASSIGN(UniqueFd source, make_source(mount, options));
    if (options.idmap) RT_TRY(map_ids(source.get(), mapping, options.idmap_recursive, mount.source));
    if (bind && mappings.in_user_namespace()) RT_TRY(cut_off(source.get(), what));
    return source;
}

} // namespace

bool binds_dev(const std::vector<sdk::Mount>& mounts) {
    return std::ranges::any_of(mounts, [](const sdk::Mount& mount) {
        const auto target = std::filesystem::path("/" + mount.target + "/.").lexically_normal();
        const bool bind = mount.type == "bind" || std::ranges::count(mount.options, "bind") > 0 ||
                          std::ranges::count(mount.options, "rbind") > 0;
        return bind && (target == "/dev/" || target == "//dev/");
    });
}

bool maps_ids(const std::vector<sdk::Mount>& mounts) {
    return std::ranges::any_of(mounts, [](const sdk::Mount& mount) {
        return std::ranges::any_of(
            mount.options, [](const std::string& option) { return option == "idmap" || option == "ridmap"; });
    });
}

Result<PreparedMounts> prepare_mounts(const std::vector<sdk::Mount>& mounts, const std::vector<MountIds>& ids,
                                      IdMappings& mappings) {
    static const MountIds kContainers;
    PreparedMounts out(mounts.size());
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        RT_TRY_ASSIGN(const MountOptions options, parse_mount_options(mounts[i].options));
        auto made = prepare_one({mounts[i], options, i < ids.size() ? ids[i] : kContainers}, mappings);
        if (!made) return in_context(made.error(), "mount on '", mounts[i].target, "'");
        out[i] = std::move(*made);
    }
    return out;
}

Result<void> mount_one(int root, const sdk::Mount& mount, UniqueFd prepared,
                       const std::vector<Cgroup::Directory>& cgroups) {
    auto options = parse_mount_options(mount.options);
    if (!options) return in_context(options.error(), "mount on '", mount.target, "'");
    if (mount.type == "cgroup" || mount.type == "cgroup2")
        return mount_cgroups(root, mount, *options, cgroups);
    if (!prepared) {
        auto made = make_source(mount, *options);
        if (!made) return in_context(made.error(), "mount on '", mount.target, "'");
        prepared = std::move(*made);
    }
    auto target = open_target(root, mount, is_bind(mount, *options) ? prepared.get() : -1);
    if (!target) return in_context(target.error(), "mount on '", mount.target, "'");
    RT_TRY(check_proc(mount, target->get(), is_bind(mount, *options) ? prepared.get() : -1));
    if (!prepared) return mount_at(mount.type, mount.source, *options, target->get());
    RT_TRY(attach_mount(prepared.get(), target->get(), mount.target));
    if (is_bind(mount, *options)) return {};
    MountOptions propagation;
    propagation.propagation = options->propagation;
    propagation.propagation_recursive = options->propagation_recursive;
    return change_mount(prepared.get(), propagation, mount.target);
}

Result<void> PathMasker::cover(int target, int source, bool recursive, const std::string& path) {
    MountOptions options;
    options.bind_recursive = recursive;
    (recursive ? options.recursive_set : options.set) = MOUNT_ATTR_RDONLY;
    RT_TRY_ASSIGN(const UniqueFd mount, clone_mount(source, "", options));
    RT_TRY(change_mount(mount.get(), options, path));
    return attach_mount(mount.get(), target, path);
}

Result<void> PathMasker::mask(const std::string& path) {
    auto target = open_in_root(root_, path, O_PATH);
    if (!target) {
        if (target.error().sys_errno == ENOENT || target.error().sys_errno == ENOTDIR) return {};
        return in_context(target.error(), "mask '", path, "'");
    }
    if (!is_directory(target->get())) {
        if (!null_) {
            RT_TRY_ASSIGN(null_, open_null_device());
        }
        return cover(target->get(), null_.get(), false, path);
    }
    if (!empty_) {
        MountOptions options;
        options.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        options.data = {{"mode", "755"}, {"nr_inodes", "1"}};
        RT_TRY_ASSIGN(empty_, make_mount("tmpfs", "tmpfs", options));
        return attach_mount(empty_.get(), target->get(), path);
    }
    return cover(target->get(), empty_.get(), false, path);
}

Result<void> PathMasker::make_read_only(const std::string& path) {
    auto target = open_in_root(root_, path, O_PATH);
    if (!target) {
        if (target.error().sys_errno == ENOENT || target.error().sys_errno == ENOTDIR) return {};
        return in_context(target.error(), "make '", path, "' read-only");
    }
    RT_TRY(cover(target->get(), target->get(), true, path));
    RT_TRY_ASSIGN(const UniqueFd after, open_in_root(root_, path, O_PATH));
    struct statvfs info{};
    if (::fstatvfs(after.get(), &info) < 0) return fail_errno(errno, "check that '", path, "' is read-only");
    if ((info.f_flag & ST_RDONLY) == 0)
        return fail(Code::internal, "make '", path, "' read-only: it was replaced in the same moment");
    return {};
}

} // namespace rt::namespaces
