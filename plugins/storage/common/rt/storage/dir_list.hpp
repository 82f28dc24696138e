// SPDX-License-Identifier: Apache-2.0
// Reads a directory, or a small file of /proc, as a whole, so that what is done afterwards cannot disturb the
// reading.
#pragma once

#include <rt/sdk/error.hpp>

#include <string>
#include <vector>

namespace rt::storage {

struct DirEntry {
    std::string name;
    unsigned char type; // DT_*; DT_UNKNOWN where the file system does not say
};

// fd: a directory opened for reading and not read yet. "." and ".." are left out; order is the file system's.
sdk::Result<std::vector<DirEntry>> list_directory(int fd);

// What a descriptor has to read, to its end. Without a stream: their library would cost every start of a
// container what only few calls need. what: its name in errors.
sdk::Result<std::string> read_to_end(int fd, const char* what);

} // namespace rt::storage
