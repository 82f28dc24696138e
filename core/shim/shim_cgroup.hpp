// SPDX-License-Identifier: Apache-2.0
// Where shims are born on a host with systemd. There a cgroup says to which unit a process belongs, and a
// process that stays in the service or session that ran rtctl is killed with it.
#pragma once

#include "core/base/file.hpp"

namespace rt {

// The directory PARENT/shims of the cgroup hierarchy of version 2; made where it is missing, and kept. mounts
// and systemd: where the hierarchies are, and what is only there when systemd runs. Empty without systemd,
// without that hierarchy, or where the cgroup cannot be made: the shim is then born in our own.
UniqueFd shim_cgroup(const Path& parent, const Path& mounts = "/sys/fs/cgroup",
                     const Path& systemd = "/run/systemd/system");

} // namespace rt
