// SPDX-License-Identifier: Apache-2.0
// Mounts as descriptors (the kernel's mount API of 5.2 and 5.12): a mount is made detached, given its
// attributes, and then attached to a place that is itself a descriptor. A detached mount is gone when its
// descriptor is closed.
#pragma once

#include "mount_options.hpp"
#include "system.hpp"

#include <string>

namespace rt::namespaces {

// A new mount of a file system of its own. Empty descriptor: an option is too long for fsconfig(2), which
// takes 255 bytes; use mount_at().
Result<UniqueFd> make_mount(const std::string& type, const std::string& source, const MountOptions& options);

// A new mount of what source names (path relative to directory, "" : directory itself).
Result<UniqueFd> clone_mount(int directory, const std::string& source, const MountOptions& options);

// The attributes of a mount that options ask for, those of the tree, and its propagation.
Result<void> change_mount(int mount, const MountOptions& options, std::string_view what);

// Attaches a detached mount.
Result<void> attach_mount(int mount, int target, std::string_view what);

// mount(2), for options beyond fsconfig(2)'s limit. target: what is mounted on, through /proc/self/fd.
Result<void> mount_at(const std::string& type, const std::string& source, const MountOptions& options,
                      int target);

} // namespace rt::namespaces
