// SPDX-License-Identifier: Apache-2.0
// What the image module is asked for when a directory tree becomes a tar, or a tar becomes files in a tree.
// Both trees may belong to a container that runs and changes them meanwhile: every path is resolved inside
// the root. Plain values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt {

enum class LastLink { keep, follow }; // where the path itself is a symbolic link
enum class OtherMounts { include, leave_out };

// The users and groups of a tree are the archive's, and first more: those of a container with ids of its own,
// seen from the host. count 0: they are the same. Others are nobody's in the archive, and cannot be
// extracted.
struct ShiftedIds {
    std::uint32_t first = 0, count = 0;
    [[nodiscard]] std::uint32_t inside(std::uint32_t host) const {
        constexpr std::uint32_t kNobody = 65534;
        if (count == 0) return host;
        return host >= first && host - first < count ? host - first : kNobody;
    }
    [[nodiscard]] std::optional<std::uint32_t> outside(std::uint32_t id) const {
        if (count == 0) return id;
        return id < count ? std::optional(first + id) : std::nullopt;
    }
};

struct TreeToArchive {
    int root = -1;    // a directory that paths are resolved in, borrowed
    std::string path; // what to archive; "": all of root
    // Its name in the archive; "": what is in it, without an entry for itself (it has to be a directory).
    std::string name;
    LastLink link = LastLink::keep;
    OtherMounts mounts = OtherMounts::include;
    ShiftedIds ids{};
};

// One path that is not as it is below.
struct TreeChange {
    std::string path; // in root
    bool deleted = false;
};

// The difference between a tree and what is below it, as a layer of an image.
struct ChangesToArchive {
    int root = -1;                   // of the tree as it is now, borrowed
    std::vector<TreeChange> changes; // parents first; of a directory only itself
    ShiftedIds ids{};
};

struct ArchiveToTree {
    int root = -1;         // a directory that paths are resolved in, borrowed
    std::string directory; // where the archive's paths begin; it exists
    // The first part of the entries' paths that is called something else here.
    std::optional<std::pair<std::string, std::string>> rename;
    std::optional<std::pair<uid_t, gid_t>> owner; // of everything; empty: as the archive says
    // A directory never becomes something else, nor something else a directory, unless this says so.
    enum class Kinds { kept, replaced } kinds = Kinds::kept;
    ShiftedIds ids{};
};

} // namespace rt
