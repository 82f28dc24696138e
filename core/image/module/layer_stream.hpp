// SPDX-License-Identifier: Apache-2.0
// One layer from where it is to where it goes, as a pipeline of threads: fetch, store and hash the blob |
// inflate and hash the tar | write the files. Digests are checked as the bytes go by; the caller throws the
// target away when that fails. Any thread, several at once.
#pragma once

#include "core/image/image_module.hpp"

namespace rt::image {

Result<LayerOutcome> stream_layer(const ContentStore& store, const LayerRequest& request,
                                  const Cancellation& cancellation);

} // namespace rt::image
