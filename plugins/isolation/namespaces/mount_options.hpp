// SPDX-License-Identifier: Apache-2.0
// The option list of an OCI mount, sorted into what the kernel's mount API takes separately. Values.
#pragma once

#include "system.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::namespaces {

struct MountOptions {
    std::uint64_t set = 0, clear = 0;                     // MOUNT_ATTR_* of this mount
    std::uint64_t recursive_set = 0, recursive_clear = 0; // the same for the whole tree ("rro")
    std::uint64_t propagation = 0; // MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE or 0
    bool propagation_recursive = false;
    bool bind = false, bind_recursive = false;
    bool idmap = false, idmap_recursive = false;
    std::vector<std::pair<std::string, std::optional<std::string>>>
        data; // for the file system: "size" "64k", "nr_inodes"
};

Result<MountOptions> parse_mount_options(const std::vector<std::string>& options);

// "rslave" and the like, as MS_* with MS_REC; 0 for an unknown word.
std::uint64_t propagation_flags(std::string_view word);

} // namespace rt::namespaces
