// SPDX-License-Identifier: Apache-2.0
// Work that reads or writes a descriptor, and a client at its other end: never faster than the slower of the
// two, and ended when the client goes.
#pragma once

#include "tools/rtd/services.hpp"

#include "tools/rtd/http/exchange.hpp"

#include <functional>

namespace rt::rtd {

// The descriptor is borrowed for the call, and closed after it.
using PipedWork = std::function<Result<void>(Engine& engine, int fd)>;

// What work writes, to an answer that has begun.
Awaitable<Result<void>> write_piped(Services& services, Exchange& exchange, PipedWork work);
// The body of the request is what work reads. Where it stops before the body's end, so does this.
Awaitable<Result<void>> read_piped(Services& services, Exchange& exchange, PipedWork work);

} // namespace rt::rtd
