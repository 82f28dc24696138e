// SPDX-License-Identifier: Apache-2.0
// The headers of others that nearly every test includes, to be compiled once (tests/CMakeLists.txt). Nobody
// includes this one: each file still names what it needs.
#pragma once

#include "core/base/instances.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>
