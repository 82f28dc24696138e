// SPDX-License-Identifier: Apache-2.0
// Docker's answers about the engine and its host (Engine API v1.50), made of the engine's types. What rt has
// nothing to say of (swarms, a Go version, runc) is left out. Pure; any thread.
#pragma once

#include "core/api/system_view.hpp"

namespace rt::api {

// GET /info: SystemInfo. Its key "Rt" has the driver instances by role.
Json info_json(const EngineView& engine, const HostView& host, const std::string& version);

// GET /version: SystemVersion.
Json version_json(const HostView& host, const std::string& version);

} // namespace rt::api
