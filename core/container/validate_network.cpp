// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_link.hpp"
#include "core/container/spec_validate_parts.hpp"

#include "core/network/address.hpp"
#include "core/network/mac_address.hpp"
#include "core/network/name_directory.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace rt {
namespace {

// RFC 1123, and the kernel's limit.
Result<void> validate_hostname(const char* what, const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
    };
    if (name.size() > 64 || !std::ranges::all_of(name, allowed) || name.starts_with('-') ||
        name.starts_with('.'))
        return fail(Code::invalid_argument, "the ", what, " '", name,
                    "' is not valid: at most 64 letters, digits, '-' and '.', the first no '-' or '.'");
    return {};
}

// One word of a line of resolv.conf or hosts.
bool is_word(const std::string& text) {
    return !text.empty() && text.size() <= 253 &&
           std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 127 && c != '#'; });
}

Result<void> validate_names(const ContainerSpec& spec) {
    for (const std::string& server : spec.dns)
        if (!is_ip_address(server))
            return fail(Code::invalid_argument, "name server '", server, "' is not an IP address");
    for (const auto* words : {&spec.dns_options, &spec.dns_search})
        for (const std::string& word : *words)
            if (!is_word(word))
                return fail(Code::invalid_argument, "'", word, "' is not an option or domain of resolv.conf");
    for (const std::string& host : spec.extra_hosts) {
        const auto colon = host.find(':');
        const std::string address = colon == std::string::npos ? std::string() : host.substr(colon + 1);
        if (colon == std::string::npos || !is_word(host.substr(0, colon)) ||
            (address != "host-gateway" && !is_ip_address(address)))
            return fail(Code::invalid_argument, "extra host '", host,
                        "' is not of the form NAME:ADDRESS, with an IP address or host-gateway");
    }
    return {};
}

// Who shares the network of another has its name, ports and name servers too. Docker's words.
Result<void> validate_shared_network(const ContainerSpec& spec) {
    constexpr std::string_view kContainer = "container:";
    for (const EndpointSettings& endpoint : spec.networks) {
        const std::string& name = endpoint.network.empty() ? spec.network : endpoint.network;
        if (!name.starts_with(kContainer)) continue;
        if (spec.networks.size() > 1)
            return fail(Code::invalid_argument, "conflicting options: cannot attach both user-defined and "
                                                "non-user-defined network-modes");
        EndpointSettings plain;
        plain.network = endpoint.network;
        if (endpoint != plain)
            return fail(Code::invalid_argument,
                        "conflicting options: addresses, aliases and options of an "
                        "endpoint and the container type network mode (--network ",
                        name, "): it has no endpoint of its own");
    }
    if (!spec.network.starts_with(kContainer)) return {};
    if (spec.network.size() == kContainer.size())
        return fail(Code::invalid_argument,
                    "invalid network mode: invalid container format container:<name|id>");
    struct Excluded {
        const char* what;
        bool given;
    };
    for (const Excluded& excluded :
         {Excluded{"hostname and the network mode", !spec.hostname.empty()},
          Excluded{"links and the container type network mode", !spec.links.empty()},
          Excluded{"dns and the network mode",
                   !(spec.dns.empty() && spec.dns_search.empty() && spec.dns_options.empty())},
          Excluded{"custom host-to-IP mapping and the network mode", !spec.extra_hosts.empty()},
          Excluded{"mac-address and the network mode", !spec.mac_address.empty()},
          Excluded{"port publishing and the container type network mode",
                   !spec.ports.empty() || spec.publish_all_ports},
          Excluded{"port exposing and the container type network mode", !spec.exposed_ports.empty()}})
        if (excluded.given)
            return fail(Code::invalid_argument, "conflicting options: ", excluded.what, " (--network ",
                        spec.network, "): it is the other container's");
    return {};
}

// Each question for a name looks at all of them.
Result<void> validate_links(const std::vector<std::string>& links) {
    constexpr std::size_t kMost = 256;
    if (links.size() > kMost)
        return fail(Code::invalid_argument, links.size(), " links, where a container can have ", kMost);
    for (const std::string& link : links) RT_TRY(parse_link(link));
    return {};
}

} // namespace

Result<void> validate_endpoint_settings(const EndpointSettings& endpoint) {
    if (!endpoint.ipv4_address.empty()) RT_TRY(parse_ipv4(endpoint.ipv4_address));
    if (!endpoint.ipv6_address.empty()) RT_TRY(parse_ipv6(endpoint.ipv6_address));
    for (const std::string& address : endpoint.link_local_ips)
        if (!is_ip_address(address))
            return fail(Code::invalid_argument, "link-local address '", address, "' is not an IP address");
    if (!endpoint.mac_address.empty()) RT_TRY(parse_mac(endpoint.mac_address));
    for (const std::string& alias : endpoint.aliases)
        if (!is_network_name(alias))
            return fail(Code::invalid_argument, "network alias '", alias,
                        "' is not a name: letters, digits, '-', '_' and '.'");
    return validate_links(endpoint.links);
}

namespace {

// Several networks, each once.
Result<void> validate_endpoints(const ContainerSpec& spec) {
    std::set<std::string> seen;
    for (const EndpointSettings& endpoint : spec.networks) {
        RT_TRY(validate_endpoint_settings(endpoint));
        if (!seen.insert(endpoint.network).second)
            return fail(Code::invalid_argument, "network '", endpoint.network,
                        "' is specified multiple times");
    }
    if (!spec.mac_address.empty()) RT_TRY(parse_mac(spec.mac_address));
    RT_TRY(validate_links(spec.links));
    return {};
}

} // namespace

Result<void> validate_network(const ContainerSpec& spec) {
    RT_TRY(validate_hostname("hostname", spec.hostname));
    RT_TRY(validate_hostname("domainname", spec.domainname));
    RT_TRY(validate_names(spec));
    if (spec.network_disabled &&
        !(spec.ports.empty() && spec.networks.empty() && (spec.network.empty() || spec.network == "default")))
        return fail(Code::invalid_argument, "a container without network has no ports and joins none");
    RT_TRY(validate_endpoints(spec));
    return validate_shared_network(spec);
}

} // namespace rt
