// SPDX-License-Identifier: Apache-2.0
// Files that this thread makes belong to another user while one of these lives; it keeps all its
// capabilities. In a tree with mapped ids there is no owner 0 of the host's, and nothing could be made as
// that.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>

namespace rt {

class FileMaker {
public:
    static Result<FileMaker> become(std::uint32_t user_and_group); // 0: nothing changes
    FileMaker(FileMaker&& other) noexcept;
    FileMaker& operator=(FileMaker&&) = delete;
    ~FileMaker();

private:
    FileMaker() = default;
    bool active_ = false;
};

} // namespace rt
