// SPDX-License-Identifier: Apache-2.0
// Copies the content and the attributes of single files, from descriptor to descriptor. Content is shared
// with the original where the file system can do so (reflink), else copied inside the kernel with holes kept.
#pragma once

#include <rt/sdk/host.hpp>

#include <sys/stat.h>

namespace rt::storage {

// Does this pair of file systems share content? One per tree; it learns from the first refusal.
struct CloneSupport {
    bool possible = true;
};

// to: empty, open for writing. Honours the call between pieces of a large file.
sdk::Result<void> copy_content(int from, int to, off_t size, CloneSupport& clone, sdk::Call call);

// Owner, mode with set-id bits, extended attributes (file capabilities and ACLs among them), access and
// modification time. In this order: each earlier step may clear what a later one sets. Both are regular files
// or directories.
sdk::Result<void> copy_attributes(int from, int to, const struct stat& status);

// The same for what is not opened: symbolic links, devices, pipes, sockets; name in directory from, same name
// in to.
sdk::Result<void> copy_attributes_at(int from, int to, const char* name, const struct stat& status);

} // namespace rt::storage
