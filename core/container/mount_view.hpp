// SPDX-License-Identifier: Apache-2.0
// The files of a container that does not run, with what is mounted in it: a mount namespace that nobody is in
// and that only a descriptor keeps alive. The kernel undoes it when that is closed, also after kill -9.
#pragma once

#include "core/base/error.hpp"
#include "core/interfaces/driver.hpp"

#include <string>
#include <vector>

namespace rt {

enum class Writable { no, yes };

struct BoundDirectory {
    std::string source; // of the host
    std::string target; // in the container
    Writable access = Writable::yes;
};

struct MountView {
    UniqueFd root;
    UniqueFd name_space; // keeps the mounts
};

struct MountViewRequest {
    std::string id;                // for errors
    std::vector<Mount> snapshot;   // as the storage driver gave them
    Writable root = Writable::yes; // no: the snapshot cannot be written to
    std::vector<BoundDirectory> binds;
    std::string place; // any directory of the host: it is covered inside the view only
};
Result<MountView> open_mount_view(MountViewRequest request);

} // namespace rt
