// SPDX-License-Identifier: Apache-2.0
// Removes what nothing needs any more: containers that do not run, images that no container uses.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/spec.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rt {

// docker's --filter of prune; all have to fit.
class PruneFilters {
public:
    // "until=TIME", "label=KEY[=VALUE]", "label!=KEY[=VALUE]". now: ns, for times that are told by how long
    // ago. invalid_argument: another key, a time that is none, until given twice.
    static Result<PruneFilters> parse(const std::vector<std::string>& texts, std::int64_t now);

    [[nodiscard]] bool matches(std::int64_t created_at, const StringMap& labels) const;

private:
    std::int64_t until_ = 0;                                          // ns; 0: none is too young
    std::vector<std::pair<std::string, std::string>> with_, without_; // key, and value or ""
};

struct Pruned {
    std::vector<std::string> untagged; // names of images
    std::vector<std::string> deleted;  // ids
    std::uint64_t reclaimed = 0;       // bytes
    std::vector<Error> problems;       // what could not be removed, and does not keep the rest from it
};

// Those that have ended or were never started.
Result<Pruned> prune_containers(Engine& engine, const PruneFilters& filters);

enum class PruneImages {
    dangling, // those without a name
    unused    // and those that have one
};
Result<Pruned> prune_images(Engine& engine, const PruneFilters& filters, PruneImages which);

} // namespace rt
