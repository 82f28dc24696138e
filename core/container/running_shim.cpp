// SPDX-License-Identifier: Apache-2.0
#include "core/container/running_shim.hpp"

#include <poll.h>

namespace rt {

Result<ShimClient> connect_running(Engine& engine, const Container& container, std::string_view verb) {
    auto shim = container.phase == Phase::running ? ShimClient::connect(engine.run_directory(container.id))
                                                  : fail(Code::not_found, "");
    if (!shim && shim.error().code != Code::not_found)
        return in_context(std::move(shim).error(), "cannot ", verb, " container '", container.name, "'");
    if (!shim) return is_not_running(container, verb);
    return shim;
}

std::unexpected<Error> is_not_running(const Container& container, std::string_view verb) {
    return fail(Code::failed_precondition, "cannot ", verb, " container '", container.name, "': it is ",
                container.phase == Phase::restarting ? "restarting: wait until it is running"
                                                     : "not running");
}

bool shim_dies(const Path& directory) {
    constexpr int kLimit = 2000, kPause = 5; // ms
    for (int waited = 0; shim_is_alive(directory); waited += kPause) {
        if (waited >= kLimit) return false;
        ::poll(nullptr, 0, kPause);
    }
    return true;
}

} // namespace rt
