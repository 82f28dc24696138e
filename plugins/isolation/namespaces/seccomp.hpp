// SPDX-License-Identifier: Apache-2.0
// Where a container's filter comes from: none, the built-in profile, or config.json's. Gives the compiled
// program, out of the cache where it is there; then libseccomp is not touched.
#pragma once

#include "oci_config.hpp"
#include "seccomp_program.hpp"

#include <string>

namespace rt::namespaces {

class SeccompSource {
public:
    SeccompSource() = default;
    // state_dir: the cache is its directory "seccomp".
    SeccompSource(const Config& config, const std::string& state_dir);

    // bounding: the process's capabilities, on which the built-in profile depends. No instructions: no
    // filter.
    [[nodiscard]] Result<SeccompProgram> program(std::uint64_t bounding) const;

private:
    SeccompKind kind_ = SeccompKind::none;
    std::string json_;
    std::string directory_;
};

} // namespace rt::namespaces
