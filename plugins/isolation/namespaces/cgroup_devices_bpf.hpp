// SPDX-License-Identifier: Apache-2.0
// Device rules on cgroup v2: there are no control files, a small eBPF program attached to the cgroup decides.
#pragma once

#include "oci_config.hpp"

#include <linux/bpf.h>

#include <vector>

namespace rt::namespaces {

// The program: the last rule that matches decides; what no rule matches is denied.
std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules);

// Loads the program, which runs nowhere yet.
Result<UniqueFd> load_device_program(const std::vector<DeviceRule>& rules);

// Loads the program and attaches it to the cgroup; it goes with the cgroup.
Result<void> attach_device_program(int cgroup, const std::vector<DeviceRule>& rules);

} // namespace rt::namespaces
