// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_view.hpp"

#include "core/base/clock.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

Json object_or_null(const std::map<std::string, std::string>& map) {
    return map.empty() ? Json() : Json(map);
}

} // namespace

Json inspect_volume(const Volume& volume, const Path& data) {
    return {{"CreatedAt", rfc3339(volume.created_at)},
            {"Driver", volume.driver},
            {"Labels", object_or_null(volume.labels)},
            {"Mountpoint", data.native()},
            {"Name", volume.name},
            {"Options", object_or_null(volume.options)},
            {"Scope", "local"}};
}

} // namespace rt
