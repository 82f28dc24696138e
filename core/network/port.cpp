// SPDX-License-Identifier: Apache-2.0
#include "core/network/port.hpp"

#include "core/network/address.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace rt {
namespace {

struct Range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    [[nodiscard]] int size() const { return last - first + 1; }
};

bool parse_number(std::string_view text, std::uint16_t& out) {
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, out);
    return problem == std::errc() && stop == end && !text.empty();
}

Result<Range> parse_range(std::string_view text, std::string_view whole) {
    const auto dash = text.find('-');
    Range range;
    const bool ok = parse_number(text.substr(0, dash), range.first) &&
                    (dash == text.npos || parse_number(text.substr(dash + 1), range.last));
    if (dash == text.npos) range.last = range.first;
    if (!ok || range.first == 0 || range.last < range.first)
        return fail(Code::invalid_argument, "port '", whole, "': '", text,
                    "' is not a port or a range of ports (1 to 65535, as in 8080 or 8000-8009)");
    return range;
}

// "192.0.2.1" or "[2001:db8::1]"; IPv6 as the kernel writes it.
Result<std::string> parse_host_ip(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) {
        RT_TRY_ASSIGN(const Ipv6 address, parse_ipv6(text.substr(1, text.size() - 2)));
        return format_ipv6(address);
    }
    RT_TRY_ASSIGN(const std::uint32_t address, parse_ipv4(text));
    return format_ipv4(address);
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

// "target=80,published=8080,protocol=tcp" as "8080:80/tcp".
Result<std::string> from_long_form(std::string_view text) {
    std::string target, published, protocol = "tcp";
    for (std::string_view rest = text; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        const std::string_view part = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const auto equals = std::min(part.find('='), part.size());
        const std::string_view key = part.substr(0, equals);
        const std::string value(part.substr(std::min(equals + 1, part.size())));
        if (key == "target")
            target = value;
        else if (key == "published")
            published = value;
        else if (key == "protocol")
            protocol = value;
        else
            return fail(Code::invalid_argument, "port '", text, "': '", key,
                        "' is not one of target, published, protocol");
    }
    if (target.empty())
        return fail(Code::invalid_argument, "port '", text, "': 'target', the container's port, is missing");
    std::string in_short = published.empty() ? "" : published + ":";
    in_short += cat(target, "/", protocol);
    if (in_short.find('=') != in_short.npos)
        return fail(Code::invalid_argument, "port '", text, "': a '=' too many");
    return in_short;
}

} // namespace

Result<std::vector<PublishedPort>> parse_published_port(std::string_view text) {
    if (text.find('=') != text.npos) {
        RT_TRY_ASSIGN(const std::string in_short, from_long_form(text));
        return parse_published_port(in_short);
    }
    std::string_view rest = text;
    PublishedPort port;
    if (const auto slash = rest.rfind('/'); slash != rest.npos) {
        port.protocol = lower(rest.substr(slash + 1));
        rest = rest.substr(0, slash);
        if (port.protocol != "tcp" && port.protocol != "udp")
            return fail(Code::invalid_argument, "port '", text, "': protocol '", port.protocol,
                        "' cannot be published: it is one of tcp, udp");
    }
    std::string_view container = rest;
    std::string_view host;
    if (const auto colon = rest.rfind(':'); colon != rest.npos) {
        container = rest.substr(colon + 1);
        host = rest.substr(0, colon);
        if (const auto second = host.rfind(':'); second != host.npos) {
            auto address = parse_host_ip(host.substr(0, second));
            if (!address) return in_context(std::move(address).error(), "port '", text, "'");
            port.host_ip = std::move(*address);
            host = host.substr(second + 1);
        }
    }
    if (host == "0") host = {}; // docker's word for any
    RT_TRY_ASSIGN(const Range inside, parse_range(container, text));
    Range outside;
    if (!host.empty()) {
        RT_TRY_ASSIGN(outside, parse_range(host, text));
        if (outside.size() != inside.size() && inside.size() == 1)
            return fail(Code::invalid_argument, "port '", text,
                        "': a choice among host ports is not supported: name one, or none for a free one");
        if (outside.size() != inside.size())
            return fail(Code::invalid_argument, "port '", text, "': the ranges are not equally long");
    }
    std::vector<PublishedPort> ports;
    for (int i = 0; i < inside.size(); ++i) {
        port.container_port = static_cast<std::uint16_t>(inside.first + i);
        port.host_port = host.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(outside.first + i);
        ports.push_back(port);
    }
    return ports;
}

Result<std::vector<PublishedPort>> ports_of_exposed(const std::vector<std::string>& exposed,
                                                    const std::vector<PublishedPort>& published) {
    std::vector<PublishedPort> ports;
    for (const std::string& text : exposed) {
        RT_TRY_ASSIGN(auto parsed, parse_published_port(text));
        for (PublishedPort& port : parsed)
            if (std::ranges::none_of(published, [&](const PublishedPort& other) {
                    return other.container_port == port.container_port && other.protocol == port.protocol;
                }))
                ports.push_back(std::move(port));
    }
    std::ranges::sort(ports, {}, &PublishedPort::container_port);
    return ports;
}

Json to_json(const PublishedPort& port) {
    Json json{{"host_ip", port.host_ip},
              {"host_port", port.host_port},
              {"container_port", port.container_port},
              {"protocol", port.protocol}};
    if (port.held) json["held"] = true;
    return json;
}

Result<PublishedPort> published_port_from_json(const Json& value) {
    try {
        return PublishedPort{value.at("host_ip"), value.at("host_port"), value.at("container_port"),
                             value.at("protocol"), value.value("held", false)};
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "a published port: ", error.what());
    }
}

} // namespace rt
