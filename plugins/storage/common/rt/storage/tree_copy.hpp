// SPDX-License-Identifier: Apache-2.0
// A faithful copy of a directory tree inside one file system: content (shared where possible, holes kept),
// owners, modes, times, extended attributes, hard links, symbolic links, devices, pipes and sockets. Reads
// the original only.
#pragma once

#include <rt/sdk/host.hpp>
#include <rt/sdk/unique_fd.hpp>

namespace rt::storage {

// to: an empty directory, becomes as from, its own attributes too. links: an empty directory on the same file
// system for the time of the copy; the caller deletes it. After a failure all of to is to be deleted.
sdk::Result<void> copy_tree(sdk::UniqueFd from, sdk::UniqueFd to, int links, sdk::Call call);

} // namespace rt::storage
