// SPDX-License-Identifier: Apache-2.0
// Layers that are made here: out of a tree's changes, or out of a layer that is compressed in another way.
// Any thread, several at once.
#pragma once

#include "core/image/image_module.hpp"

#include <string>

namespace rt::image {

Result<LayerBlob> take_changes(const ContentStore& store, const ChangesToArchive& changes,
                               const Cancellation& cancellation);

// corrupt: it does not unpack to diff_id.
Result<BlobDescriptor> repack(const ContentStore& store, const std::string& digest,
                              const std::string& diff_id, const Cancellation& cancellation);

} // namespace rt::image
