// SPDX-License-Identifier: Apache-2.0
// What clients of older versions of docker's API say, in the words of the newest: fields that came later are
// passed over as docker passed over them, and defaults are those of the version. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "tools/rtd/http/api_version.hpp"

namespace rt::rtd {

// The body of POST /containers/create. cgroup_v2: of this host. Values of a wrong type are left for its
// reader to complain of. invalid_argument: docker refuses it in this version.
enum class HostCgroups { v1, v2 };
Result<Json> create_request_of(Json body, ApiVersion version, HostCgroups cgroups);
// The body of POST /containers/{id}/update.
Json update_request_of(Json body, ApiVersion version);

} // namespace rt::rtd
