// SPDX-License-Identifier: Apache-2.0
#include "core/container/origins.hpp"

#include <algorithm>

namespace rt {

std::vector<Origin>::iterator Origins::find(std::string_view kind, std::string_view name) {
    return std::ranges::find_if(
        all_, [&](const Origin& origin) { return origin.kind == kind && origin.name == name; });
}

void Origins::note(std::string_view kind, std::string_view name, std::string_view value,
                   std::string_view from) {
    const auto found = find(kind, name);
    Origin& origin = found == all_.end() ? all_.emplace_back() : *found;
    origin = {std::string(kind), std::string(name), std::string(value), std::string(from)};
}

void Origins::forget(std::string_view kind, std::string_view name) {
    if (const auto found = find(kind, name); found != all_.end()) all_.erase(found);
}

} // namespace rt
