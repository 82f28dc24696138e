// SPDX-License-Identifier: Apache-2.0
// What the image module is asked for when a directory tree becomes a tar, or a tar becomes files in a tree.
// Both trees may belong to a container that runs and changes them meanwhile: every path is resolved inside
// the root. Plain values.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace rt {

enum class LastLink { keep, follow }; // where the path itself is a symbolic link
enum class OtherMounts { include, leave_out };

struct TreeToArchive {
    int root = -1;    // a directory that paths are resolved in, borrowed
    std::string path; // what to archive; "": all of root
    // Its name in the archive; "": what is in it, without an entry for itself (it has to be a directory).
    std::string name;
    LastLink link = LastLink::keep;
    OtherMounts mounts = OtherMounts::include;
};

struct ArchiveToTree {
    int root = -1;         // a directory that paths are resolved in, borrowed
    std::string directory; // where the archive's paths begin; it exists
    // The first part of the entries' paths that is called something else here.
    std::optional<std::pair<std::string, std::string>> rename;
    std::optional<std::pair<uid_t, gid_t>> owner; // of everything; empty: as the archive says
    // A directory never becomes something else, nor something else a directory, unless this says so.
    enum class Kinds { kept, replaced } kinds = Kinds::kept;
};

} // namespace rt
