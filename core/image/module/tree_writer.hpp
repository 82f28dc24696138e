// SPDX-License-Identifier: Apache-2.0
// A directory tree as a tar.
#pragma once

#include "core/image/image_module.hpp"

namespace rt::image {

Result<void> write_tree(const TreeToArchive& tree, int out, const Cancellation& cancellation);

} // namespace rt::image
