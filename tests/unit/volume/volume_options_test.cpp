// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_options.hpp"

#include "core/volume/volume_filter.hpp"

#include <gtest/gtest.h>

#include <sys/mount.h>

namespace {

using rt::Code;
using rt::VolumeFilters;

TEST(VolumeOptions, NamesAndDriversAreChecked) {
    EXPECT_TRUE(rt::check_volume_name("a1"));
    for (const char* name : {"", "a", "../x", "-a", "a b", "a/b"})
        EXPECT_EQ(rt::check_volume_name(name).error().code, Code::invalid_argument) << name;
    EXPECT_TRUE(rt::check_volume_driver(""));
    EXPECT_TRUE(rt::check_volume_driver("local"));
    EXPECT_EQ(rt::check_volume_driver("nfs").error().code, Code::unsupported);
}

TEST(VolumeOptions, TypeAndDeviceBelongTogether) {
    EXPECT_TRUE(rt::check_local_options({}));
    EXPECT_TRUE(rt::check_local_options({{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}}));
    EXPECT_EQ(rt::check_local_options({{"type", "tmpfs"}}).error().code, Code::invalid_argument);
    EXPECT_EQ(rt::check_local_options({{"device", "/x"}}).error().code, Code::invalid_argument);
    EXPECT_EQ(rt::check_local_options({{"o", "bind"}}).error().code, Code::invalid_argument);
    EXPECT_EQ(rt::check_local_options({{"Type", "x"}}).error().code, Code::invalid_argument);
    EXPECT_EQ(rt::check_local_options({{"size", "1m"}}).error().code, Code::unsupported);
}

TEST(VolumeOptions, WordsOfMountAreFlagsOrData) {
    const auto options = rt::parse_local_mount_options("rbind,ro,rw,noexec,,size=1m,uid=5,rshared");
    EXPECT_EQ(options.flags, static_cast<unsigned long>(MS_BIND | MS_REC | MS_NOEXEC));
    EXPECT_EQ(options.propagation, static_cast<unsigned long>(MS_SHARED | MS_REC));
    EXPECT_EQ(options.data, "size=1m,uid=5");
}

bool fits(const std::vector<std::string>& texts, const rt::Volume& volume, bool used = false,
          VolumeFilters::For use = VolumeFilters::For::listing) {
    const auto filters = VolumeFilters::parse(texts, use);
    EXPECT_TRUE(filters) << texts.front();
    return filters && filters->matches(volume, used);
}

TEST(VolumeFilter, MatchesAsDockersDoes) {
    const rt::Volume volume{.name = "web-data", .labels = {{"a", "1"}, {"b", ""}}};
    EXPECT_TRUE(fits({"name=data", "driver=local", "dangling=1"}, volume));
    EXPECT_TRUE(fits({"name=none", "name=^web"}, volume));
    EXPECT_FALSE(fits({"dangling=true"}, volume, true));
    EXPECT_TRUE(fits({"dangling=false"}, volume, true));
    EXPECT_TRUE(fits({"label=a", "label=a=1", "label=b"}, volume));
    EXPECT_FALSE(fits({"label=a", "label=c"}, volume));
    EXPECT_FALSE(fits({"label!=a"}, volume, false, VolumeFilters::For::pruning));
    EXPECT_TRUE(fits({"label!=a=2", "all=true"}, volume, false, VolumeFilters::For::pruning));
    for (const char* wrong : {"colour=red", "name", "dangling=maybe", "name=[", "all=true"})
        EXPECT_EQ(VolumeFilters::parse({wrong}, VolumeFilters::For::listing).error().code,
                  Code::invalid_argument)
            << wrong;
}

} // namespace
