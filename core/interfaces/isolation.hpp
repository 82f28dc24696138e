// SPDX-License-Identifier: Apache-2.0
// The OCI runtime's life cycle. Instances live in rt-shim, one per container, which reaps the processes
// itself; the core makes one of its own only to destroy() what a killed shim left behind. The bundle's
// config_json is the OCI runtime specification's config.json. Between create and start nothing of the user's
// runs. Contract: <rtp/isolation.h>.
#pragma once

#include "core/interfaces/driver.hpp"

#include <rtp/isolation.h>

#include <array>
#include <string>
#include <vector>

namespace rt {

struct Bundle {
    std::string id;
    std::string directory;
    std::string config_json;
    std::vector<Mount> rootfs;
    std::array<int, 3> stdio{-1, -1, -1}; // borrowed; -1 each with a terminal
};

struct Process {
    int pid = 0;
    UniqueFd pidfd;
    UniqueFd console; // empty without a terminal
    UniqueFd netns;   // create() only; empty where there is no new network namespace, or it was made ahead
};

enum class SignalScope : std::int32_t {
    first_process = RTP_SIGNAL_FIRST_PROCESS,
    all_processes = RTP_SIGNAL_ALL_PROCESSES
};

class Isolation : public Driver {
public:
    virtual Result<Process> create(const Operation&, const Bundle& bundle) = 0;
    virtual Result<void> start(const Operation&, const std::string& id) = 0;
    virtual Result<Process> exec(const Operation&, const std::string& id, const std::string& process_json,
                                 std::array<int, 3> stdio) = 0;
    virtual Result<void> signal(const Operation&, const std::string& id, int number, SignalScope scope) = 0;
    // Ahead of create(), which then takes it. unsupported: the driver cannot.
    virtual Result<UniqueFd> make_network_namespace(const Operation&) = 0;
    virtual Result<void> destroy(const Operation&, const std::string& id, const std::string& config_json) = 0;

    // Each of the following is unsupported where the driver has no such interface.
    virtual Result<void> pause(const Operation&, const std::string& id) = 0;
    virtual Result<void> resume(const Operation&, const std::string& id) = 0;
    virtual Result<std::string> stats(const Operation&, const std::string& id) = 0; // JSON
    // resources_json: like linux.resources of the OCI runtime specification; what is not there stays.
    virtual Result<void> update(const Operation&, const std::string& id,
                                const std::string& resources_json) = 0;
    virtual Result<std::vector<int>> processes(const Operation&, const std::string& id) = 0; // from outside
};

} // namespace rt
