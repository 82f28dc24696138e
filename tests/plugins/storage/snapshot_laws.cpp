// SPDX-License-Identifier: Apache-2.0
// Laws on ids, states and errors: what <rtp/storage.h> promises of every driver.
#include "layer_writer.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace rt::test {
namespace {

constexpr rtp_call kTooLate{"test", 1, -1, 0};

} // namespace

TEST_P(SnapshotLaws, ProbeWorksHereAndLeavesNothing) {
    const auto before = paths_below(driver.state());
    std::string facts;
    ASSERT_EQ(driver.probe(facts), RTP_OK) << driver.error().message;
    EXPECT_TRUE(facts.starts_with("{")) << facts;
    EXPECT_EQ(paths_below(driver.state()), before);
}

TEST_P(SnapshotLaws, ANewInstanceHasNoSnapshots) {
    EXPECT_TRUE(driver.list().empty());
}

TEST_P(SnapshotLaws, ListShowsEverySnapshotWithItsState) {
    ASSERT_EQ(driver.prepare("layer"), RTP_OK) << driver.error().message;
    ASSERT_EQ(driver.commit("layer"), RTP_OK) << driver.error().message;
    ASSERT_EQ(driver.prepare("container", {"layer"}), RTP_OK) << driver.error().message;
    const std::map<std::string, int> expected{{"layer", RTP_SNAPSHOT_COMMITTED},
                                              {"container", RTP_SNAPSHOT_ACTIVE}};
    EXPECT_EQ(driver.list(), expected);
}

TEST_P(SnapshotLaws, AnotherInstanceOnTheSameStateSeesTheSame) {
    make_layer(driver, "layer", {}, [](const auto& root) { write_file(root / "file", "text"); });
    DriverUnderTest other(GetParam(), temp.path());
    EXPECT_EQ(other.list(), driver.list());
    ASSERT_EQ(other.prepare("container", {"layer"}), RTP_OK) << other.error().message;
    EXPECT_EQ(read_file(Mounted(other, "container", {"layer"}) / "file"), "text");
}

TEST_P(SnapshotLaws, PrepareRefusesAnIdThatExistsInAnyState) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    EXPECT_EQ(driver.prepare("a"), RTP_ALREADY_EXISTS);
    ASSERT_EQ(driver.commit("a"), RTP_OK);
    EXPECT_EQ(driver.prepare("a"), RTP_ALREADY_EXISTS);
    EXPECT_EQ(driver.list().size(), 1U);
}

TEST_P(SnapshotLaws, PrepareRefusesParentsThatAreMissingOrNotCommitted) {
    ASSERT_EQ(driver.prepare("base"), RTP_OK);
    ASSERT_EQ(driver.commit("base"), RTP_OK);
    ASSERT_EQ(driver.prepare("active"), RTP_OK);
    for (const Ids& parents : {Ids{"none"}, Ids{"active"}, Ids{"base", "none"}, Ids{"none", "base"}}) {
        EXPECT_EQ(driver.prepare("child", parents), RTP_NOT_FOUND) << parents.front();
        EXPECT_FALSE(driver.list().contains("child"));
    }
}

TEST_P(SnapshotLaws, NoVerbTakesAnIdThatIsNotOne) {
    std::vector<sdk::Mount> mounts;
    sdk::Usage usage;
    const auto before = paths_below(temp.path());
    for (const std::string& id :
         {std::string(), std::string("."), std::string(".."), std::string("../x"), std::string("a/b"),
          std::string("/etc"), std::string("-a"), std::string(".a"), std::string("a~0"), std::string("a b"),
          std::string("a\nb"), std::string("\xc3\xa4"), std::string(65, 'a')}) {
        EXPECT_EQ(driver.prepare(id), RTP_INVALID_ARGUMENT) << id;
        EXPECT_EQ(driver.prepare("child", {id}), RTP_INVALID_ARGUMENT) << id;
        EXPECT_EQ(driver.mounts(id, {}, RTP_MOUNT_READ_ONLY, mounts), RTP_INVALID_ARGUMENT) << id;
        EXPECT_EQ(driver.commit(id), RTP_INVALID_ARGUMENT) << id;
        EXPECT_EQ(driver.remove(id), RTP_INVALID_ARGUMENT) << id;
        EXPECT_EQ(driver.usage(id, usage), RTP_INVALID_ARGUMENT) << id;
    }
    EXPECT_TRUE(mounts.empty());
    EXPECT_EQ(paths_below(temp.path()), before);
}

TEST_P(SnapshotLaws, TheLongestIdWorks) {
    const std::string layer(64, 'l');
    const std::string container(64, 'c');
    make_layer(driver, layer, {}, [](const auto& root) { write_file(root / "file", "text"); });
    ASSERT_EQ(driver.prepare(container, {layer}), RTP_OK) << driver.error().message;
    EXPECT_EQ(read_file(Mounted(driver, container, {layer}) / "file"), "text");
}

TEST_P(SnapshotLaws, CommitIsRepeatable) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    EXPECT_EQ(driver.commit("a"), RTP_OK);
    EXPECT_EQ(driver.commit("a"), RTP_OK);
    EXPECT_EQ(driver.commit("none"), RTP_NOT_FOUND);
}

TEST_P(SnapshotLaws, MountsNeedTheSnapshotAndItsParents) {
    std::vector<sdk::Mount> mounts;
    EXPECT_EQ(driver.mounts("none", {}, RTP_MOUNT_READ_ONLY, mounts), RTP_NOT_FOUND);
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    EXPECT_EQ(driver.mounts("a", {"none"}, RTP_MOUNT_READ_WRITE, mounts), RTP_NOT_FOUND);
    EXPECT_TRUE(mounts.empty()) << "outputs are untouched by a failure";
}

TEST_P(SnapshotLaws, ACommittedSnapshotIsReadOnly) {
    make_layer(driver, "a", {}, [](const auto& root) { write_file(root / "file", "text"); });
    std::vector<sdk::Mount> mounts;
    EXPECT_EQ(driver.mounts("a", {}, RTP_MOUNT_READ_WRITE, mounts), RTP_FAILED_PRECONDITION);
    const Mounted view(driver, "a", {}, RTP_MOUNT_READ_ONLY);
    EXPECT_EQ(read_file(view / "file"), "text");
    EXPECT_THROW(write_file(view / "other", ""), std::runtime_error);
}

TEST_P(SnapshotLaws, ACallThatIsTooLateOrCancelledPreparesNothing) {
    make_layer(driver, "base", {}, [](const auto& root) { write_file(root / "file", "text"); });
    EXPECT_EQ(driver.prepare("child", {"base"}, kTooLate), RTP_DEADLINE_EXCEEDED);
    const sdk::UniqueFd cancelled(::eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(driver.prepare("child", {"base"}, rtp_call{"test", 0, cancelled.get(), 0}), RTP_CANCELLED);
    EXPECT_FALSE(driver.list().contains("child"));
}

TEST_P(SnapshotLaws, UsageCountsAllocatedSpaceAndHardLinksOnce) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    sdk::Usage empty;
    ASSERT_EQ(driver.usage("a", empty), RTP_OK) << driver.error().message;
    EXPECT_EQ(empty.inodes, 1U);
    {
        const Mounted mounted(driver, "a");
        write_file(mounted / "file", std::string(1 << 20, 'x'));
        std::filesystem::create_hard_link(mounted / "file", mounted / "again");
        std::filesystem::create_directory(mounted / "directory");
        std::filesystem::resize_file((write_file(mounted / "hole", ""), mounted / "hole"), 1U << 30);
        ::syncfs(
            sdk::UniqueFd(::open(mounted.path().c_str(), O_RDONLY | O_CLOEXEC)).get()); // delayed allocation
    }
    sdk::Usage full;
    ASSERT_EQ(driver.usage("a", full), RTP_OK);
    EXPECT_EQ(full.inodes, 4U);
    EXPECT_GE(full.bytes, empty.bytes + (1U << 20));
    EXPECT_LT(full.bytes, empty.bytes + (2U << 20));
    EXPECT_EQ(driver.usage("none", full), RTP_NOT_FOUND);
}

} // namespace rt::test
