// SPDX-License-Identifier: Apache-2.0
// Writes the OCI runtime-spec config.json of a container: the one contract with isolation drivers. Docker's
// defaults for mounts, devices, masked paths, capabilities and system settings stand here as tables. Pure;
// any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/spec.hpp"

#include <string>

namespace rt {

struct OciInput {
    std::string container_id;
    std::string bundle; // directory; holds hosts, hostname, resolv.conf and rootfs/
    std::string hostname;
    std::string cgroup_parent; // "/rt"
    bool own_network = true;   // a network namespace of its own
    const ContainerSpec& spec;
    const ProcessPlan& plan;
};

Result<std::string> oci_config(const OciInput& input);

} // namespace rt
