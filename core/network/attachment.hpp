// SPDX-License-Identifier: Apache-2.0
// A container's place in a network, with the network: what its answers and listings show.
#pragma once

#include "core/network/network_store.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace rt {

struct Attachment {
    Endpoint endpoint;
    std::shared_ptr<const Network> network; // never null; many are in the same
};

// Those that are recorded: none while the container does not run.
Result<std::vector<Attachment>> attachments_of(NetworkStore& networks, const std::string& container_id);

// Of all containers at once, by their ids.
using AttachmentsById = std::unordered_map<std::string, std::vector<Attachment>>;
Result<AttachmentsById> all_attachments(NetworkStore& networks);

} // namespace rt
