// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_resolve.hpp"

#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace {

using rt::MountSpec;
using rt::MountType;

class MountResolve : public testing::Test {
protected:
    MountSpec at(const std::vector<MountSpec>& mounts, const std::string& target) {
        const auto found = std::ranges::find(mounts, target, &MountSpec::target);
        EXPECT_NE(found, mounts.end()) << target;
        return found == mounts.end() ? MountSpec() : *found;
    }
    rt::test::TempDir dir_;
    rt::Engine::State state_{std::move(*rt::Database::open(dir_ / "root"))};
};

TEST_F(MountResolve, WhatHasNoNameGetsOneAndGivesWay) {
    rt::ContainerSpec spec;
    spec.mounts = {{.type = MountType::volume, .target = "/anon"},
                   {.type = MountType::volume, .target = "/both"},
                   {.type = MountType::volume, .source = "named", .target = "/both"},
                   {.type = MountType::tmpfs, .target = "/tmpfs"}};
    ASSERT_TRUE(rt::validate(spec)) << rt::validate(spec).error().message;
    ASSERT_TRUE(rt::has_volumes(spec, {}));
    const auto mounts = rt::resolve_mounts(state_, spec, {"/image", "/tmpfs", "/anon"});
    ASSERT_TRUE(mounts);
    EXPECT_EQ(mounts->size(), 4U);
    EXPECT_TRUE(at(*mounts, "/anon").anonymous);
    EXPECT_EQ(at(*mounts, "/anon").source.size(), 64U);
    EXPECT_EQ(at(*mounts, "/both").source, "named");
    EXPECT_TRUE(at(*mounts, "/image").anonymous);
    EXPECT_EQ(at(*mounts, "/tmpfs").type, MountType::tmpfs);
    EXPECT_EQ(*rt::mounts_from_text(rt::mounts_to_text(*mounts)), *mounts);
}

TEST_F(MountResolve, ThoseOfAnotherComeFirstAndWithoutACopy) {
    rt::Container other;
    other.id = std::string(64, 'a');
    other.name = "other";
    other.spec = rt::to_json(rt::ContainerSpec()).dump();
    other.mounts = rt::mounts_to_text({{.type = MountType::volume, .source = "vol", .target = "/v"},
                                       {.source = "/host", .target = "/h"},
                                       {.type = MountType::tmpfs, .target = "/t"}});
    ASSERT_TRUE(state_.containers.add(other));
    rt::ContainerSpec spec;
    spec.volumes_from = {"other:ro"};
    spec.mounts = {{.source = "/mine", .target = "/h"}};
    const auto mounts = rt::resolve_mounts(state_, spec, {});
    ASSERT_TRUE(mounts);
    EXPECT_EQ(mounts->size(), 2U);
    EXPECT_TRUE(at(*mounts, "/v").read_only);
    EXPECT_TRUE(at(*mounts, "/v").no_copy);
    EXPECT_EQ(at(*mounts, "/h").source, "/mine");
    spec.volumes_from = {"nobody"};
    EXPECT_EQ(rt::resolve_mounts(state_, spec, {}).error().code, rt::Code::not_found);
}

TEST_F(MountResolve, AContainerWithoutVolumesHasNone) {
    rt::ContainerSpec spec;
    spec.mounts = {{.source = "/a", .target = "/b"}, {.type = MountType::tmpfs, .target = "/t"}};
    EXPECT_FALSE(rt::has_volumes(spec, {}));
    EXPECT_EQ(rt::parse_volumes_from("a:z,ro")->read_only, true);
    for (const char* wrong : {"", ":ro", "a:nocopy"}) EXPECT_FALSE(rt::parse_volumes_from(wrong)) << wrong;
}

TEST(MountMode, IsWhatDockerShows) {
    EXPECT_EQ(rt::mode_of({.type = MountType::volume, .source = "vol", .target = "/v"}), "z");
    EXPECT_EQ(rt::mode_of({.type = MountType::volume, .source = "vol", .target = "/v", .read_only = true}),
              "ro");
    EXPECT_EQ(rt::mode_of({.source = "/a", .target = "/v", .read_only = true, .create_source = true}), "ro");
    EXPECT_EQ(rt::mode_of({.source = "/a", .target = "/v", .read_only = true, .long_form = true}), "");
}

} // namespace
