// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace {

using rt::Code;

class VolumeServiceTest : public testing::Test {
protected:
    VolumeServiceTest() {
        wiring_.root = dir_ / "root";
        wiring_.run = dir_ / "run";
    }
    std::vector<std::string> events() {
        std::vector<std::string> found;
        EXPECT_TRUE(rt::EventLog(database_).read(0, 0, 0, [&](const rt::Event& event) {
            found.push_back(event.type + " " + event.action + " " + event.actor_id);
        }));
        return found;
    }

    rt::test::TempDir dir_;
    rt::Wiring wiring_;
    rt::Database database_ = *rt::Database::open(dir_ / "root");
    rt::VolumeStore store_{database_};
    rt::VolumeService service_{wiring_, database_};
};

TEST_F(VolumeServiceTest, OneIsMadeOnceAndRemovedWithItsFiles) {
    ASSERT_TRUE(service_.create({.name = "one", .labels = {{"a", "b"}}}));
    const auto again = service_.create({.name = "one"});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->labels.at("a"), "b");
    EXPECT_TRUE(std::filesystem::is_directory(service_.data("one")));
    ASSERT_TRUE(service_.remove("one"));
    EXPECT_FALSE(std::filesystem::exists(service_.directory("one")));
    EXPECT_EQ(service_.remove("one").error().code, Code::not_found);
    EXPECT_EQ(events(), (std::vector<std::string>{"volume create one", "volume destroy one"}));
    EXPECT_TRUE(std::filesystem::is_empty(wiring_.run / "locks"));
}

TEST_F(VolumeServiceTest, OneInUseStaysAndSaysWhoseItIs) {
    ASSERT_TRUE(service_.create({.name = "one"}));
    ASSERT_TRUE(store_.add_use({"c1", "one"}));
    const auto refused = service_.remove("one");
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("[c1]"), std::string::npos);
    EXPECT_TRUE(service_.prune({}, rt::VolumeService::Which::all)->names.empty());
    ASSERT_TRUE(store_.remove_uses_of("c1"));
    EXPECT_TRUE(service_.remove("one"));
}

TEST_F(VolumeServiceTest, ARemovalThatWasInterruptedIsFinished) {
    ASSERT_TRUE(service_.create({.name = "one"}));
    ASSERT_TRUE(*store_.begin_removal("one"));
    EXPECT_TRUE(service_.list()->empty());
    EXPECT_EQ(service_.find("one").error().code, Code::not_found);
    EXPECT_EQ(store_.add_use({"c1", "one"}).error().code, Code::not_found);
    EXPECT_TRUE(service_.finish_removals().empty());
    EXPECT_FALSE(std::filesystem::exists(service_.directory("one")));
    ASSERT_TRUE(service_.create({.name = "two"}));
    ASSERT_TRUE(*store_.begin_removal("two"));
    EXPECT_TRUE(service_.create({.name = "two"})); // a new one
    EXPECT_EQ(service_.list()->size(), 1U);
}

TEST_F(VolumeServiceTest, LockFilesOfVolumesThatAreGoneAreRemovedUnlessSomebodyHasThem) {
    ASSERT_TRUE(service_.create({.name = "there"}));
    const auto has_lock_file = [&](const char* name) {
        return std::filesystem::exists(wiring_.run / "locks" / name);
    };
    {
        const auto held = service_.lock("coming");
        ASSERT_TRUE(held);
        EXPECT_TRUE(service_.finish_removals().empty());
        EXPECT_TRUE(has_lock_file("volume-coming"));
    }
    EXPECT_TRUE(service_.finish_removals().empty());
    EXPECT_FALSE(has_lock_file("volume-coming"));
    EXPECT_TRUE(has_lock_file("volume-there"));
}

TEST_F(VolumeServiceTest, PruneTakesTheAnonymousOnesAndCountsTheirBytes) {
    const auto anonymous = service_.create({});
    ASSERT_TRUE(anonymous);
    EXPECT_EQ(anonymous->name.size(), 64U);
    rt::test::write_file(service_.data(anonymous->name) / "file", "12345");
    ASSERT_TRUE(service_.create({.name = "named"}));
    const auto pruned = service_.prune({}, rt::VolumeService::Which::anonymous);
    ASSERT_TRUE(pruned);
    EXPECT_EQ(pruned->names, std::vector{anonymous->name});
    EXPECT_EQ(pruned->bytes, 5U);
    EXPECT_EQ(events().back(), "volume prune ");
    EXPECT_EQ(service_.list()->size(), 1U);
}

TEST_F(VolumeServiceTest, UsesKnowWhatGoesAndWhatIsMounted) {
    ASSERT_TRUE(service_.create({.name = "one"}));
    ASSERT_TRUE(store_.add_use({"c1", "one", true}));
    ASSERT_TRUE(store_.add_use({"c1", "one", false})); // the same, by its name
    EXPECT_FALSE(store_.uses_of("c1")->front().anonymous);
    ASSERT_TRUE(store_.add_use({"c2", "one", true}));
    ASSERT_TRUE(store_.set_mounted({"c2", "one"}, true));
    EXPECT_TRUE(*store_.is_mounted_for_another({"c1", "one"}));
    EXPECT_FALSE(*store_.is_mounted_for_another({"c2", "one"}));
    ASSERT_TRUE(store_.keep_anonymous("c2"));
    EXPECT_FALSE(store_.uses_of("c2")->front().anonymous);
    EXPECT_FALSE(*store_.begin_removal("one"));
    EXPECT_EQ(store_.add_use({"c1", "none"}).error().code, Code::not_found);
}

} // namespace
