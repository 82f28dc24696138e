// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_volumes.hpp"

#include "core/base/clock.hpp"
#include "core/base/rooted_path.hpp"
#include "core/volume/copy_up.hpp"
#include "core/volume/volume_mount.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY;

bool is_volume(const MountSpec& mount) {
    return mount.type == MountType::volume;
}

// What the image has where the volume is to be; an empty descriptor where it has nothing. Links of the image
// lead no further than its own root.
Result<UniqueFd> image_directory(const MountSpec& mount, const ContainerVolumes::Source& source) {
    RT_TRY_ASSIGN(const int image, source.image());
    if (image < 0) return UniqueFd();
    auto found = open_in_root(image, mount.target, kDirectory);
    if (!found && found.error().sys_errno == ENOENT) return UniqueFd();
    if (!found && found.error().sys_errno == ENOTDIR)
        return fail(Code::failed_precondition, "the image has a file at '", mount.target,
                    "': a volume is a directory");
    return found;
}

Result<void> fill(const MountSpec& mount, const CopyUp& place, const ContainerVolumes::Source& source) {
    RT_TRY_ASSIGN(const UniqueFd from, image_directory(mount, source));
    if (!from) return {};
    return copy_up(from.get(), place, source.go_on);
}

} // namespace

Result<void> ContainerVolumes::make_way(const std::vector<MountSpec>& mounts) {
    for (const MountSpec& mount : mounts)
        if (is_volume(mount) && !mount.anonymous) RT_TRY(service_.finish_removal(mount.source));
    return {};
}

Result<void> ContainerVolumes::record(const std::vector<MountSpec>& mounts) {
    for (const MountSpec& mount : mounts) {
        if (!is_volume(mount)) continue;
        const std::string driver = mount.driver.empty() ? std::string(kLocalVolumeDriver) : mount.driver;
        RT_TRY(service_.add_missing(
            {mount.source, driver, mount.driver_options, mount.labels, false, now_ns()}));
        RT_TRY(state_.volumes.add_use({id_, mount.source, mount.anonymous, false}));
    }
    return {};
}

Result<Volume> ContainerVolumes::volume_of(const MountSpec& mount) {
    return service_.find(mount.source);
}

// Under the volume's lock; its data directory shows what it is to show.
Result<void> ContainerVolumes::prepare(const MountSpec& mount, const Volume& volume, bool fills,
                                       const Source& source, OpenVolume& opened) {
    const Path data = service_.data(volume.name);
    RT_TRY_ASSIGN(const UniqueFd root, open_file(data, kDirectory));
    // Nobody sees what is beside the data directory; of what is mounted there is nothing beside.
    UniqueFd beside;
    if (!needs_mount(volume)) {
        RT_TRY_ASSIGN(beside, open_file(service_.directory(volume.name), kDirectory));
    }
    const CopyUp whole{root.get(), beside ? beside.get() : root.get()};
    RT_TRY_ASSIGN(const bool empty, finish_copy_up(whole));
    if (mount.subpath.empty()) {
        opened.path = data.native();
        return fills && empty ? fill(mount, whole, source) : Result<void>();
    }
    auto part = open_beneath(root.get(), mount.subpath, O_PATH);
    if (!part)
        return in_context(std::move(part).error(), "the subpath '", mount.subpath, "' of volume '",
                          volume.name, "'");
    opened.subpath = std::move(*part);
    // Its name could lead somewhere else at any time; the descriptor cannot.
    opened.path = cat("/proc/", ::getpid(), "/fd/", opened.subpath.get());
    struct stat status{};
    if (!fills || ::fstat(opened.subpath.get(), &status) != 0 || !S_ISDIR(status.st_mode)) return {};
    const UniqueFd directory(::openat(opened.subpath.get(), ".", kDirectory | O_CLOEXEC));
    if (!directory) return fail_errno(errno, "open the subpath '", mount.subpath, "'");
    const CopyUp place{directory.get(), directory.get()};
    RT_TRY_ASSIGN(const bool part_empty, finish_copy_up(place));
    return part_empty ? fill(mount, place, source) : Result<void>();
}

Result<OpenVolume> ContainerVolumes::open(const MountSpec& mount, Moment moment, const Source& source) {
    OpenVolume opened;
    RT_TRY_ASSIGN(opened.volume, volume_of(mount));
    const Volume& volume = opened.volume;
    const bool on_host = needs_mount(volume);
    bool fills = !mount.no_copy && (moment == Moment::run || forgets(volume) == (moment == Moment::started));
    // What only a start mounts is looked at there.
    if (moment == Moment::created && on_host && !fills) return opened;
    RT_TRY_ASSIGN(const LockFile held, service_.lock(volume.name, {source.go_on, {}}));
    RT_TRY(service_.make_files(volume.name));
    const VolumeUse use{id_, volume.name, mount.anonymous, on_host};
    if (on_host) {
        RT_TRY(state_.volumes.set_mounted(use, true));
        RT_TRY_ASSIGN(const bool fresh, mount_volume(volume, service_.data(volume.name)));
        fills = fills && (fresh || moment != Moment::started);
    }
    auto prepared = prepare(mount, volume, fills, source, opened);
    if (!prepared) return in_context(std::move(prepared).error(), "mount ", show(mount));
    if (moment == Moment::created && on_host) RT_TRY(unmount(use));
    return opened;
}

Result<OpenVolume> ContainerVolumes::look(const MountSpec& mount) {
    OpenVolume opened;
    RT_TRY_ASSIGN(opened.volume, volume_of(mount));
    const Volume& volume = opened.volume;
    RT_TRY_ASSIGN(const LockFile held, service_.lock(volume.name));
    RT_TRY(service_.make_files(volume.name));
    RT_TRY_ASSIGN(const bool mounted, is_mount_point(service_.data(volume.name)));
    if (needs_mount(volume) && !mounted) return opened;
    const Source nothing{[] { return -1; }, [] { return Result<void>(); }};
    if (auto prepared = prepare(mount, volume, false, nothing, opened); !prepared)
        return in_context(std::move(prepared).error(), "mount ", show(mount));
    return opened;
}

Result<void> ContainerVolumes::note_mounted(const Volume& volume, const MountSpec& mount) {
    return service_.note_event(volume, "mount",
                               {{"container", id_},
                                {"destination", mount.target},
                                {"propagation", ""},
                                {"read/write", mount.read_only ? "false" : "true"}});
}

// The caller holds the volume's lock.
Result<void> ContainerVolumes::unmount(const VolumeUse& use) {
    RT_TRY_ASSIGN(const bool wanted, state_.volumes.is_mounted_for_another(use));
    if (!wanted) RT_TRY(unmount_volume(service_.data(use.volume)));
    return state_.volumes.set_mounted(use, false);
}

Result<void> ContainerVolumes::close() {
    RT_TRY_ASSIGN(const auto uses, state_.volumes.uses_of(id_));
    for (const VolumeUse& use : uses) {
        if (!use.mounted) continue;
        RT_TRY_ASSIGN(const LockFile held, service_.lock(use.volume));
        RT_TRY(unmount(use));
    }
    return {};
}

Result<void> ContainerVolumes::note_unmounted(const std::vector<MountSpec>& mounts) {
    for (const MountSpec& mount : mounts) {
        if (!is_volume(mount)) continue;
        const auto volume = volume_of(mount);
        if (!volume && volume.error().code == Code::not_found)
            continue; // nothing is left that it could be of
        RT_TRY(volume);
        RT_TRY(service_.note_event(*volume, "unmount", {{"container", id_}}));
    }
    return {};
}

Result<void> ContainerVolumes::keep_anonymous() {
    return state_.volumes.keep_anonymous(id_);
}

Result<std::vector<std::string>> ContainerVolumes::release() {
    RT_TRY_ASSIGN(const auto uses, state_.volumes.uses_of(id_));
    RT_TRY(state_.volumes.remove_uses_of(id_));
    std::vector<std::string> going;
    for (const VolumeUse& use : uses) {
        if (!use.anonymous) continue;
        RT_TRY_ASSIGN(const bool begun, state_.volumes.begin_removal(use.volume));
        if (begun) going.push_back(use.volume);
    }
    return going;
}

Result<void> ContainerVolumes::remove_released(const std::vector<std::string>& names) {
    for (const std::string& name : names) RT_TRY(service_.finish_removal(name));
    return {};
}

} // namespace rt
