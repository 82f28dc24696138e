// SPDX-License-Identifier: Apache-2.0
// --platform of commands for images that are here. An image here is for one platform: the option says which
// one is meant, and what is there is that or is not.
#pragma once

#include "core/image/image_store.hpp"
#include "tools/rtctl/options.hpp"

namespace rt::cli {

void add_platform_option(options::options_description& description);
// failed_precondition: the image is for another platform than --platform says. invalid_argument: that is no
// platform.
Result<void> check_platform(const Parsed& parsed, const Image& image);

} // namespace rt::cli
