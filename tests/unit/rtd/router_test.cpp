// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/routes.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <set>

namespace {

using rt::Code;
using rt::rtd::find_route;
using rt::rtd::match_path;
using rt::rtd::PathParameters;
using rt::rtd::Request;
using testing::ElementsAre;
using testing::Pair;

Request request_of(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    return request;
}

TEST(ApiRoutes, PatternsTakePathsApart) {
    PathParameters parameters;
    EXPECT_TRUE(match_path("/containers/{id}/json", "/containers/abc/json", parameters));
    EXPECT_THAT(parameters, ElementsAre(Pair("id", "abc")));
    EXPECT_FALSE(match_path("/containers/{id}/json", "/containers/a/b/json", parameters));
    EXPECT_FALSE(match_path("/containers/{id}/json", "/containers//json", parameters));
    EXPECT_TRUE(match_path("/images/{name...}/json", "/images/host:5000/a/b:1/json", parameters));
    EXPECT_THAT(parameters, ElementsAre(Pair("name", "host:5000/a/b:1")));
    EXPECT_FALSE(match_path("/images/{name...}/json", "/images/json", parameters));
    EXPECT_TRUE(match_path("/version", "/version", parameters));
    EXPECT_FALSE(match_path("/version", "/version/", parameters));
}

TEST(ApiRoutes, ARouteIsFoundByMethodAndPath) {
    auto request = request_of("GET", "/containers/json");
    EXPECT_EQ((*find_route(rt::rtd::all_routes(), request))->pattern, "/containers/json");
    request = request_of("DELETE", "/images/debian");
    EXPECT_EQ((*find_route(rt::rtd::all_routes(), request))->pattern, "/images/{name...}");
    EXPECT_EQ(request.parameter("name"), "debian");
    request = request_of("HEAD", "/info"); // GET without a body
    EXPECT_EQ((*find_route(rt::rtd::all_routes(), request))->method, "GET");
    request = request_of("HEAD", "/containers/x/archive");
    EXPECT_EQ((*find_route(rt::rtd::all_routes(), request))->method, "HEAD");
    request = request_of("HEAD", "/events"); // streams for ever
    EXPECT_EQ(find_route(rt::rtd::all_routes(), request).error().code, Code::not_found);
}

TEST(ApiRoutes, WhatIsNotThereIsSaid) {
    auto request = request_of("GET", "/nothing");
    EXPECT_EQ(find_route(rt::rtd::all_routes(), request).error().code, Code::not_found);
    request = request_of("PATCH", "/containers/json");
    EXPECT_EQ(find_route(rt::rtd::all_routes(), request).error().code, Code::not_found);
}

TEST(ApiRoutes, NoneIsThereTwice) {
    std::set<std::string> seen;
    for (const auto& route : rt::rtd::all_routes())
        EXPECT_TRUE(seen.insert(rt::cat(route.method, " ", route.pattern)).second)
            << route.method << " " << route.pattern;
}

// docs/api.md has a line for each.
TEST(ApiRoutes, AreAllInTheDocs) {
    std::ifstream file(RT_SOURCE_DIR "/docs/api.md");
    std::set<std::string> told, there;
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("| `")) told.insert(line.substr(3, line.find('`', 3) - 3));
    for (const auto& route : rt::rtd::all_routes()) there.insert(rt::cat(route.method, " ", route.pattern));
    EXPECT_EQ(told, there);
}

} // namespace
