// SPDX-License-Identifier: Apache-2.0
// What is particular to the overlayfs driver: what it says to a kernel, and on hosts where that cannot work.
#include "support/plugin_host.hpp"
#include "support/temp_dir.hpp"

#include <overlayfs/overlay_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rtp/rtp.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

namespace rt::test {
namespace {

using sdk::Code;
using storage::OverlayDriver;
using storage::OverlayKernel;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

const sdk::Call kSdkCall(&kCall);

class OverlayDriverTest : public testing::Test {
protected:
    std::unique_ptr<OverlayDriver> make(const OverlayKernel& kernel, const std::string& state) {
        std::filesystem::create_directories(state);
        state_ = state;
        host_ = {nullptr,
                 "overlayfs",
                 state_.c_str(),
                 state_.c_str(),
                 [](void*, int32_t, const char*, const rtp_log_field*, size_t) noexcept {},
                 [](void*, const char*) noexcept -> const void* { return nullptr; }};
        auto driver = OverlayDriver::create(sdk::Host(&host_), kernel);
        if (!driver) error_ = driver.error();
        return driver ? std::move(*driver) : nullptr;
    }
    std::unique_ptr<OverlayDriver> make(const OverlayKernel& kernel) { return make(kernel, temp_ / "state"); }

    // Committed layers l0 (the nearest) to l<count - 1>.
    std::vector<std::string> make_layers(OverlayDriver& driver, int count) {
        std::vector<std::string> ids;
        for (int number = 0; number < count; ++number) {
            ids.push_back("l" + std::to_string(number));
            EXPECT_TRUE(driver.prepare(kSdkCall, ids.back(), {}));
            EXPECT_TRUE(driver.commit(kSdkCall, ids.back()));
        }
        return ids;
    }
    sdk::Result<std::vector<sdk::Mount>>
    mounts_on(OverlayDriver& driver, const std::vector<std::string>& layers, std::string_view id = "c") {
        const sdk::Parents parents(layers.begin(), layers.end());
        EXPECT_TRUE(driver.prepare(kSdkCall, id, parents));
        return driver.mounts(kSdkCall, id, parents, sdk::MountMode::read_write);
    }

    TempDir temp_;
    std::string state_;
    rtp_host host_{};
    sdk::Error error_;
};

const OverlayKernel kNew{.filesystem = "overlay", .appends_layers = true};
const OverlayKernel kOld{.filesystem = "overlay", .appends_layers = false};

} // namespace

TEST_F(OverlayDriverTest, NewKernelsGetOneOptionForEachLayer) {
    const auto driver = make(kNew);
    const auto mounts = mounts_on(*driver, make_layers(*driver, 2));
    ASSERT_TRUE(mounts) << mounts.error().message;
    ASSERT_THAT(*mounts, SizeIs(1));
    EXPECT_EQ(mounts->front().type, "overlay");
    EXPECT_THAT(mounts->front().options,
                ElementsAre("rw", "upperdir=" + state_ + "/active/c", "workdir=" + state_ + "/work/c",
                            "lowerdir+=" + state_ + "/committed/l0",
                            "lowerdir+=" + state_ + "/committed/l1"));
}

TEST_F(OverlayDriverTest, WhatGoesWithItsContainerIsNotSynced) {
    const auto driver = make(kNew);
    const auto layers = make_layers(*driver, 1);
    ASSERT_THAT(mounts_on(*driver, layers)->front().options, testing::Not(Contains("volatile")));
    const sdk::Parents parents(layers.begin(), layers.end());
    for (int time = 0; time < 2; ++time) { // the kernel leaves a mark that keeps others from mounting it
        const auto mounts = driver->mounts(kSdkCall, "c", parents, sdk::MountMode::unsynced);
        ASSERT_TRUE(mounts) << mounts.error().message;
        EXPECT_THAT(mounts->front().options, Contains("volatile"));
        std::filesystem::create_directories(temp_ / "state/work/c/work/incompat/volatile");
        std::ofstream(temp_ / "state/work/c/work/incompat/volatile/dirty") << "";
    }
    EXPECT_TRUE(driver->mounts(kSdkCall, "c", parents, sdk::MountMode::unsynced));
    EXPECT_FALSE(std::filesystem::exists(temp_ / "state/work/c/work/incompat/volatile"));
    const OverlayKernel older{.filesystem = "overlay", .appends_layers = false, .can_be_volatile = false};
    const auto mounts = make(older)->mounts(kSdkCall, "c", parents, sdk::MountMode::unsynced);
    ASSERT_TRUE(mounts);
    EXPECT_THAT(mounts->front().options, testing::Not(Contains("volatile")));
}

TEST_F(OverlayDriverTest, OldKernelsGetAllLayersInOneOption) {
    const auto driver = make(kOld);
    const auto mounts = mounts_on(*driver, make_layers(*driver, 2));
    ASSERT_TRUE(mounts) << mounts.error().message;
    EXPECT_THAT(mounts->front().options,
                Contains("lowerdir=" + state_ + "/committed/l0:" + state_ + "/committed/l1"));
}

TEST_F(OverlayDriverTest, MoreLayersThanAnOldKernelTakesAreRefusedWithAWayOut) {
    const auto driver = make(kOld);
    const auto layers = make_layers(*driver, 120);
    const auto mounts = mounts_on(*driver, layers);
    ASSERT_FALSE(mounts);
    EXPECT_EQ(mounts.error().code, Code::unsupported);
    EXPECT_THAT(mounts.error().message, HasSubstr("120 layers"));
}

TEST_F(OverlayDriverTest, MoreLayersThanAnyKernelTakesAreRefused) {
    const auto driver = make(kNew);
    const auto mounts = mounts_on(*driver, make_layers(*driver, 501));
    ASSERT_FALSE(mounts);
    EXPECT_EQ(mounts.error().code, Code::unsupported);
}

TEST_F(OverlayDriverTest, TheLongestOldMountThatIsNotRefusedIsTakenByTheKernel) {
    const auto driver = make(kOld);
    auto layers = make_layers(*driver, 120);
    const std::string id(64, 'c');
    auto mounts = mounts_on(*driver, layers, id);
    while (!mounts) { // find the most layers that the driver lets pass
        layers.pop_back();
        ASSERT_TRUE(driver->remove(kSdkCall, id));
        mounts = mounts_on(*driver, layers, id);
    }
    std::string data;
    for (const auto& option : mounts->front().options)
        if (option != "rw") data += (data.empty() ? "" : ",") + option;
    std::filesystem::create_directory(temp_ / "root");
    ASSERT_EQ(::mount("overlay", (temp_ / "root").c_str(), "overlay", 0, data.c_str()), 0) << layers.size();
    ASSERT_EQ(::umount2((temp_ / "root").c_str(), 0), 0);
    EXPECT_GT(layers.size(), 50U);
}

TEST_F(OverlayDriverTest, OldKernelsTakeMoreLayersByShortNamesThatGoWithThem) {
    namespace fs = std::filesystem;
    const auto driver = make(kOld);
    std::vector<std::string> layers;
    for (int number = 100; number < 169; ++number) layers.push_back(std::to_string(number));
    for (std::string& id : layers) id.resize(64, 'd'); // as long as a digest
    layers.push_back(layers.front().substr(0, 40));    // and one that begins like another
    for (const std::string& id : layers) {
        ASSERT_TRUE(driver->prepare(kSdkCall, id, {}));
        write_file(fs::path(state_) / "active" / id / id, "");
        ASSERT_TRUE(driver->commit(kSdkCall, id));
    }
    const auto mounts = mounts_on(*driver, layers);
    ASSERT_TRUE(mounts) << mounts.error().message;
    std::string data;
    for (const auto& option : mounts->front().options)
        if (option != "rw") data += (data.empty() ? "" : ",") + option;
    fs::create_directory(temp_ / "root");
    ASSERT_EQ(::mount("overlay", (temp_ / "root").c_str(), "overlay", 0, data.c_str()), 0);
    for (const std::string& id : layers) EXPECT_TRUE(fs::exists(temp_ / "root" / id)) << id;
    ASSERT_EQ(::umount2((temp_ / "root").c_str(), 0), 0);
    EXPECT_EQ(std::distance(fs::directory_iterator(state_ + "/l"), {}), 69);
    ASSERT_TRUE(driver->remove(kSdkCall, "c"));
    for (const std::string& id : layers) ASSERT_TRUE(driver->remove(kSdkCall, id));
    EXPECT_TRUE(fs::is_empty(state_ + "/l"));
}

TEST_F(OverlayDriverTest, ProbeOnAKernelWithoutOverlayfsNamesTheAlternative) {
    const auto driver = make({.filesystem = "no-such-overlay", .appends_layers = true});
    const auto facts = driver->probe(kSdkCall);
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, Code::unsupported);
    EXPECT_THAT(facts.error().message, HasSubstr("'vfs'"));
    EXPECT_TRUE(std::filesystem::is_empty(state_)) << "a probe leaves nothing";
}

TEST_F(OverlayDriverTest, ProbeOnAFileSystemThatCannotBeAnUpperSaysSo) {
    for (const char* name : {"lower", "upper", "work", "root"})
        std::filesystem::create_directory(temp_ / name);
    const std::string options = "lowerdir=" + (temp_ / "lower").string() +
                                ",upperdir=" + (temp_ / "upper").string() +
                                ",workdir=" + (temp_ / "work").string();
    const std::string root = temp_ / "root";
    ASSERT_EQ(::mount("overlay", root.c_str(), "overlay", 0, options.c_str()), 0);
    {
        const auto driver = make(kNew, root + "/state");
        const auto facts = driver->probe(kSdkCall);
        const sdk::Error error = facts ? sdk::Error{} : facts.error();
        EXPECT_EQ(error.code, Code::unsupported) << error.message;
        EXPECT_THAT(error.message, HasSubstr("'vfs'"));
        EXPECT_TRUE(std::filesystem::is_empty(state_));
    }
    ASSERT_EQ(::umount2(root.c_str(), 0), 0);
}

TEST_F(OverlayDriverTest, ProbeWorksWithTheOptionsOfOldKernelsToo) {
    const auto driver = make(kOld);
    const auto facts = driver->probe(kSdkCall);
    EXPECT_TRUE(facts) << facts.error().message;
}

TEST_F(OverlayDriverTest, AProbeThatWasKilledIsCleanedUpByTheNext) {
    const auto driver = make(OverlayKernel::of_this_host());
    std::filesystem::create_directories(state_ + "/probe~1-0/w/work");
    ASSERT_TRUE(driver->probe(kSdkCall));
    EXPECT_TRUE(std::filesystem::is_empty(state_));
}

TEST_F(OverlayDriverTest, StateDirectoriesThatOptionsCannotHoldAreRefused) {
    for (const std::string& name :
         {std::string("with:colon"), std::string("with,comma"), std::string("with\\backslash"),
          std::string("with\"quote"), std::string(170, 'l')}) {
        EXPECT_EQ(make(kNew, temp_ / name), nullptr) << name;
        EXPECT_EQ(error_.code, Code::invalid_argument) << error_.message;
    }
}

} // namespace rt::test
