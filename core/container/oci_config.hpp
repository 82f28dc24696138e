// SPDX-License-Identifier: Apache-2.0
// Writes the OCI runtime-spec config.json of a container: the one contract with isolation drivers. Docker's
// defaults for mounts, devices, masked paths, capabilities and system settings stand in oci_*.cpp as tables.
// Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/config/id_pool.hpp"
#include "core/container/host_facts.hpp"
#include "core/container/origins.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/spec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

// Where the namespaces of another container are, /proc/PID/ns/...; "": not shared with one.
struct JoinedNamespaces {
    std::string pid, ipc, network;
    std::string shm; // with ipc: the other's /dev/shm on the host
};

struct OciInput {
    std::string container_id;
    std::string bundle; // directory; holds hosts, hostname, resolv.conf and rootfs/
    std::string hostname;
    std::string cgroup_parent; // "/rt"
    bool own_network = true;   // a network namespace of its own
    const ContainerSpec& spec;
    const ProcessPlan& plan;
    HostFacts host{};
    JoinedNamespaces joined{};
    IdRange ids{};
    std::string init_program{}; // on the host; "": none is to run before the user's program
    Origins* origins = nullptr;
};

// Paths that are hidden, and that are read-only: the user's, none with --privileged, docker's otherwise.
std::vector<std::string> masked_paths_of(const ContainerSpec& spec);
std::vector<std::string> readonly_paths_of(const ContainerSpec& spec);

// "/rt/ID". parent: where the user names none.
std::string cgroup_path_of(const ContainerSpec& spec, const std::string& parent,
                           const std::string& container_id);

Result<std::string> oci_config(const OciInput& input);

} // namespace rt
