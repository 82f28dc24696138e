// SPDX-License-Identifier: Apache-2.0
// That another container has the name already, in docker's words. One thread.
#pragma once

#include "core/container/container_store.hpp"

#include <string>

namespace rt {

inline std::unexpected<Error> name_is_taken(ContainerStore& containers, const std::string& name) {
    const auto holder = containers.find(name);
    return fail(Code::already_exists, "Conflict. The container name \"/", name,
                "\" is already in use by container \"", holder ? holder->id : std::string("?"),
                "\". You have to remove (or rename) that container to be able to reuse that name: 'rtctl rm ",
                name, "' removes it");
}

} // namespace rt
