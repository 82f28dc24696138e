// SPDX-License-Identifier: Apache-2.0
// The headers of others that most bundled drivers include, to be compiled once for each. Nobody includes this
// one: each file still names what it needs.
#pragma once

// The first two before the kernel's headers, which then leave their types alone.
#include <net/if.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
