// SPDX-License-Identifier: Apache-2.0
// Copies the content of a directory as it is: owners, modes, times, extended attributes, hard links, holes,
// devices, symbolic links as links. Nothing is followed. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

namespace rt {

// Everything in from, into the empty directory to; both are descriptors, borrowed. to gets from's attributes
// last. check: asked for each file; its failure ends the copy.
Result<void> copy_tree(int from, int to, const std::function<Result<void>()>& check);

// Owner, mode, extended attributes and times of one directory for another. status: of from.
Result<void> copy_directory_attributes(int from, const struct stat& status, int to);

// The names in a directory, without "." and "..", sorted.
Result<std::vector<std::string>> names_in(int directory);

} // namespace rt
