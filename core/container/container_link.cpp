// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_link.hpp"

#include "core/network/name_directory.hpp"

#include <algorithm>
#include <utility>

namespace rt {

Result<ContainerLink> parse_link(const std::string& text) {
    if (text.empty()) return fail(Code::invalid_argument, "empty string specified for links");
    const auto colon = text.find(':');
    ContainerLink link{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
    // As inspect of docker shows them: "/web:/app/db".
    if (link.target.starts_with('/') && link.name.starts_with('/'))
        link = {link.target.substr(1), link.name.substr(link.name.rfind('/') + 1)};
    for (const std::string& part : {link.target, colon == std::string::npos ? link.target : link.name})
        if (!is_network_name(part))
            return fail(Code::invalid_argument, "bad format for links: ", text,
                        ": CONTAINER or CONTAINER:NAME, of letters, digits, '-', '_' and '.'");
    return link;
}

void give_links_to_network(ContainerSpec& spec) {
    if (spec.links.empty()) return;
    if (spec.networks.empty()) spec.networks.push_back({.network = spec.network});
    const auto named = std::ranges::find_if(
        spec.networks, [&](const EndpointSettings& one) { return one.network == spec.network; });
    EndpointSettings& first = named == spec.networks.end() ? spec.networks.front() : *named;
    for (std::string& link : spec.links)
        if (std::ranges::find(first.links, link) == first.links.end()) first.links.push_back(std::move(link));
    spec.links.clear();
}

} // namespace rt
