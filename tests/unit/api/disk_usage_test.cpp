// SPDX-License-Identifier: Apache-2.0
// Docker's answer about the disk.
#include "core/api/disk_usage.hpp"

#include "support/api_check.hpp"

#include <gmock/gmock.h>

namespace {

using rt::Json;

rt::api::DiskView view() {
    rt::api::DiskView view;
    rt::api::ImageView image;
    image.image.id = "sha256:" + std::string(64, '1');
    image.image.size = 110;
    image.document = Json::object();
    view.images = {image};
    rt::ContainerSummary container;
    container.record.id = std::string(64, '2');
    container.record.name = "one";
    container.record.network = "none";
    container.state = "exited";
    rt::ContainerSummary uncounted = container;
    view.use.images = {{image.image, 100, 2}};
    view.use.containers = {{container, rt::DiskUse{5, 115}}, {uncounted, std::nullopt}};
    view.use.volumes = {{{.name = "data", .created_at = 1'764'000'000'000'000'000}, 7, 1},
                        {{.name = "far", .created_at = 1'764'000'000'000'000'000}, std::nullopt, 0}};
    view.use.layers = 110;
    view.volumes = "/volumes";
    return view;
}

TEST(DiskUsageJson, IsDockers) {
    const Json value = disk_usage_json(view());
    EXPECT_THAT(rt::test::violations(value, "SystemDataUsageResponse"), testing::IsEmpty());
    EXPECT_EQ(value["LayersSize"], 110);
    EXPECT_EQ(value["Images"][0]["SharedSize"], 100);
    EXPECT_EQ(value["Images"][0]["Containers"], 2);
    EXPECT_EQ(value["Containers"][0]["SizeRw"], 5);
    EXPECT_EQ(value["Containers"][0]["SizeRootFs"], 115);
    EXPECT_FALSE(value["Containers"][1].contains("SizeRw"));
    EXPECT_EQ(value["Volumes"][0]["UsageData"], Json({{"Size", 7}, {"RefCount", 1}}));
    EXPECT_EQ(value["Volumes"][0]["Mountpoint"], "/volumes/data/_data");
    EXPECT_EQ(value["Volumes"][1]["UsageData"], Json({{"Size", -1}, {"RefCount", 0}}));
}

} // namespace
