// SPDX-License-Identifier: Apache-2.0
// Can this host carry bridge networks? Tried out in a network namespace of a thread of its own, which goes
// with it.
#pragma once

#include "documents.hpp"

#include <string>

namespace rt::bridge {

// Facts as a JSON object; unsupported or permission_denied with the reason and the alternative.
sdk::Result<std::string> probe_host(const Config& config);

} // namespace rt::bridge
