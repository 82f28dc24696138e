// SPDX-License-Identifier: Apache-2.0
// Paths in a tree that somebody else may change at any time (a container's root): resolved by the kernel,
// with the directory as "/", so that neither symbolic links nor ".." lead out. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>

namespace rt {

// openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), O_CLOEXEC added. path may begin with "/"; "" is the root.
// The error has the errno and names the path.
Result<UniqueFd> open_in_root(int root, const std::string& path, int flags);

// The same with RESOLVE_BENEATH: a path that leads out of the directory, by "..", a link or a leading "/", is
// an error (EXDEV) and not cut off there.
Result<UniqueFd> open_beneath(int directory, const std::string& path, int flags);

// A path taken apart into what leads to an entry and the entry's own name.
struct SplitPath {
    std::string parent;           // "" for the root
    std::string name;             // "", "." or "..": the directory itself
    bool wants_directory = false; // it ends in "/" or "/."
};
SplitPath split_last(const std::string& path);

// A name for a descriptor that the kernel takes as a path, for calls that take no descriptor.
std::string path_of_fd(int fd);

} // namespace rt
