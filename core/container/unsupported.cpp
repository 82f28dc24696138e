// SPDX-License-Identifier: Apache-2.0
// What docker has and rt has not (yet): asked for, it is refused by its name; nothing is silently left out.
#include "core/container/unsupported.hpp"

#include <algorithm>

namespace rt {
namespace {

struct Refusal {
    const char* option;
    bool (*asked_for)(const ContainerSpec& spec);
    const char* why;
};

const Refusal kRefusals[] = {
    {"--mount type=volume",
     [](const ContainerSpec& spec) {
         return std::ranges::find(spec.mounts, MountType::volume, &MountSpec::type) != spec.mounts.end();
     },
     "there are no volumes yet: mount a directory of the host"},
    {"--volumes-from", [](const ContainerSpec& spec) { return !spec.volumes_from.empty(); },
     "there are no volumes yet"},
    {"--volume-driver", [](const ContainerSpec& spec) { return !spec.volume_driver.empty(); },
     "there are no volumes yet"},
    {"--annotation",
     [](const ContainerSpec& spec) {
         const auto first = spec.annotations.lower_bound("io.rt.");
         return first != spec.annotations.end() && first->first.starts_with("io.rt.");
     },
     "keys that begin with io.rt. are the engine's own"},
    {"--storage-opt", [](const ContainerSpec& spec) { return !spec.storage_opt.empty(); },
     "no storage driver has options for a single container"},
    {"--publish-all", [](const ContainerSpec& spec) { return spec.publish_all_ports; },
     "ports are published one by one with --publish so far"},
    {"--mac-address", [](const ContainerSpec& spec) { return !spec.mac_address.empty(); },
     "the network driver chooses the address"},
    {"--ip", [](const ContainerSpec& spec) { return !spec.ipv4_address.empty(); },
     "addresses are given out by the engine"},
    {"--ip6", [](const ContainerSpec& spec) { return !spec.ipv6_address.empty(); },
     "networks have no IPv6 yet"},
    {"--link-local-ip", [](const ContainerSpec& spec) { return !spec.link_local_ips.empty(); },
     "networks have no such addresses yet"},
    {"--network-alias", [](const ContainerSpec& spec) { return !spec.network_aliases.empty(); },
     "networks have no names yet"},
    {"--link", [](const ContainerSpec& spec) { return !spec.links.empty(); },
     "docker's old links are not there"},
};

} // namespace

std::vector<UnsupportedOption> unsupported_options() {
    std::vector<UnsupportedOption> options;
    for (const Refusal& refusal : kRefusals) options.push_back({refusal.option, refusal.why});
    return options;
}

Result<void> refuse_unsupported(const ContainerSpec& spec) {
    for (const Refusal& refusal : kRefusals)
        if (refusal.asked_for(spec))
            return fail(Code::unsupported, refusal.option, " is not supported: ", refusal.why);
    return {};
}

} // namespace rt
