// SPDX-License-Identifier: Apache-2.0
// The disk space that a directory tree takes: allocated bytes and inodes, the root among them, hard links
// once.
#pragma once

#include <rt/sdk/storage.hpp>
#include <rt/sdk/unique_fd.hpp>

namespace rt::storage {

// The tree may be in use; what vanishes meanwhile is not counted.
sdk::Result<sdk::Usage> usage_of_tree(sdk::UniqueFd root, sdk::Call call);

} // namespace rt::storage
