// SPDX-License-Identifier: Apache-2.0
// An image archive out of stored blobs and texts, as a tar. Any thread, several at once.
#pragma once

#include "core/image/image_module.hpp"

#include <vector>

namespace rt::image {

// corrupt: a blob is not what its name says; the archive has no end then.
Result<void> write_archive(const ContentStore& store, const std::vector<ArchivePart>& parts, int out,
                           const Cancellation& cancellation);

} // namespace rt::image
