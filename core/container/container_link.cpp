// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_link.hpp"

#include "core/network/name_directory.hpp"

namespace rt {

Result<ContainerLink> parse_link(const std::string& text) {
    if (text.empty()) return fail(Code::invalid_argument, "empty string specified for links");
    const auto colon = text.find(':');
    ContainerLink link{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
    for (const std::string& part : {link.target, link.name.empty() ? link.target : link.name})
        if (!is_network_name(part))
            return fail(Code::invalid_argument, "bad format for links: ", text,
                        ": CONTAINER or CONTAINER:NAME, of letters, digits, '-', '_' and '.'");
    return link;
}

} // namespace rt
