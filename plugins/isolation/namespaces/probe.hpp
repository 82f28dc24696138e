// SPDX-License-Identifier: Apache-2.0
// Can containers be run on this host? Looks only; makes nothing.
#pragma once

#include "system.hpp"

namespace rt::namespaces {

// Facts as a JSON object, or why not (RTP_UNSUPPORTED, RTP_PERMISSION_DENIED).
Result<std::string> probe_host();

} // namespace rt::namespaces
