// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_spec.hpp"

#include "core/volume/volume_options.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace rt {
namespace {

constexpr std::size_t kMostMounts = 1024;

template <class... Parts>
std::unexpected<Error> refuse(const MountSpec& mount, const Parts&... why) {
    return fail(Code::invalid_argument, "mount ", show(mount), ": ", why...);
}

Result<void> validate_bind(const MountSpec& mount) {
    if (!mount.source.starts_with('/'))
        return refuse(mount, "'", mount.source, "' is not an absolute path of the host");
    constexpr std::array<std::string_view, 7> kKnown{"",        "private", "rprivate", "shared",
                                                     "rshared", "slave",   "rslave"};
    if (std::ranges::find(kKnown, mount.propagation) == kKnown.end())
        return refuse(mount, "propagation '", mount.propagation,
                      "' is not one of private, rprivate, shared, rshared, slave, rslave");
    if (mount.sub_mounts == SubMounts::writable && !mount.read_only)
        return refuse(mount,
                      "what is mounted below it is writable anyway, since the mount is: say read-only");
    return {};
}

// Below the volume, and not out of it by "..".
Result<void> validate_subpath(const MountSpec& mount) {
    const std::filesystem::path path = mount.subpath;
    if (path.is_absolute() || std::ranges::find(path, "..") != path.end())
        return refuse(mount, "the subpath '", mount.subpath, "' is not a path within the volume");
    return {};
}

Result<void> validate_volume(const MountSpec& mount) {
    const auto checked = [&]() -> Result<void> {
        if (!mount.source.empty()) RT_TRY(check_volume_name(mount.source));
        RT_TRY(check_volume_driver(mount.driver));
        return check_local_options(mount.driver_options);
    }();
    if (!checked) return in_context(checked.error(), "mount ", show(mount));
    if (mount.source.empty() && !mount.subpath.empty())
        return refuse(mount, "must not set Subpath when using anonymous volumes");
    return validate_subpath(mount);
}

// Options of mount(8), one word each: no comma smuggles in another.
Result<void> validate_tmpfs(const MountSpec& mount) {
    if (!mount.source.empty()) return refuse(mount, "a tmpfs has no source");
    for (const std::string& option : mount.tmpfs_options)
        if (option.empty() || option.find_first_of(", \n") != std::string::npos)
            return refuse(mount, "'", option, "' is not an option of a tmpfs");
    return {};
}

bool only_binds_have(const MountSpec& mount) {
    return !mount.propagation.empty() || mount.sub_mounts != SubMounts::read_only_too || mount.create_source;
}
bool only_volumes_have(const MountSpec& mount) {
    return mount.no_copy || !mount.subpath.empty() || !mount.driver.empty() ||
           !mount.driver_options.empty() || !mount.labels.empty();
}

Result<void> validate_mount(const MountSpec& mount) {
    if (mount.source.size() > 4095 || mount.target.size() > 4095)
        return fail(Code::invalid_argument, "a mount has a path of more than 4095 bytes");
    for (const std::string* path : {&mount.source, &mount.target})
        if (path->find('\0') != std::string::npos) return refuse(mount, "a path has a zero byte in it");
    if (!mount.target.starts_with('/'))
        return refuse(mount, "'", mount.target, "' is not an absolute path in the container");
    if (normal_path(mount.target) == "/")
        return refuse(mount, "the root of a container cannot be mounted over");
    if (mount.type != MountType::bind && only_binds_have(mount))
        return refuse(mount, "it has options that only a bind mount has");
    if (mount.type != MountType::volume && only_volumes_have(mount))
        return refuse(mount, "it has options that only a volume has");
    if (mount.type != MountType::tmpfs && !mount.tmpfs_options.empty())
        return refuse(mount, "it has options that only a tmpfs has");
    if (mount.type == MountType::bind) return validate_bind(mount);
    return mount.type == MountType::volume ? validate_volume(mount) : validate_tmpfs(mount);
}

} // namespace

std::string show(const MountSpec& mount) {
    if (mount.type == MountType::tmpfs) return cat("'tmpfs:", mount.target, "'");
    return mount.source.empty() ? cat("'", mount.target, "'")
                                : cat("'", mount.source, ":", mount.target, "'");
}

std::string mode_words(const MountSpec& mount) {
    std::string words;
    const auto add = [&](std::string_view word) {
        if (!word.empty()) words += cat(words.empty() ? "" : ",", word);
    };
    if (mount.read_only) add("ro");
    add(mount.selinux_relabel);
    add(mount.propagation);
    if (mount.type == MountType::volume && mount.no_copy) add("nocopy");
    return words;
}

// As docker on Linux, which has "z" as the mode of a volume of its own driver where nothing else is said.
std::string mode_of(const MountSpec& mount) {
    if (mount.type == MountType::tmpfs || mount.anonymous) return {};
    if (mount.type == MountType::bind && mount.long_form) return {}; // --mount has no such words
    std::string words = mode_words(mount);
    return words.empty() && mount.type == MountType::volume ? "z" : words;
}

bool is_only_a_place(const MountSpec& mount) {
    const MountSpec place{.type = MountType::volume, .target = mount.target};
    return mount == place;
}

std::string normal_path(const std::string& path) {
    // The library leaves several slashes at the beginning as they are.
    const std::size_t first = std::min(path.find_first_not_of('/'), path.size());
    std::string normal = std::filesystem::path(path.substr(first > 1 ? first - 1 : 0)).lexically_normal();
    if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    return normal;
}

Result<void> validate_mounts(const std::vector<MountSpec>& mounts) {
    if (mounts.size() > kMostMounts)
        return fail(Code::invalid_argument, mounts.size(), " mounts are more than ", kMostMounts);
    std::set<std::string> targets;
    for (const MountSpec& mount : mounts) {
        RT_TRY(validate_mount(mount));
        const std::string target = normal_path(mount.target);
        if (!is_only_a_place(mount) && !targets.insert(target).second)
            return refuse(mount, "'", target, "' is mounted twice");
    }
    return {};
}

} // namespace rt
