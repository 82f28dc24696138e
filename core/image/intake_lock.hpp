// SPDX-License-Identifier: Apache-2.0
// Keeps the removal of what no image needs apart from those who bring images in: any number of them at once
// hold it shared, the removal holds it alone. The kernel lets go of it when the process dies.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/lock_file.hpp"

#include <optional>

namespace rt {

class IntakeLock {
public:
    static Result<IntakeLock> share(const Path& root, const Patience& patience);
    // Empty while somebody brings an image in.
    static Result<std::optional<IntakeLock>> try_alone(const Path& root);

private:
    explicit IntakeLock(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace rt
