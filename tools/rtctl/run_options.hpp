// SPDX-License-Identifier: Apache-2.0
// From the words of `rtctl run` to a ContainerSpec: docker's options with docker's meanings. Pure but for
// relative paths, which are taken from the working directory, and -e NAME, which takes the value from our own
// environment.
#pragma once

#include "core/container/spec.hpp"
#include "tools/rtctl/options.hpp"

namespace rt::cli {

options::options_description run_options();

struct RunRequest {
    ContainerSpec spec;
    bool detach = false;
    bool interactive = false;
    std::string detach_keys; // bytes
};
Result<RunRequest> run_request(const Parsed& parsed);

// "512m", "1g", "1048576": bytes, powers of 1024.
Result<std::int64_t> parse_size(const std::string& text);
// "1.5" -> 1'500'000'000
Result<std::int64_t> parse_cpus(const std::string& text);
// "host:ctr[:ro|rw]"
Result<BindMount> parse_bind(const std::string& text);

} // namespace rt::cli
