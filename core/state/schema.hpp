// SPDX-License-Identifier: Apache-2.0
// The tables of rt.db, as the list of steps that made them: step N takes a database of format N-1 to format
// N. Steps that were released are never edited.
#pragma once

#include <span>
#include <string_view>

namespace rt {

std::span<const std::string_view> schema_migrations();

} // namespace rt
