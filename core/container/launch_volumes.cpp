// SPDX-License-Identifier: Apache-2.0
// The volumes of a container on their way into it. Nothing here costs a container that has none.
#include "core/container/launch.hpp"

#include "core/base/rooted_path.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/image/image_module.hpp"
#include "core/image/snapshot_view.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>

namespace rt {

Result<void> Launch::plan_volumes() {
    if (!has_volumes(spec_, plan_->volumes)) return {};
    RT_TRY_ASSIGN(spec_.mounts, resolve_mounts(*state_, spec_, plan_->volumes));
    RT_TRY(validate_mounts(spec_.mounts));
    record_.mounts = mounts_to_text(spec_.mounts);
    return ContainerVolumes(engine_, *state_, record_.id).make_way(spec_.mounts);
}

Result<void> Launch::record_volumes() {
    if (record_.mounts.empty()) return {};
    return ContainerVolumes(engine_, *state_, record_.id).record(spec_.mounts);
}

// The image's own files: the container's layer on top of them is still empty when volumes are filled.
Result<int> Launch::image_root() {
    if (parents_.empty()) return -1;
    if (!image_root_) {
        const std::vector<std::string> below(parents_.begin() + 1, parents_.end());
        RT_TRY_ASSIGN(const auto mounts,
                      storage_->mounts(operation_, parents_.front(), below, MountMode::read_only));
        RT_TRY_ASSIGN(image_root_, open_snapshot(mounts, record_.image_name));
    }
    return image_root_.get();
}

Result<void> Launch::open_volumes(ContainerVolumes::Moment moment) {
    if (record_.mounts.empty()) return {};
    begun_ = true;
    ContainerVolumes volumes(engine_, *state_, record_.id);
    const Cancellation cancellation{&operation_};
    const ContainerVolumes::Source source{[this] { return image_root(); },
                                          [&cancellation] { return cancellation.check(); }};
    volumes_.clear();
    for (MountSpec& mount : spec_.mounts) {
        if (mount.type != MountType::volume) continue;
        RT_TRY_ASSIGN(OpenVolume opened, volumes.open(mount, moment, source));
        volumes_.emplace_back(mount, std::move(opened));
    }
    image_root_.reset();
    timer_.mark("volumes");
    return {};
}

// A subpath by its name: a descriptor of ours is of no use in the container's mount namespace. That the name
// led to the same place when it was mounted is checked afterwards.
Result<std::vector<MountSpec>> Launch::mounts_on_host() const {
    std::vector<MountSpec> mounts = spec_.mounts;
    auto next = volumes_.begin();
    for (MountSpec& mount : mounts) {
        if (mount.type != MountType::volume || next == volumes_.end()) continue;
        const OpenVolume& opened = (next++)->second;
        mount.source = opened.path;
        if (!opened.subpath) continue;
        std::array<char, PATH_MAX> name{};
        if (::readlink(opened.path.c_str(), name.data(), name.size() - 1) < 0)
            return fail_errno(errno, "find the name of the subpath '", mount.subpath, "'");
        mount.source = name.data();
    }
    return mounts;
}

// Before its program runs: another container that has the volume may have put a link in the way meanwhile.
Result<void> Launch::check_subpaths() const {
    for (const auto& [mount, opened] : volumes_) {
        if (!opened.subpath) continue;
        RT_TRY_ASSIGN(const UniqueFd root,
                      open_file(cat("/proc/", created_.pid, "/root"), O_PATH | O_DIRECTORY));
        RT_TRY_ASSIGN(const UniqueFd there, open_in_root(root.get(), mount.target, O_PATH));
        struct stat wanted{};
        struct stat mounted{};
        if (::fstat(opened.subpath.get(), &wanted) != 0 || ::fstat(there.get(), &mounted) != 0)
            return fail_errno(errno, "mount ", show(mount), ": stat the subpath");
        if (wanted.st_dev != mounted.st_dev || wanted.st_ino != mounted.st_ino)
            return fail(Code::failed_precondition, "mount ", show(mount), ": the subpath '", mount.subpath,
                        "' was replaced while it was mounted: try again");
    }
    return {};
}

Result<void> Launch::note_volumes_mounted() {
    if (volumes_.empty()) return {};
    ContainerVolumes volumes(engine_, *state_, record_.id);
    for (const auto& [mount, opened] : volumes_) RT_TRY(volumes.note_mounted(opened.volume, mount));
    return {};
}

} // namespace rt
