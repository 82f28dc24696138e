// SPDX-License-Identifier: Apache-2.0
// A directory that is being read, closed with its owner. One thread at a time.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <dirent.h>

#include <memory>
#include <string>
#include <vector>

namespace rt {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

// The names in a directory, sorted; none where there is no such directory.
Result<std::vector<std::string>> names_in(const Path& directory);

} // namespace rt
