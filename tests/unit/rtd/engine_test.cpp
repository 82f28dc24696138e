// SPDX-License-Identifier: Apache-2.0
// What rtd has between clients and the engine.
#include "core/container/operation_name.hpp"
#include "tools/rtd/engine/listing_cache.hpp"
#include "tools/rtd/engine/metrics.hpp"
#include "tools/rtd/engine/shared_work.hpp"

#include "support/temp_dir.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include <atomic>

namespace {

using rt::Engine;
using rt::rtd::Answer;
using rt::rtd::Awaitable;
using rt::rtd::ListingCache;
using rt::rtd::SharedWork;
using rt::rtd::WorkerPool;
using testing::HasSubstr;
namespace asio = boost::asio;

class ApiSharedWork : public testing::Test {
protected:
    void SetUp() override {
        rt::test::write_file(dir_ / "config.json", "{\"root\": \"" + (dir_ / "root").native() +
                                                       "\", \"run\": \"" + (dir_ / "run").native() + "\"}");
    }
    // Asks, and keeps what is answered.
    Awaitable<void> ask(std::string question, SharedWork::Call call) {
        auto asking = questions_.ask(std::move(question), std::move(call));
        const auto outcome = co_await std::move(asking);
        answers_.push_back(*outcome ? (*outcome)->body : "error: " + outcome->error().message);
    }
    void spawn(const std::string& question, const SharedWork::Call& call) {
        asio::co_spawn(io_, ask(question, call), asio::detached);
    }

    rt::test::TempDir dir_;
    asio::io_context io_{1};
    WorkerPool workers_{[this] { return Engine::open(dir_ / "config.json"); }, 4};
    SharedWork questions_{io_.get_executor(), workers_};
    std::vector<std::string> answers_;
};

TEST_F(ApiSharedWork, AnAnswerIsBegunAfterItWasAskedFor) {
    std::atomic<int> state = 0, made = 0;
    std::atomic<bool> go_on = false;
    const auto answer = [&](Engine&) -> rt::Result<Answer> {
        const int seen = state;
        ++made;
        go_on.wait(false);
        return Answer{200, "text/plain", std::to_string(seen)};
    };
    spawn("same", answer);
    io_.poll();
    while (made == 0) io_.poll(); // it has been begun
    state = 1;
    for (int i = 0; i < 3; ++i) spawn("same", answer); // these come too late for it, and share the next
    spawn("other", answer);
    io_.poll();
    go_on = true;
    go_on.notify_all();
    io_.run();
    EXPECT_EQ(made, 3);
    EXPECT_THAT(answers_, testing::UnorderedElementsAre("0", "1", "1", "1", "1"));
}

TEST_F(ApiSharedWork, AnErrorIsSharedToo) {
    spawn("x", [](Engine&) -> rt::Result<Answer> { return rt::fail(rt::Code::not_found, "nothing"); });
    io_.run();
    EXPECT_THAT(answers_, testing::ElementsAre("error: nothing"));
}

TEST(ApiOperationName, IsThatOfTheThreadAndOfTheInnermost) {
    EXPECT_NE(Engine::new_operation().id, Engine::new_operation().id);
    const rt::OperationName outer("outer");
    EXPECT_EQ(Engine::new_operation().id, "outer");
    {
        const rt::OperationName inner("inner");
        EXPECT_EQ(Engine::new_operation().id, "inner");
    }
    EXPECT_EQ(rt::OperationName::current(), "outer");
}

TEST(ApiListingCache, AnEntryIsWrittenAgainWhenAPartOfItIsAnother) {
    ListingCache cache;
    int made = 0;
    const auto make = [&]() -> rt::Result<std::string> { return std::to_string(++made); };
    rt::Container stored;
    stored.id = "a";
    rt::ContainerNow now{stored, {"running", "Up 1 second", {}}, {}};
    const auto text = [&](int minor = 50, rt::ListedImage image = {"busybox", true}) {
        return **cache.text(stored, now, image, {1, minor}, make);
    };
    EXPECT_EQ(text(), "1");
    EXPECT_EQ(text(), "1");
    now.live.status = "Up 2 seconds";
    EXPECT_EQ(text(), "2");
    now.attachments.push_back({{}, std::make_shared<const rt::Network>()});
    EXPECT_EQ(text(), "3");
    now.attachments.front().endpoint.result = "{}";
    EXPECT_EQ(text(), "4");
    stored.name = "new";
    EXPECT_EQ(text(), "5");
    EXPECT_EQ(text(40), "6");
    EXPECT_EQ(text(40, {"busybox", false}), "7");
    EXPECT_EQ(text(40, {"sha256:1", false}), "8");
    now.live.health = {{"Status", "healthy"}};
    EXPECT_EQ(text(40), "9");
    cache.forget_others({});
    EXPECT_EQ(text(40), "10");
}

TEST(ApiMetrics, AreCountedByRouteAndStatus) {
    rt::rtd::Metrics metrics;
    metrics.count(
        {"GET", "/containers/x/json", "/containers/{id}/json", "", {}, 200, std::chrono::seconds(1), {}});
    metrics.count(
        {"GET", "/containers/y/json", "/containers/{id}/json", "", {}, 200, std::chrono::seconds(2), {}});
    metrics.count({"BREW\"", "/coffee", "", "", {}, 404, {}, {}});
    const std::string text = metrics.text({.connections = 7, .containers = {{"running", 3}}});
    EXPECT_THAT(
        text,
        HasSubstr("rtd_requests_total{method=\"GET\",route=\"/containers/{id}/json\",code=\"200\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("code=\"200\"} 3.000000\n"));
    EXPECT_THAT(text, HasSubstr("rtd_requests_total{method=\"\",route=\"\",code=\"404\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("rtd_containers{state=\"running\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("\nrtd_connections 7\n"));
    EXPECT_EQ(text.find("BREW"), std::string::npos);
}

} // namespace
