// SPDX-License-Identifier: Apache-2.0
// What a user asked for: plain values, stored as JSON in rt.db, so that a container can be made again exactly
// as it was. Nothing here is derived from the image, the host or a driver. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/network/port.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct BindMount {
    std::string source; // absolute, on the host; made as a directory where it is missing
    std::string target; // absolute, in the container
    bool read_only = false;
};

struct ContainerSpec {
    std::string image;                       // as the user gave it
    std::string name;                        // "": one is made up
    std::string storage, network, isolation; // driver instances; "": the default

    std::optional<std::vector<std::string>> entrypoint; // given: replaces the image's (and its command)
    std::vector<std::string> command;                   // empty: the image's
    std::vector<std::string> environment;               // "KEY=value", or "KEY" to remove the image's
    std::string working_directory;
    std::string user; // "name|uid[:group|gid]"
    std::string hostname;
    bool terminal = false;
    bool open_stdin = false;
    bool auto_remove = false;

    std::vector<BindMount> binds;
    std::vector<PublishedPort> ports;

    std::int64_t memory = 0;          // bytes; 0: no limit
    std::int64_t nano_cpus = 0;       // 10^-9 CPUs; 0: no limit
    std::int64_t pids_limit = 0;      // 0: no limit
    std::vector<std::string> cap_add; // "NET_ADMIN", "CAP_NET_ADMIN" or "ALL"
    std::vector<std::string> cap_drop;
    bool read_only = false;
};

Json to_json(const ContainerSpec& spec);
Result<ContainerSpec> spec_from_json(const std::string& text);

// What can be said without looking at the host: paths that are not absolute, unknown capabilities, negative
// numbers, the same target twice. invalid_argument.
Result<void> validate(const ContainerSpec& spec);
Result<void> validate_container_name(const std::string& name);

} // namespace rt
