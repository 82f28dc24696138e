// SPDX-License-Identifier: Apache-2.0
// Who is in a container.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/process_table.hpp"

#include <string>

namespace rt {

// The processes of a container as `ps OPTIONS` on the host shows them. "" and "-ef" are answered by
// ourselves; for anything else ps is run: not_found where the host has none. failed_precondition: the
// container does not run. unsupported: its isolation driver cannot list processes.
Result<ProcessTable> top(Engine& engine, const std::string& reference, const std::string& ps_options);

} // namespace rt
