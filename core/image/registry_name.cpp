// SPDX-License-Identifier: Apache-2.0
#include "core/image/registry_name.hpp"

#include "core/image/reference.hpp"

namespace rt {

Result<std::string> registry_named(std::string_view given) {
    if (given.empty()) return std::string("docker.io");
    std::string_view text = given;
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    const std::string host(text.substr(0, text.find('/')));
    if (host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io")
        return std::string("docker.io");
    const auto reference = parse_reference(cat(host, "/x/y"));
    if (!reference || reference->host != host)
        return fail(Code::invalid_argument, "'", given, "' is not a registry: write it as HOST[:PORT]");
    return host;
}

} // namespace rt
