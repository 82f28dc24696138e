// SPDX-License-Identifier: Apache-2.0
// Deletes a directory tree of any depth, through descriptors. Several may delete the same tree at once, also
// from different processes: what is gone already is fine.
#pragma once

#include <rt/sdk/host.hpp>
#include <rt/sdk/unique_fd.hpp>

namespace rt::storage {

// Empties the directory and leaves it there. failed_precondition: something is mounted below it.
sdk::Result<void> remove_content(sdk::UniqueFd directory, sdk::Call call);

// Deletes name below dir, whatever it is; ok if there is none.
sdk::Result<void> remove_tree(int dir, const char* name, sdk::Call call);

} // namespace rt::storage
