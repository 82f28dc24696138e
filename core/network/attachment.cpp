// SPDX-License-Identifier: Apache-2.0
#include "core/network/attachment.hpp"

#include <algorithm>

namespace rt {

Result<std::vector<Attachment>> attachments_of(NetworkStore& networks, const std::string& container_id) {
    RT_TRY_ASSIGN(auto endpoints, networks.endpoints_of(container_id));
    std::vector<Attachment> attachments;
    for (Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(auto network, networks.find_by_id(endpoint.network_id));
        if (network)
            attachments.push_back(
                {std::move(endpoint), std::make_shared<const Network>(std::move(*network))});
    }
    return attachments;
}

Result<AttachmentsById> all_attachments(NetworkStore& networks) {
    RT_TRY_ASSIGN(auto listed, networks.list());
    RT_TRY_ASSIGN(auto endpoints, networks.all_endpoints());
    std::vector<std::shared_ptr<const Network>> all;
    for (Network& network : listed) all.push_back(std::make_shared<const Network>(std::move(network)));
    AttachmentsById found;
    for (Endpoint& endpoint : endpoints) {
        const auto network =
            std::ranges::find_if(all, [&](const auto& one) { return one->id == endpoint.network_id; });
        if (network != all.end()) found[endpoint.container_id].push_back({std::move(endpoint), *network});
    }
    return found;
}

} // namespace rt
