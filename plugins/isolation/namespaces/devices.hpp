// SPDX-License-Identifier: Apache-2.0
// The device nodes and links below /dev that every container has, and those of linux.devices. Runs in the
// first process before pivot_root. Nodes are made with mknodat(2), which never follows a link in the last
// component; in a user namespace the host's nodes are bound instead.
#pragma once

#include "oci_config.hpp"

namespace rt::namespaces {

enum class DeviceSource { make_nodes, bind_from_host };

Result<void> make_default_devices(int root, DeviceSource source);
Result<void> make_devices(int root, const std::vector<DeviceSpec>& devices, DeviceSource source);
// /dev/fd, stdin, stdout, stderr, core, and ptmx.
Result<void> make_device_links(int root);

} // namespace rt::namespaces
