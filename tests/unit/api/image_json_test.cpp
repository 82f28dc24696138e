// SPDX-License-Identifier: Apache-2.0
// Docker's answers about images.
#include "core/api/image_json.hpp"

#include "support/api_check.hpp"

#include <gmock/gmock.h>

namespace {

using rt::Json;
using rt::test::violations;
using testing::IsEmpty;

rt::api::ImageView image() {
    rt::api::ImageView view;
    view.image.id = "sha256:" + std::string(64, '1');
    view.image.size = 100;
    view.image.created_at = 1'764'000'000'000'000'000;
    view.image.names = {"docker.io/library/debian:12", "example.test/a/b:1"};
    view.digests = {"docker.io/library/debian@sha256:" + std::string(64, '2')};
    view.diff_ids = {"sha256:" + std::string(64, '3')};
    view.storage = "plain";
    view.document = {
        {"created", "2025-02-17T17:43:39.64001363Z"},
        {"architecture", "amd64"},
        {"os", "linux"},
        {"author", "me"},
        {"history", {{{"comment", "first"}}, {{"comment", "last"}}}},
        {"config", {{"Cmd", {"bash"}}, {"Hostname", "old"}, {"Labels", {{"a", "b"}}}, {"User", ""}}}};
    return view;
}

TEST(ImageJson, IsDockers) {
    auto view = image();
    view.manifest = {{"mediaType", "x"},
                     {"digest", "sha256:1"},
                     {"size", 5},
                     {"platform", {{"architecture", "amd64"}, {"os", "linux"}}}};
    const Json value = image_json(view);
    EXPECT_THAT(violations(value, "ImageInspect"), IsEmpty());
    EXPECT_EQ(value["RepoTags"], Json({"debian:12", "example.test/a/b:1"}));
    EXPECT_EQ(value["RepoDigests"], Json({"debian@sha256:" + std::string(64, '2')}));
    EXPECT_EQ(value["Comment"], "last");
    EXPECT_EQ(value["Created"], "2025-02-17T17:43:39.64001363Z");
    EXPECT_EQ(value["Config"], Json({{"Cmd", {"bash"}}, {"Labels", {{"a", "b"}}}}));
    EXPECT_EQ(value["RootFS"]["Layers"].size(), 1U);
}

TEST(ImageJson, EntriesOfTheListAreDockers) {
    const Json value = image_summary_json(image(), {.containers = 2});
    EXPECT_THAT(violations(value, "ImageSummary"), IsEmpty());
    EXPECT_EQ(value["Created"], 1739814219);
    EXPECT_EQ(value["Containers"], 2);
    EXPECT_EQ(value["Labels"], Json({{"a", "b"}}));
}

TEST(ImageJson, OfAnImageThatHoldsAnythingIsStillDockers) {
    auto view = image();
    for (const Json& document :
         {Json::object(), Json{{"created", "yesterday"}, {"os", 1}, {"config", {1}}, {"history", {"x"}}},
          Json{{"config", {{"Env", 1}, {"ExposedPorts", {{"x", 1}}}, {"Healthcheck", 5}, {"Shell", {1}}}}}}) {
        view.document = document;
        EXPECT_THAT(violations(image_json(view), "ImageInspect"), IsEmpty());
        EXPECT_THAT(violations(image_summary_json(view), "ImageSummary"), IsEmpty());
    }
}

} // namespace
