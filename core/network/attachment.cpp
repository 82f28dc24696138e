// SPDX-License-Identifier: Apache-2.0
#include "core/network/attachment.hpp"

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

Result<std::map<std::string, std::vector<Attachment>>> all_attachments(NetworkStore& networks) {
    RT_TRY_ASSIGN(const auto all, networks.list());
    std::map<std::string, std::vector<Attachment>> attachments;
    for (const Network& network : all) {
        RT_TRY_ASSIGN(auto endpoints, networks.endpoints_in(network.id));
        for (Endpoint& endpoint : endpoints) {
            auto& of_container = attachments[endpoint.container_id];
            of_container.push_back({std::move(endpoint), network});
        }
    }
    return attachments;
}

} // namespace rt
