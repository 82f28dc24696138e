// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/rtd/http/exchange.hpp"
#include "tools/rtd/services.hpp"

namespace rt::rtd {

// POST /images/create?fromSrc=-: an image out of the tar that is the request's body.
Awaitable<Result<void>> import_image(Services& services, Exchange& exchange);

} // namespace rt::rtd
