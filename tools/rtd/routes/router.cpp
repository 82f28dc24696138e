// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/router.hpp"

namespace rt::rtd {
namespace {

// The part of a pattern up to its next '{', which the path has to begin with.
bool take_literal(std::string_view& pattern, std::string_view& path) {
    const std::string_view literal = pattern.substr(0, pattern.find('{'));
    if (!path.starts_with(literal)) return false;
    pattern.remove_prefix(literal.size());
    path.remove_prefix(literal.size());
    return true;
}

} // namespace

bool match_path(std::string_view pattern, std::string_view path, PathParameters& parameters) {
    parameters.clear();
    while (!pattern.empty()) {
        if (!take_literal(pattern, path)) return false;
        if (pattern.empty()) break;
        const std::size_t end = pattern.find('}');
        std::string_view name = pattern.substr(1, end - 1);
        pattern.remove_prefix(end + 1);
        const bool takes_slashes = name.ends_with("...");
        if (takes_slashes) name.remove_suffix(3);
        std::string_view value;
        if (takes_slashes) { // to the end, but for what has to follow
            if (!path.ends_with(pattern) || path.size() < pattern.size()) return false;
            value = path.substr(0, path.size() - pattern.size());
        } else {
            value = path.substr(0, path.find('/'));
        }
        if (value.empty()) return false;
        path.remove_prefix(value.size());
        parameters.emplace_back(name, value);
    }
    return path.empty();
}

Result<const Route*> find_route(std::span<const Route> routes, Request& request) {
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    const Route* found = nullptr;
    for (const Route& route : routes) {
        PathParameters parameters;
        if (!match_path(route.pattern, request.path, parameters)) continue;
        if (route.method != request.method && route.method != method) continue;
        // What streams has no head without a body.
        if (route.method != request.method && std::holds_alternative<Streaming>(route.action)) continue;
        // A route of HEAD's own comes before GET's.
        if (found != nullptr && route.method != request.method) continue;
        found = &route;
        request.parameters = std::move(parameters);
        if (route.method == request.method) return found;
    }
    if (found != nullptr) return found;
    return fail(Code::not_found, "page not found"); // as docker has it, also for another method's path
}

} // namespace rt::rtd
