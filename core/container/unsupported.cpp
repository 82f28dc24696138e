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

bool starts_with_container(const std::string& mode) {
    return mode.starts_with("container:");
}

const Refusal kRefusals[] = {
    {"--init", [](const ContainerSpec& spec) { return spec.init.value_or(false); },
     "there is no init program yet"},
    {"--network container:", [](const ContainerSpec& spec) { return starts_with_container(spec.network); },
     "the network of another container cannot be joined yet"},
    {"--pid container:", [](const ContainerSpec& spec) { return starts_with_container(spec.pid_mode); },
     "the processes of another container cannot be joined yet"},
    {"--ipc container:", [](const ContainerSpec& spec) { return starts_with_container(spec.ipc_mode); },
     "the IPC namespace of another container cannot be joined yet"},
    {"--userns",
     [](const ContainerSpec& spec) { return !spec.userns_mode.empty() && spec.userns_mode != "host"; },
     "user namespaces are not there yet"},
    {"--group-add",
     [](const ContainerSpec& spec) {
         return std::ranges::any_of(spec.group_add, [](const std::string& group) {
             return group.find_first_not_of("0123456789") != std::string::npos;
         });
     },
     "a group is given by its number so far, not by a name"},
    {"--annotation",
     [](const ContainerSpec& spec) {
         const auto first = spec.annotations.lower_bound("io.rt.");
         return first != spec.annotations.end() && first->first.starts_with("io.rt.");
     },
     "keys that begin with io.rt. are the engine's own"},
    {"--storage-opt", [](const ContainerSpec& spec) { return !spec.storage_opt.empty(); },
     "no storage driver has options for a single container"},
    {"Config.NetworkDisabled", [](const ContainerSpec& spec) { return spec.network_disabled; },
     "choose a network driver that makes none"},
    {"--link", [](const ContainerSpec& spec) { return !spec.links.empty(); },
     "docker's old links are not there: make a network with 'rtctl network create', whose containers reach "
     "each other"},
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
