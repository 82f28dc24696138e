// SPDX-License-Identifier: Apache-2.0
#include "core/state/event_view.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

const rt::Event kStart{.id = 1,
                       .time = 1'763'918'400'000'000'007,
                       .type = "container",
                       .action = "start",
                       .actor_id = "abc123",
                       .attributes = R"({"image":"host:5000/a/b:c","name":"web","tier":"front"})"};
const rt::Event kHealth{.type = "container",
                        .action = "health_status: healthy",
                        .actor_id = "abc123",
                        .attributes = R"({"name":"web"})"};
const rt::Event kPull{
    .type = "image", .action = "pull", .actor_id = "busybox:1", .attributes = R"({"name":"busybox"})"};
const rt::Event kConnect{.type = "network",
                         .action = "connect",
                         .actor_id = "n1",
                         .attributes = R"({"name":"bridge","container":"abc123"})"};

TEST(EventJson, IsDockers) {
    EXPECT_EQ(rt::event_json(kStart), json::parse(R"({
        "status": "start", "id": "abc123", "from": "host:5000/a/b:c", "Type": "container",
        "Action": "start", "Actor": {"ID": "abc123", "Attributes": {"image": "host:5000/a/b:c",
        "name": "web", "tier": "front"}}, "scope": "local", "time": 1763918400,
        "timeNano": 1763918400000000007})"));
    EXPECT_EQ(rt::event_json(kPull)["status"], "pull");
    EXPECT_FALSE(rt::event_json(kPull).contains("from"));
    EXPECT_FALSE(rt::event_json(kConnect).contains("status"));
}

TEST(EventJson, OfDamagedAttributesHasNone) {
    rt::Event event = kStart;
    for (const char* text : {"", "[1]", "{\"a\":", "{\"a\":1}"}) {
        event.attributes = text;
        EXPECT_EQ(rt::event_json(event)["Actor"]["Attributes"], json::object()) << text;
    }
}

TEST(EventFilters, FitAsDockers) {
    const struct {
        std::vector<std::string> filters;
        bool start, health, pull, connect;
    } cases[] = {
        {{}, true, true, true, true},
        {{"type=container"}, true, true, false, false},
        {{"type=container", "type=image"}, true, true, true, false},
        {{"event=start"}, true, false, false, false},
        {{"event=health_status"}, false, true, false, false},
        {{"event=health_status: healthy"}, false, true, false, false},
        {{"event=health_status: unhealthy"}, false, false, false, false},
        {{"event=star"}, false, false, false, false},
        {{"container=web"}, true, true, false, false},
        {{"container=abc"}, true, true, false, false},
        {{"container=xyz"}, false, false, false, false},
        {{"network=bridge"}, false, false, false, true},
        {{"image=host:5000/a/b"}, true, false, false, false},
        {{"image=host:5000/a/b:c"}, true, false, false, false},
        {{"image=host"}, false, false, false, false},
        {{"image=busybox"}, false, false, true, false},
        {{"image=busybox:1"}, false, false, true, false},
        {{"label=tier"}, true, false, false, false},
        {{"label=tier=front"}, true, false, false, false},
        {{"label=tier=back"}, false, false, false, false},
        {{"label=tier", "label=other"}, false, false, false, false},
        {{"scope=local"}, true, true, true, true},
        {{"scope=swarm"}, false, false, false, false},
        {{"daemon=x"}, false, false, false, false},
        {{"volume=x"}, false, false, false, false},
        {{"container=web", "event=start"}, true, false, false, false},
    };
    for (const auto& each : cases) {
        const auto filters = rt::EventFilters::parse(each.filters);
        ASSERT_TRUE(filters);
        const std::string shown = json(each.filters).dump();
        EXPECT_EQ(filters->matches(kStart), each.start) << shown;
        EXPECT_EQ(filters->matches(kHealth), each.health) << shown;
        EXPECT_EQ(filters->matches(kPull), each.pull) << shown;
        EXPECT_EQ(filters->matches(kConnect), each.connect) << shown;
    }
}

TEST(EventFilters, UnknownOnesAreRefused) {
    for (const char* text : {"", "node=a", "colour=red", "container", "container=", "=x"}) {
        const auto filters = rt::EventFilters::parse({text});
        ASSERT_FALSE(filters) << text;
        EXPECT_EQ(filters.error().code, rt::Code::invalid_argument) << text;
    }
}

} // namespace
