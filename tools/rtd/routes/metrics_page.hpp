// SPDX-License-Identifier: Apache-2.0
// GET /metrics, on a listener of its own.
#pragma once

#include "tools/rtd/engine/metrics.hpp"
#include "tools/rtd/services.hpp"

namespace rt::rtd {

// All are borrowed. serving: whose connections are counted.
FindHandler metrics_page(Services& services, const Metrics& metrics, const Serving& serving);

} // namespace rt::rtd
