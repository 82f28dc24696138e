// SPDX-License-Identifier: Apache-2.0
// How an image came to be, step by step, as its config tells it. One per thread, like the Database.
#pragma once

#include "core/image/image_store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

struct HistoryStep {
    std::int64_t created = 0; // ns; 0: the image does not say
    std::string created_by{}, comment{};
    std::int64_t size = 0; // bytes of its layer; 0 where it changed no file
};

// The latest first. A layer that the config says nothing of is a step all the same.
Result<std::vector<HistoryStep>> history_of(Database& database, const Image& image);

} // namespace rt
