// SPDX-License-Identifier: Apache-2.0
// Files with one KEY=VALUE a line, as --env-file and --label-file name them: empty lines and lines that begin
// with # do not count.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace rt::cli {

// What is before the first '=' has no white space. invalid_argument names file and line.
Result<std::vector<std::string>> read_assignments(const std::string& file);

} // namespace rt::cli
