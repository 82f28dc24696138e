// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_store.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

class ContainerStoreTest : public testing::Test {
protected:
    rt::Container add(const std::string& id_start, const std::string& name) {
        rt::Container container;
        container.id = id_start + std::string(64 - id_start.size(), '0');
        container.name = name;
        container.spec = "{}";
        EXPECT_TRUE(store_.add(container));
        return container;
    }
    rt::Code code(const std::string& reference) {
        const auto found = store_.find(reference);
        EXPECT_FALSE(found) << reference;
        return found ? rt::Code::internal : found.error().code;
    }

    rt::test::TempDir dir_;
    rt::Database database_ = *rt::Database::open(dir_ / "root");
    rt::ContainerStore store_{database_};
};

TEST_F(ContainerStoreTest, FindsByNameIdAndBeginningOfId) {
    const auto one = add("abc1", "web");
    add("abc2", "db");
    EXPECT_EQ(store_.find("web")->id, one.id);
    EXPECT_EQ(store_.find(one.id)->name, "web");
    EXPECT_EQ(store_.find("abc1")->name, "web");
    EXPECT_EQ(code("abc"), rt::Code::failed_precondition);
    EXPECT_EQ(code("abd"), rt::Code::not_found);
    EXPECT_EQ(code(""), rt::Code::not_found);
    EXPECT_EQ(code("%"), rt::Code::not_found);
}

TEST_F(ContainerStoreTest, NamesTheNearestWhenThereIsNone) {
    add("1", "webserver");
    EXPECT_NE(store_.find("websever").error().message.find("webserver"), std::string::npos);
}

TEST_F(ContainerStoreTest, ANameIsUsedOnce) {
    add("1", "web");
    rt::Container second;
    second.id = std::string(64, '2');
    second.name = "web";
    EXPECT_EQ(store_.add(second).error().code, rt::Code::already_exists);
}

TEST_F(ContainerStoreTest, RemembersHowItEnded) {
    const auto one = add("1", "web");
    ASSERT_TRUE(store_.set_started(one.id, 5, R"({"pid": 7})", rt::StartedBy::user));
    EXPECT_EQ(store_.in_phase(rt::Phase::running)->size(), 1U);
    ASSERT_TRUE(store_.set_exited(one.id, {9, 137, true, "why"}));
    const auto found = store_.find("web");
    EXPECT_EQ(found->phase, rt::Phase::exited);
    EXPECT_EQ(found->exit_code, 137);
    EXPECT_EQ(found->finished_at, 9);
    EXPECT_TRUE(found->oom_killed);
    EXPECT_EQ(found->problem, "why");
    ASSERT_TRUE(store_.remove(one.id));
    EXPECT_TRUE(store_.list()->empty());
}

TEST_F(ContainerStoreTest, CountsTheStartsOfItsRestartPolicyUntilAUserStartsIt) {
    const auto one = add("1", "web");
    ASSERT_TRUE(store_.set_started(one.id, 5, "{}", rt::StartedBy::user));
    ASSERT_TRUE(store_.set_restarting(one.id, {6, 1, false, ""}, 200));
    EXPECT_EQ(store_.find("web")->phase, rt::Phase::restarting);
    ASSERT_TRUE(store_.set_started(one.id, 7, "{}", rt::StartedBy::restart_policy));
    EXPECT_EQ(store_.find("web")->restart_count, 1);
    EXPECT_EQ(store_.find("web")->restart_delay, 200);
    ASSERT_TRUE(store_.set_stopped_by_user(one.id));
    EXPECT_TRUE(store_.find("web")->stopped_by_user);
    ASSERT_TRUE(store_.set_started(one.id, 9, "{}", rt::StartedBy::user));
    EXPECT_EQ(store_.find("web")->restart_count, 0);
    EXPECT_EQ(store_.find("web")->restart_delay, 0);
    EXPECT_FALSE(store_.find("web")->stopped_by_user);
}

TEST_F(ContainerStoreTest, AStartThatCameToNothingLeavesItAsItWas) {
    const auto fresh = add("1", "fresh");
    ASSERT_TRUE(store_.set_started(fresh.id, 5, "{}", rt::StartedBy::user));
    ASSERT_TRUE(store_.set_not_started(fresh, 127, "no such program"));
    EXPECT_EQ(store_.find("fresh")->phase, rt::Phase::created);
    EXPECT_EQ(store_.find("fresh")->started_at, 0);
    EXPECT_EQ(store_.find("fresh")->exit_code, 127);
    EXPECT_EQ(store_.find("fresh")->problem, "no such program");
}

} // namespace
