// SPDX-License-Identifier: Apache-2.0
// A directory tree as a tar.
#pragma once

#include "core/image/image_module.hpp"
#include "core/image/module/byte_queue.hpp"

namespace rt::image {

Result<void> write_tree(const TreeToArchive& tree, int out, const Cancellation& cancellation);

// The tar of a layer: what changed, and whiteouts for what went. unsupported: a name that would be one.
Result<void> write_changes(const ChangesToArchive& changes, ByteSink& out, const Cancellation& cancellation);

} // namespace rt::image
