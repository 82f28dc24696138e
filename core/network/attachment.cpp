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

} // namespace rt
