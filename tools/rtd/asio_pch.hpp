// SPDX-License-Identifier: Apache-2.0
// Compiled once for all files of rtd.
#pragma once

#include "core/base/instances.hpp"

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
