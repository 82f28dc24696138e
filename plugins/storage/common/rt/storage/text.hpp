// SPDX-License-Identifier: Apache-2.0
// Names for messages and paths. Names below a snapshot's root come from images and containers: any byte may
// be in them.
#pragma once

#include <rt/sdk/error.hpp>

#include <string>
#include <string_view>

namespace rt::storage {

// name in quotes and as one line of plain ASCII, whatever it holds; long ones are cut.
std::string in_quotes(std::string_view name);

// [A-Za-z0-9][A-Za-z0-9_.-]{0,63}: an id that is also a safe file name. Fails with invalid_argument.
sdk::Result<void> check_id(std::string_view id);

} // namespace rt::storage
