// SPDX-License-Identifier: Apache-2.0
// What can be seen of containers, in docker's words. What runs is asked of the shim's traces in the run
// directory, not believed from the database.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"
#include "core/image/image_store.hpp"

namespace rt {

// docker inspect's object, plus "Drivers", "Phases" and "Warnings".
Result<Json> inspect_container(Engine& engine, const Container& container);

// docker image inspect's object.
Result<Json> inspect_image(Engine& engine, const Image& image);

} // namespace rt
