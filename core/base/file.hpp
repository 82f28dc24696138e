// SPDX-License-Identifier: Apache-2.0
// Small files and directories of our own (state, run directories): never paths below a container's root.
// Errors name the path. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace rt {

using Path = std::filesystem::path;

// Opens with O_CLOEXEC added.
Result<UniqueFd> open_file(const Path& path, int flags, mode_t mode = 0600);

// The whole file. resource_exhausted when it is larger than limit bytes.
Result<std::string> read_file(const Path& path, std::size_t limit = 16U << 20U);

// All of text, through short writes and EINTR. what: for the error's text.
Result<void> write_all(int fd, std::string_view text, std::string_view what);

// Readers see the old or the new content, never a part (temporary file + rename); no fsync.
Result<void> replace_file(const Path& path, std::string_view text, mode_t mode = 0600);

// Makes path and its missing parents; those that are made get this mode.
Result<void> make_directories(const Path& path, mode_t mode = 0700);

// Removes path and everything below it; repeatable.
Result<void> remove_tree(const Path& path);

// The directory of the running program's file, and the prefix that it is installed below (its parent).
Path program_directory();
Path install_prefix();

} // namespace rt
