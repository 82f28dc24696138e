// SPDX-License-Identifier: Apache-2.0
// The volumes of one container from its record to its end; a container that has none never gets here. The
// caller holds the container's lock. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/mount_spec.hpp"
#include "core/volume/volume_service.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rt {

// A volume as it is mounted in a container: a path of the host that shows its content, or its subpath's.
struct OpenVolume {
    Volume volume;
    std::string path;
    UniqueFd subpath; // what path leads to is this, as long as it is open
};

class ContainerVolumes {
public:
    ContainerVolumes(Engine& engine, Engine::State& state, std::string container_id)
        : state_(state), service_(engine.wiring(), state.database), id_(std::move(container_id)) {}

    // Ends removals of volumes of these names: before record(), outside of a transaction.
    Result<void> make_way(const std::vector<MountSpec>& mounts);
    // In the transaction that adds the container: its volumes, where they are missing, and that it has them.
    Result<void> record(const std::vector<MountSpec>& mounts);

    enum class Moment {
        created, // filled; what is on the disk stays unmounted until a start
        run,     // filled and mounted: created and started in one
        started  // mounted; a volume that forgets is filled again
    };
    struct Source {
        std::function<Result<int>()> image;  // root of the image's files, borrowed; -1: it has none
        std::function<Result<void>()> go_on; // its failure ends a copy, or the wait for another's
    };
    Result<OpenVolume> open(const MountSpec& mount, Moment moment, const Source& source);
    // As it is right now, for a container that does not run; an empty path: it is not mounted.
    Result<OpenVolume> look(const MountSpec& mount);
    // mount, with docker's attributes; inside a transaction.
    Result<void> note_mounted(const Volume& volume, const MountSpec& mount);

    // After it has ended, or has not come to be: what was mounted on the host for it goes, unless others run
    // with it. Repeatable.
    Result<void> close();
    Result<void> note_unmounted(const std::vector<MountSpec>& mounts); // as often; inside a transaction

    // For rm without -v: the anonymous ones stay. Inside a transaction.
    Result<void> keep_anonymous();
    // Inside the transaction that removes the container. Answers the volumes that go with it, to be given to
    // remove_released() afterwards.
    Result<std::vector<std::string>> release();
    Result<void> remove_released(const std::vector<std::string>& names);

private:
    Result<Volume> volume_of(const MountSpec& mount);
    Result<void> prepare(const MountSpec& mount, const Volume& volume, bool fills, const Source& source,
                         OpenVolume& opened);
    Result<void> unmount(const VolumeUse& use);

    Engine::State& state_;
    VolumeService service_;
    std::string id_;
};

} // namespace rt
