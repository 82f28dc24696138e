// SPDX-License-Identifier: Apache-2.0
// Compiled filters on disk, one file each, named by a hash of what they were made from. A file holds that
// text too, so that neither a hash collision nor a damaged file can ever give a container a wrong filter:
// then it is compiled again.
#pragma once

#include "seccomp_program.hpp"
#include "system.hpp"

#include <optional>
#include <string>

namespace rt::namespaces {

class SeccompCache {
public:
    explicit SeccompCache(std::string directory) : directory_(std::move(directory)) {}

    // source: everything the filter depends on. Empty: not there, or not usable.
    [[nodiscard]] std::optional<SeccompProgram> load(const std::string& source) const;
    // Through a temporary file and a rename. A cache that cannot be written is no failure of the container's.
    Result<void> store(const std::string& source, const SeccompProgram& program) const;

private:
    [[nodiscard]] std::string path_for(const std::string& source) const;
    std::string directory_;
};

} // namespace rt::namespaces
