// SPDX-License-Identifier: Apache-2.0
#include "core/container/port_text.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <tuple>

namespace rt {
namespace {

struct Group {
    std::string host_ip, protocol;
    int first = 0, last = 0;
};

std::string address(const std::string& ip, const std::string& port) {
    return ip.find(':') == std::string::npos ? cat(ip, ":", port) : cat("[", ip, "]:", port);
}

std::string show(const Group& group) {
    const std::string range =
        group.first == group.last ? std::to_string(group.first) : cat(group.first, "-", group.last);
    if (group.host_ip.empty()) return cat(range, "/", group.protocol);
    return cat(address(group.host_ip, range), "->", range, "/", group.protocol);
}

} // namespace

std::string show_ports(std::vector<ShownPort> ports) {
    std::ranges::sort(ports, {}, [](const ShownPort& port) {
        return std::tie(port.container_port, port.host_ip, port.host_port, port.protocol);
    });
    std::vector<Group> groups; // one for each address and protocol: the range that may still grow
    std::vector<std::string> done, mapped;
    for (const ShownPort& port : ports) {
        const int number = port.container_port;
        if (!port.host_ip.empty() && port.host_port != number) {
            mapped.push_back(
                cat(address(port.host_ip, std::to_string(port.host_port)), "->", number, "/", port.protocol));
            continue;
        }
        const auto group = std::ranges::find_if(groups, [&](const Group& known) {
            return known.host_ip == port.host_ip && known.protocol == port.protocol;
        });
        if (group == groups.end()) {
            groups.push_back({port.host_ip, port.protocol, number, number});
        } else if (number == group->last + 1) {
            group->last = number;
        } else if (number != group->last) {
            done.push_back(show(*group));
            group->first = group->last = number;
        }
    }
    for (const Group& group : groups) done.push_back(show(group));
    done.insert(done.end(), mapped.begin(), mapped.end());
    return joined(done, ", ");
}

} // namespace rt
