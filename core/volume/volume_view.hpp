// SPDX-License-Identifier: Apache-2.0
// A volume as `docker volume inspect` shows it. Any thread.
#pragma once

#include "core/base/file.hpp"
#include "core/base/json.hpp"
#include "core/volume/volume_store.hpp"

namespace rt {

Json inspect_volume(const Volume& volume, const Path& data);

} // namespace rt
