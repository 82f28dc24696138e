// SPDX-License-Identifier: Apache-2.0
#include "core/network/attachment.hpp"

#include <algorithm>

namespace rt {

Result<std::vector<Attachment>> attachments_of(NetworkStore& networks, const std::string& container_id) {
    RT_TRY_ASSIGN(auto endpoints, networks.endpoints_of(container_id));
    std::vector<Attachment> attachments;
    for (Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(auto network, networks.find_by_id(endpoint.network_id));
        if (network) attachments.push_back({std::move(endpoint), std::move(*network)});
    }
    return attachments;
}

Result<AttachmentsById> all_attachments(NetworkStore& networks) {
    RT_TRY_ASSIGN(const auto all, networks.list());
    RT_TRY_ASSIGN(auto endpoints, networks.all_endpoints());
    AttachmentsById found;
    for (Endpoint& endpoint : endpoints) {
        const auto network = std::ranges::find(all, endpoint.network_id, &Network::id);
        if (network != all.end()) found[endpoint.container_id].push_back({std::move(endpoint), *network});
    }
    return found;
}

} // namespace rt
