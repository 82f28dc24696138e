// SPDX-License-Identifier: Apache-2.0
// What requests are made of: queries, versions, filters, bodies.
#include "tools/rtd/http/answer.hpp"
#include "tools/rtd/http/request.hpp"
#include "tools/rtd/models/filters.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using rt::Code;
using rt::rtd::ApiVersion;
using rt::rtd::parse_filters;
using rt::rtd::Query;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ApiQuery, DecodesNamesAndValues) {
    const auto query = Query::parse("name=a%2Fb+c&all=1&empty=&flag&name=second");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->get("name"), "a/b c");
    EXPECT_THAT(query->all("name"), ElementsAre("a/b c", "second"));
    EXPECT_TRUE(query->has("flag"));
    EXPECT_FALSE(query->has("other"));
}

TEST(ApiQuery, RefusesWhatIsNoEscape) {
    for (const char* text : {"a=%", "a=%1", "a=%zz", "a=%00", "%=1"})
        EXPECT_EQ(Query::parse(text).error().code, Code::invalid_argument) << text;
}

TEST(ApiQuery, HasDockersNotionOfTruth) {
    const auto query = *Query::parse("a=1&b=true&c=False&d=0&e=&f=no&g=none&h=yes");
    for (const char* name : {"a", "b", "h"}) EXPECT_TRUE(query.flag(name)) << name;
    for (const char* name : {"c", "d", "e", "f", "g", "missing"}) EXPECT_FALSE(query.flag(name)) << name;
    EXPECT_TRUE(query.flag("missing", true));
}

TEST(ApiQuery, NumbersAreWhole) {
    const auto query = *Query::parse("t=10&u=-1&v=1x&w=99999999999999999999&x=");
    EXPECT_EQ(**query.number("t"), 10);
    EXPECT_EQ(**query.number("u"), -1);
    EXPECT_FALSE(query.number("v"));
    EXPECT_FALSE(query.number("w"));
    EXPECT_FALSE(query.number("x")->has_value());
    EXPECT_FALSE(query.number("missing")->has_value());
}

TEST(ApiVersion, IsTakenOffThePath) {
    std::string_view path = "/v1.43/containers/json";
    EXPECT_EQ(*rt::rtd::take_version(path), (ApiVersion{1, 43}));
    EXPECT_EQ(path, "/containers/json");
    path = "/containers/v1.43";
    EXPECT_EQ(*rt::rtd::take_version(path), rt::rtd::kNewest);
    EXPECT_EQ(path, "/containers/v1.43");
    path = "/version";
    EXPECT_EQ(*rt::rtd::take_version(path), rt::rtd::kNewest);
}

TEST(ApiVersion, TooOldAndTooNewAreSaidInDockersWords) {
    std::string_view path = "/v1.20/info";
    EXPECT_EQ(
        rt::rtd::take_version(path).error().message,
        "client version 1.20 is too old. Minimum supported API version is 1.24, please upgrade your client "
        "to a newer version");
    path = "/v1.99/info";
    EXPECT_EQ(rt::rtd::take_version(path).error().message,
              "client version 1.99 is too new. Maximum supported API version is 1.50");
    path = "/v1.21/info"; // of old compose files
    EXPECT_TRUE(rt::rtd::take_version(path));
}

TEST(ApiFilters, BothShapesMeanTheSame) {
    EXPECT_THAT(*parse_filters(R"({"label":["a","b=c"],"status":["running"]})"),
                ElementsAre("label=a", "label=b=c", "status=running"));
    EXPECT_THAT(*parse_filters(R"({"label":{"a":true,"b":false}})"), ElementsAre("label=a"));
    EXPECT_THAT(*parse_filters(""), IsEmpty());
    for (const char* text : {"[]", "{", R"({"a":1})", R"({"a":[1]})", R"({"a":{"b":"c"}})"})
        EXPECT_EQ(parse_filters(text).error().code, Code::invalid_argument) << text;
}

TEST(ApiRequest, ABodyIsAnObject) {
    rt::rtd::Request request;
    EXPECT_EQ(*request.json(), nlohmann::json::object());
    for (const char* text : {"[]", "1", "{", R"({"a":1,"a":2})"}) {
        request.body = text;
        EXPECT_EQ(request.json().error().code, Code::invalid_argument) << text;
    }
    request.body = "null\n";
    EXPECT_TRUE(request.json());
}

TEST(ApiAnswer, AnErrorHasDockersShapeAndStatus) {
    const auto answer = rt::rtd::error_answer({Code::not_found, 0, "No such container: x"});
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(answer.body, "{\"message\":\"No such container: x\"}\n");
}

} // namespace
