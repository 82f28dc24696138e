// SPDX-License-Identifier: Apache-2.0
// Work that reads or writes a descriptor, and a client at its other end: never faster than the slower of the
// two, and ended when the client goes.
#pragma once

#include "tools/rtd/services.hpp"

#include "tools/rtd/http/exchange.hpp"

#include <functional>

namespace rt::rtd {

// The descriptor is borrowed for the call, and closed after it.
using WritingWork = std::function<Result<void>(Engine& engine, int out)>;
// operation is cancelled when the body breaks off, before in comes to its end.
using ReadingWork = std::function<Result<void>(Engine& engine, int in, const Operation& operation)>;

// What work writes is the answer, which begins with head at the first byte: what fails before is answered as
// any other failure.
Awaitable<Result<void>> write_piped(Services& services, Exchange& exchange, Answer head, WritingWork work);
// The body of the request is what work reads. Where it stops before the body's end, so does this.
Awaitable<Result<void>> read_piped(Services& services, Exchange& exchange, ReadingWork work);

} // namespace rt::rtd
