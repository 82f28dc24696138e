// SPDX-License-Identifier: Apache-2.0
// Where in a layer's tree an archive's entry belongs. No name leads out of the root: paths are taken apart,
// ".." is refused, and a symbolic link on the way is followed inside the root only (openat2 RESOLVE_IN_ROOT).
// Archives go through a tree in order, so the directories on the way to the last entry are kept open. One
// thread each.
#pragma once

#include "core/base/error.hpp"

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::image {

// An entry's path without "." and empty parts. corrupt: ".." in it, a part longer than 255 bytes, or longer
// than 4095 altogether; it holds a NUL.
Result<std::vector<std::string_view>> split_path(std::string_view path);

class TreePosition {
public:
    explicit TreePosition(int root) : root_(root) {}

    struct Parent {
        int fd = -1;         // O_PATH; valid until the next call
        bool setgid = false; // what is made in it inherits its group
    };

    enum class Missing { make, report };
    // The directory that an entry stands in (parts without the last one). Directories that are missing are
    // made (0755, root's), or reported as an empty optional.
    Result<std::optional<Parent>> parent(const std::vector<std::string_view>& parts, Missing missing);

    // What is cached may not be so any more: a directory or symbolic link was removed, or changed its mode.
    void forget() { levels_.clear(); }

private:
    struct Level {
        std::string name;
        UniqueFd fd;
        bool setgid;
    };
    Result<std::optional<Parent>> resolve(const std::vector<std::string_view>& parts, std::size_t depth,
                                          Missing missing);
    Result<bool> push(std::string_view name, int directory);

    int root_;
    std::vector<Level> levels_; // real directories, no symbolic links
    UniqueFd resolved_;         // the parent that was reached through a symbolic link
    std::optional<bool> root_setgid_;
};

// Removes what stands there, a directory with all in it; nothing is no failure. Follows no symbolic link.
Result<void> remove_entry(int directory, const std::string& name);
// Everything in a directory (a descriptor that can be read).
Result<void> remove_children(int directory);

} // namespace rt::image
