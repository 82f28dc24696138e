// SPDX-License-Identifier: Apache-2.0
// From the words of `rtctl run`, `create` and `explain run` to a ContainerSpec: docker's options with
// docker's meanings. Pure but for relative paths, which are taken from the working directory, files that
// options name
// (--env-file, --label-file, a seccomp profile), and -e NAME, which takes the value from our own environment.
#pragma once

#include "core/container/run.hpp"
#include "core/container/spec.hpp"
#include "tools/rtctl/options.hpp"

namespace rt::cli {

// The flags, grouped by theme (run_flags.cpp).
enum class FlagsOf {
    run,
    create // without those about being attached to what runs
};
options::options_description run_options(FlagsOf verb = FlagsOf::run);

// A flag of docker's that is understood only to say why it is refused.
struct RefusedFlag {
    const char* name;
    const char* why;
};
const std::vector<RefusedFlag>& refused_flags();

struct RunRequest {
    ContainerSpec spec;
    bool detach = false;
    bool interactive = false;
    bool quiet = false;
    bool proxy_signals = true;
    PullPolicy pull = PullPolicy::missing;
    std::string detach_keys; // bytes
    std::vector<std::string> warnings;
};
Result<RunRequest> run_request(const Parsed& parsed);

} // namespace rt::cli
