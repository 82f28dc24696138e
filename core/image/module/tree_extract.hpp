// SPDX-License-Identifier: Apache-2.0
// The entries of a tar as files in a tree that is in use.
#pragma once

#include "core/image/image_module.hpp"

namespace rt::image {

Result<void> extract_tree(const ArchiveToTree& tree, int in, const Cancellation& cancellation);

} // namespace rt::image
