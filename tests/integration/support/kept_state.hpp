// SPDX-License-Identifier: Apache-2.0
// What an engine keeps below its root for good: rows, stored blobs, volumes. Compare two to see what leaked.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace rt::test {

// The primary keys of every table of rt.db but events and settings, and the files below blobs and volumes.
std::set<std::string> kept_state(const std::filesystem::path& root);

} // namespace rt::test
