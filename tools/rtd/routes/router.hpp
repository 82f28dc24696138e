// SPDX-License-Identifier: Apache-2.0
// Which code answers which request. Pure; any thread.
#pragma once

#include "core/container/engine.hpp"
#include "tools/rtd/http/exchange.hpp"

#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rt::rtd {

class Services;

// Most endpoints: a question to the engine and its answer. Runs where it may block; the body is whole.
using Work = Result<Answer> (*)(Engine& engine, const Request& request);
// Those that stream, or wait for what others do. Runs on the server's thread and must not block.
using Streaming = Awaitable<Result<void>> (*)(Services& services, Exchange& exchange);

struct Route {
    std::string_view method;
    // "/containers/{id}/json"; "{name...}" takes slashes too. Of two that fit, the first in the table counts.
    std::string_view pattern;
    std::variant<Work, Streaming> action;
};

// The path's parameters, where it fits the pattern.
using PathParameters = std::vector<std::pair<std::string, std::string>>;
bool match_path(std::string_view pattern, std::string_view path, PathParameters& parameters);

// not_found ("page not found"), also where the path exists with other methods. Fills the request's
// parameters. HEAD is GET without a body, where that does not stream.
Result<const Route*> find_route(std::span<const Route> routes, Request& request);

} // namespace rt::rtd
