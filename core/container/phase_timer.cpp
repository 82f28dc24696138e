// SPDX-License-Identifier: Apache-2.0
#include "core/container/phase_timer.hpp"

#include <nlohmann/json.hpp>

namespace rt {

Json PhaseTimer::to_json() const {
    Json list = Json::array();
    for (const Phase& phase : phases_)
        list.push_back({{"name", phase.name}, {"driver", phase.driver}, {"us", phase.ns / 1000}});
    list.push_back({{"name", "total"}, {"driver", ""}, {"us", (last_ - start_) / 1000}});
    return list;
}

} // namespace rt
