// SPDX-License-Identifier: Apache-2.0
// A volume as `docker volume inspect` shows it. Any thread.
#pragma once

#include "core/base/json.hpp"
#include "core/volume/volume_service.hpp"

namespace rt {

Json inspect_volume(const VolumeService& service, const Volume& volume);

} // namespace rt
