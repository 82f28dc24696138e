// SPDX-License-Identifier: Apache-2.0
// What systemd is told, where it has started us. Any thread.
#pragma once

#include <string_view>

namespace rt::rtd {

// sd_notify(3): "READY=1", "STOPPING=1". Without a service manager that listens: nothing.
void notify_service_manager(std::string_view state);

} // namespace rt::rtd
