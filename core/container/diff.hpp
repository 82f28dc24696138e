// SPDX-License-Identifier: Apache-2.0
// What a container has changed in its file system, compared with its image: two trees side by side, which
// holds for every storage driver.
#pragma once

#include "core/container/engine.hpp"

#include <string>
#include <vector>

namespace rt {

enum class ChangeKind { modified = 0, added = 1, deleted = 2 }; // docker's numbers
struct Change {
    ChangeKind kind = ChangeKind::modified;
    std::string path; // absolute
    bool operator==(const Change&) const = default;
};

// Sorted by path. A directory counts as modified when something in it changed; of one that was deleted only
// itself is named. before: -1 is an empty tree. What is mounted in the trees is not looked at.
Result<std::vector<Change>> diff_trees(int before, int after);

// Without the mount points that every container gets.
Result<std::vector<Change>> diff_container(Engine& engine, const std::string& reference);

} // namespace rt
