// SPDX-License-Identifier: Apache-2.0
#include "core/container/spec_validate_parts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

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

bool is_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// One word of a line of resolv.conf or hosts.
bool is_word(const std::string& text) {
    return !text.empty() && text.size() <= 253 &&
           std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 127 && c != '#'; });
}

Result<void> validate_names(const ContainerSpec& spec) {
    for (const std::string& server : spec.dns)
        if (!is_address(server))
            return fail(Code::invalid_argument, "name server '", server, "' is not an IP address");
    for (const auto* words : {&spec.dns_options, &spec.dns_search})
        for (const std::string& word : *words)
            if (!is_word(word))
                return fail(Code::invalid_argument, "'", word, "' is not an option or domain of resolv.conf");
    for (const std::string& host : spec.extra_hosts) {
        const auto colon = host.find(':');
        const std::string address = colon == std::string::npos ? std::string() : host.substr(colon + 1);
        if (colon == std::string::npos || !is_word(host.substr(0, colon)) ||
            (address != "host-gateway" && !is_address(address)))
            return fail(Code::invalid_argument, "extra host '", host,
                        "' is not of the form NAME:ADDRESS, with an IP address or host-gateway");
    }
    return {};
}

// Who shares the network of another has its name, ports and name servers too. Docker's words.
Result<void> validate_shared_network(const ContainerSpec& spec) {
    if (!spec.network.starts_with("container:")) return {};
    if (spec.network.size() == 10)
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

} // namespace

Result<void> validate_network(const ContainerSpec& spec) {
    RT_TRY(validate_hostname("hostname", spec.hostname));
    RT_TRY(validate_hostname("domainname", spec.domainname));
    RT_TRY(validate_names(spec));
    if (spec.network_disabled && !(spec.ports.empty() && spec.network.empty()))
        return fail(Code::invalid_argument, "a container without network has no ports and joins none");
    return validate_shared_network(spec);
}

} // namespace rt
