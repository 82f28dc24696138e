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
    {"--annotation",
     [](const ContainerSpec& spec) {
         const auto first = spec.annotations.lower_bound("io.rt.");
         return first != spec.annotations.end() && first->first.starts_with("io.rt.");
     },
     "keys that begin with io.rt. are the engine's own"},
    {"--storage-opt", [](const ContainerSpec& spec) { return !spec.storage_opt.empty(); },
     "no storage driver has options for a single container"},
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
