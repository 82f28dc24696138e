// SPDX-License-Identifier: Apache-2.0
// The parts of validate() (spec.hpp). Pure; any thread.
#pragma once

#include "core/container/spec.hpp"

namespace rt {

Result<void> validate_limits(const ContainerSpec& spec);
Result<void> validate_security(const ContainerSpec& spec);
// Names, addresses, and what excludes each other when namespaces are shared.
Result<void> validate_network(const ContainerSpec& spec);

// The form of a sysctl that has a value for each container; invalid_argument otherwise.
Result<void> validate_sysctl(const std::string& key);
// "0-3,5"; empty is none.
bool is_cpu_list(const std::string& text);

} // namespace rt
