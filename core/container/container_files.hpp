// SPDX-License-Identifier: Apache-2.0
// The files of one container, whether it runs or not: what `cp`, `export`, `diff` and docker's archive
// endpoints work on. No path leads out of the container's root, whatever it does with its links meanwhile,
// and no code of the container is ever run or loaded (CVE-2018-15664, CVE-2019-14271). While one of these
// lives the container is neither started nor cleaned up after: who wants that waits. One thread.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/container/engine.hpp"
#include "core/container/mount_view.hpp"
#include "core/image/tree_archive.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

struct PathStat {
    std::string name;
    std::int64_t size = 0;
    mode_t mode = 0;              // with the kind of file, as stat(2) has it
    std::int64_t modified_at = 0; // ns
    std::string link_target;      // of a symbolic link
};

// Of one path in a tree; the last part is not followed unless it ends in "/". not_found names the path.
Result<PathStat> stat_path(int root, const std::string& path, LastLink link);

class ContainerFiles {
public:
    // not_found: no such container; unavailable: it is being started or cleaned up for too long.
    static Result<ContainerFiles> open(Engine& engine, const std::string& reference, Writable access);

    [[nodiscard]] int root() const { return view_.root.get(); } // borrowed
    [[nodiscard]] const Container& container() const { return container_; }
    // Of what is seen below root(): a container that runs with ids of its own has them there.
    [[nodiscard]] const ShiftedIds& ids() const { return ids_; }

private:
    ContainerFiles(Container container, LockFile lock, MountView view, ShiftedIds ids)
        : container_(std::move(container)), lock_(std::move(lock)), view_(std::move(view)), ids_(ids) {}

    Container container_;
    LockFile lock_;
    MountView view_;
    ShiftedIds ids_;
};

// Its own layer on top of its image's, without anything that is mounted in it; read-only.
Result<UniqueFd> open_container_layers(Engine& engine, const Container& container);
// Those of its image alone; an empty descriptor where the image has none.
Result<UniqueFd> open_image_layers(Engine& engine, const Container& container);

} // namespace rt
