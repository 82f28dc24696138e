// SPDX-License-Identifier: Apache-2.0
// docker's --filter for volumes: values of one key are alternatives (labels all have to be there), keys all
// have to fit. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/volume/volume_store.hpp"

#include <map>
#include <string>
#include <vector>

namespace rt {

class VolumeFilters {
public:
    enum class For {
        listing, // dangling, driver, label, name
        pruning  // all, label, label!
    };
    // texts: "key=value". invalid_argument: no such key, or no value that it takes.
    static Result<VolumeFilters> parse(const std::vector<std::string>& texts, For use);

    [[nodiscard]] bool matches(const Volume& volume, bool used) const;
    [[nodiscard]] bool wants_all() const; // all=true

private:
    std::multimap<std::string, std::string> values_;
};

} // namespace rt
