// SPDX-License-Identifier: Apache-2.0
// Settings of the container's new namespaces that are made through files and sockets: sysctls and loopback;
// and a network namespace that is there before the container.
#pragma once

#include "oci_config.hpp"

namespace rt::namespaces {

// Is this sysctl the container's own, given its new namespaces? Any other would change the host.
Result<void> check_sysctl(const std::string& name, const Config& config);
// root: the container's, with what is mounted there, before paths are made read-only.
Result<void> write_sysctls(const Config& config, int root);
Result<void> bring_up_loopback();

// A network namespace with loopback up that nobody is in. The calling thread is in it for a moment.
Result<UniqueFd> make_network_namespace();

} // namespace rt::namespaces
