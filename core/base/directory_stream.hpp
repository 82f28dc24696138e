// SPDX-License-Identifier: Apache-2.0
// A directory that is being read, closed with its owner. One thread at a time.
#pragma once

#include <dirent.h>

#include <memory>

namespace rt {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

} // namespace rt
