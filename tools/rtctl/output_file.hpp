// SPDX-License-Identifier: Apache-2.0
// What -o names: a file that is there whole or not at all.
#pragma once

#include "core/base/file.hpp"

#include <functional>

namespace rt::cli {

// write gets a descriptor, borrowed. invalid_argument: what is there is no file, a device say, and is not to
// be replaced by one.
Result<void> write_to_file(const Path& file, const std::function<Result<void>(int out)>& write);

} // namespace rt::cli
