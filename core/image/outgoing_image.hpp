// SPDX-License-Identifier: Apache-2.0
// An image as it leaves the engine: its documents, and the blobs that they name, all of them stored. Whoever
// uses one holds the IntakeLock, so that nobody removes them. One thread.
#pragma once

#include "core/image/content_store.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_store.hpp"

#include <string>
#include <vector>

namespace rt {

struct OutgoingImage {
    Image image;
    Manifest manifest;
    BlobDescriptor config;
    std::vector<BlobDescriptor> layers; // the base first
};

// The manifest is the one that the image came with, byte for byte, unless a layer is compressed in a way that
// no registry knows (xz, bzip2): that one is packed anew. platform: not_found where the image is for another.
// failed_precondition names what is not stored any more.
Result<OutgoingImage> prepare_outgoing(Database& database, ImageModule& module, const ContentStore& store,
                                       const Image& image, const std::string& platform,
                                       const Cancellation& cancellation);

} // namespace rt
