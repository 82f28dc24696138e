// SPDX-License-Identifier: Apache-2.0
// From a request to the code that answers it.
#pragma once

#include "tools/rtd/http/connection.hpp"
#include "tools/rtd/services.hpp"

namespace rt::rtd {

// Of the table of routes; services: borrowed by the handler.
Result<Handler> find_handler(Services& services, Request& request);

} // namespace rt::rtd
