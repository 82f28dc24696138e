// SPDX-License-Identifier: Apache-2.0
// The headers of others that most of the engine includes, to be compiled once (core/CMakeLists.txt). Nobody
// includes this one: each file still names what it needs.
#pragma once

#include "core/base/instances.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>
