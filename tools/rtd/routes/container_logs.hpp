// SPDX-License-Identifier: Apache-2.0
// A container's log to a client: once, or as it grows. No thread is held while nothing is written.
#pragma once

#include "tools/rtd/http/exchange.hpp"
#include "tools/rtd/routes/router.hpp"

#include <cstdint>
#include <string>

namespace rt::rtd {

struct LogWishes {
    std::string container_id;
    bool out = true, error = true;
    bool terminal = false; // without frames
    bool timestamps = false, details = false;
    std::int64_t tail = -1;            // the last so many entries; below 0: all
    std::int64_t since = 0, until = 0; // ns; 0: no end
};

// What is there by now, to an answer that has begun.
Awaitable<Result<void>> write_logs(Services& services, Exchange& exchange, const LogWishes& wishes);

// GET /containers/{id}/logs
Awaitable<Result<void>> logs(Services& services, Exchange& exchange);

} // namespace rt::rtd
