// SPDX-License-Identifier: Apache-2.0
// Visits every entry of a directory tree of any depth and width: no recursion, a bounded number of
// descriptors, no symbolic link followed, no other mount entered. For one thread. Between entries it asks the
// call whether to go on.
#pragma once

#include <rt/sdk/host.hpp>
#include <rt/sdk/unique_fd.hpp>

namespace rt::storage {

// What is done on the way. dir is the directory that holds name, open for reading, borrowed.
class TreeVisitor {
public:
    TreeVisitor() = default;
    TreeVisitor(const TreeVisitor&) = delete;
    TreeVisitor& operator=(const TreeVisitor&) = delete;
    virtual ~TreeVisitor() = default;

    // Anything that is not a directory.
    virtual sdk::Result<void> file(int dir, const char* name) = 0;
    // A subdirectory: before it is entered, when all in it has been visited (directory is its own
    // descriptor), and after it was left.
    virtual sdk::Result<void> before_directory(int, const char*) { return {}; }
    virtual sdk::Result<void> end_of_directory(int /*directory*/) { return {}; }
    virtual sdk::Result<void> after_directory(int, const char*) { return {}; }
    // May entries vanish while the tree is read (somebody writes in it, or removes it as well)?
    [[nodiscard]] virtual bool tolerates_loss() const { return false; }
};

// root itself is not visited.
sdk::Result<void> walk_tree(sdk::UniqueFd root, sdk::Call call, TreeVisitor& visitor);

} // namespace rt::storage
