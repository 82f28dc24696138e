// SPDX-License-Identifier: Apache-2.0
// What a verb on a running container begins with: the container as it is now, and its shim.
#pragma once

#include "core/container/engine.hpp"
#include "core/shim/client.hpp"

#include <string>
#include <string_view>

namespace rt {

// failed_precondition, "cannot VERB container 'NAME': it is not running": it does not, or it ends just now.
Result<ShimClient> connect_running(Engine& engine, const Container& container, std::string_view verb);

// That failure, for who learns of it later.
std::unexpected<Error> is_not_running(const Container& container, std::string_view verb);

// Of a run directory, after a connection has ended: the process may take a moment to be gone. False: it has
// not gone for two seconds.
bool shim_dies(const Path& directory);

} // namespace rt
