// SPDX-License-Identifier: Apache-2.0
// The files of an image archive (docker-archive or OCI layout as a tar), stored as blobs while the tar is
// read once from its beginning to its end. Any thread.
#pragma once

#include "core/image/image_module.hpp"

namespace rt::image {

Result<ArchiveContent> take_archive(const ContentStore& store, int stream, const Cancellation& cancellation);
Result<BlobDescriptor> take_file(const ContentStore& store, int stream, const Cancellation& cancellation);

} // namespace rt::image
