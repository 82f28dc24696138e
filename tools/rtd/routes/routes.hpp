// SPDX-License-Identifier: Apache-2.0
// The endpoints by resource, a file each.
#pragma once

#include "tools/rtd/routes/router.hpp"

#include <vector>

namespace rt::rtd {

std::vector<Route> system_routes();
std::vector<Route> event_routes();
std::vector<Route> container_routes();        // looking at them, and their life
std::vector<Route> container_stream_routes(); // attach, wait, logs
std::vector<Route> container_stats_routes();
std::vector<Route> container_file_routes(); // archive, export, changes
std::vector<Route> exec_routes();
std::vector<Route> image_routes();
std::vector<Route> image_transfer_routes(); // save, push, commit, auth, search
std::vector<Route> image_name_routes();     // tag, history, distribution
std::vector<Route> network_routes();
std::vector<Route> volume_routes();
std::vector<Route> plugin_routes();
std::vector<Route> refused_routes();
std::vector<Route> swarm_routes();

// All of them, in the order in which they are looked at.
const std::vector<Route>& all_routes();

} // namespace rt::rtd
