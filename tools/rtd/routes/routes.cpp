// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/routes.hpp"

namespace rt::rtd {

const std::vector<Route>& all_routes() {
    static const std::vector<Route> kRoutes = [] {
        std::vector<Route> all;
        for (const auto& part :
             {system_routes(), event_routes(), container_routes(), container_stream_routes(),
              container_stats_routes(), container_file_routes(), exec_routes(), image_routes(),
              image_name_routes(), image_transfer_routes(), network_routes(), volume_routes(),
              plugin_routes(), refused_routes(), swarm_routes()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return kRoutes;
}

} // namespace rt::rtd
