// SPDX-License-Identifier: Apache-2.0
// `docker cp` and docker's archive endpoints, between a container and this host. docker's rules decide what a
// path means: a trailing slash wants a directory, "/." is what is in it, a destination that is not there
// names the copy. A copy that fails leaves no file half written.
#pragma once

#include "core/container/container_files.hpp"

#include <string>

namespace rt {

struct CopyRequest {
    std::string source;      // absolute; in the container or on the host
    std::string destination; // the same at the other side
    LastLink link = LastLink::keep;
    enum class Owner { destination, source } owner = Owner::destination; // destination: who is at home there
};

Result<void> copy_from_container(Engine& engine, const std::string& reference, const CopyRequest& request);
Result<void> copy_to_container(Engine& engine, const std::string& reference, const CopyRequest& request);

// As a tar to a descriptor; its first entry is called like the path's last part ("." for "/" and "DIR/.").
Result<void> archive_from_container(Engine& engine, const std::string& reference, const CopyRequest& request,
                                    int out);

struct ExtractRequest {
    std::string directory; // in the container; it exists
    ArchiveToTree::Kinds kinds = ArchiveToTree::Kinds::kept;
    std::optional<std::pair<uid_t, gid_t>> owner; // empty: as the archive says
};
// Out of a tar, read from a descriptor to its end.
Result<void> extract_to_container(Engine& engine, const std::string& reference, const ExtractRequest& request,
                                  int in);

// The whole root of a container, without what is mounted in it, as a tar to a descriptor.
Result<void> export_container(Engine& engine, const std::string& reference, int out);

} // namespace rt
