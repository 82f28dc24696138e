// SPDX-License-Identifier: Apache-2.0
// Paths below a root that an image or a container controls. Everything resolves through
// openat2(RESOLVE_IN_ROOT), so that no symbolic link and no ".." leads out of the root, and is handed on as a
// descriptor, never again as a path.
#pragma once

#include "system.hpp"

namespace rt::namespaces {

// Opens what path (absolute or relative, both mean: from root) names below root. flags: O_*; O_CLOEXEC is
// added.
Result<UniqueFd> open_in_root(int root, const std::string& path, int flags);

// As above, but fails with ELOOP where any component is a symbolic link. For places the kernel's own file
// systems go to.
Result<UniqueFd> open_in_root_without_links(int root, const std::string& path, int flags);

// Opens (O_PATH) a directory below root; makes it and its missing parents (mode 0755, owned by the caller)
// first.
Result<UniqueFd> make_directory_in_root(int root, const std::string& path, unsigned mode = 0755);

// Opens (O_PATH) whatever is at path below root; where nothing is, makes an empty file and its parents.
Result<UniqueFd> make_file_in_root(int root, const std::string& path);

// The parent directory (made where missing) and the last component of a path; the last one is never followed.
struct Entry {
    UniqueFd parent;
    std::string name;
};
Result<Entry> parent_in_root(int root, const std::string& path);

} // namespace rt::namespaces
