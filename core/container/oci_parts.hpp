// SPDX-License-Identifier: Apache-2.0
// The parts of config.json, for the files that oci_config.cpp is split into. Pure; any thread.
#pragma once

#include "core/base/json.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/security_options.hpp"

#include <string>
#include <string_view>

namespace rt::oci {

Json mounts(const OciInput& input);
Json resources(const OciInput& input);
Json devices(const OciInput& input);
Json namespaces(const OciInput& input);
Json masked_paths(const OciInput& input);
Json readonly_paths(const OciInput& input);
Json sysctls(const OciInput& input);
std::string_view origin_of(const MountSpec& mount);

inline constexpr std::int64_t kCpuPeriod = 100'000; // microseconds; where --cpus says nothing of it

// CPU time in each such period.
inline std::int64_t quota_of(std::int64_t nano_cpus) {
    return nano_cpus * kCpuPeriod / 1'000'000'000;
}

// The limit of memory and swap together; as docker does: as much swap again as there is memory. 0: no limit.
inline std::int64_t memory_and_swap(const ContainerSpec& spec) {
    return spec.memory_swap != 0 ? spec.memory_swap : spec.memory * 2;
}

inline void note(const OciInput& input, std::string_view kind, std::string_view name, std::string_view value,
                 std::string_view from) {
    if (input.origins != nullptr) input.origins->note(kind, name, value, from);
}

} // namespace rt::oci
