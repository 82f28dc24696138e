// SPDX-License-Identifier: Apache-2.0
#include "core/image/manifest.hpp"

#include <gmock/gmock.h>

namespace rt {
namespace {

using testing::HasSubstr;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string descriptor(const std::string& digest, const std::string& more = {}) {
    return R"({"mediaType": "x/y", "digest": ")" + digest + R"(", "size": 5)" + more + "}";
}

TEST(Manifest, NamesConfigAndLayers) {
    const auto manifest = parse_manifest(R"({"schemaVersion": 2, "unknown": [1], "config": )" +
                                             descriptor(kA) + R"(, "layers": [)" + descriptor(kB) + "]}",
                                         "m");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->config.digest, kA);
    ASSERT_EQ(manifest->layers.size(), 1U);
    EXPECT_EQ(manifest->layers[0].digest, kB);
    EXPECT_EQ(manifest->layers[0].size, 5U);
}

TEST(Manifest, IsWhatItMakes) {
    const auto manifest = parse_manifest(make_manifest({"c", kA, 7}, {{"l", kB, 8}}), "m");
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->config.size, 7U);
    EXPECT_EQ(manifest->layers[0].media_type, "l");
}

TEST(Manifest, RefusesWhatIsDamaged) {
    std::string many = R"({"config": )" + descriptor(kA) + R"(, "layers": [)";
    for (int i = 0; i < 2000; ++i) many += (i == 0 ? "" : ",") + descriptor(kB);
    const std::string table[] = {
        "",
        "[]",
        "{",
        "null",
        "{}",
        R"({"config": 7, "layers": []})",
        R"({"config": {}, "layers": []})",
        R"({"config": )" + descriptor(kA) + "}",
        R"({"config": )" + descriptor(kA) + R"(, "layers": {}})",
        R"({"config": )" + descriptor(kA) + R"(, "layers": [7]})",
        R"({"config": )" + descriptor("sha256:../../etc/passwd") + R"(, "layers": []})",
        R"({"config": {"digest": ")" + kA + R"(", "size": -1}, "layers": []})",
        R"({"config": {"digest": ")" + kA + R"(", "size": 1e99}, "layers": []})",
        R"({"config": {"digest": ")" + kA + R"(", "size": "5"}, "layers": []})",
        R"({"config": {"digest": ")" + kA + R"(", "size": 99999999999999999999}, "layers": []})",
        R"({"config": {"digest": ")" + kA + R"("}, "layers": []})",
        R"({"layers": [], "layers": [], "config": )" + descriptor(kA) + "}",
        many + "]}",
        std::string(100'000, '['),
    };
    for (const std::string& text : table) {
        const auto manifest = parse_manifest(text, "m");
        ASSERT_FALSE(manifest) << text.substr(0, 200);
        EXPECT_EQ(manifest.error().code, Code::corrupt) << text.substr(0, 200);
    }
}

TEST(Manifest, IsToldFromAnIndex) {
    EXPECT_TRUE(*is_index(R"({"schemaVersion": 2, "manifests": []})", "", "m"));
    EXPECT_FALSE(*is_index(R"({"schemaVersion": 2, "layers": []})", "", "m"));
    EXPECT_TRUE(*is_index(R"({"schemaVersion": 2})", "application/vnd.oci.image.index.v1+json", "m"));
    EXPECT_FALSE(is_index(R"({"schemaVersion": 2, "manifests": [], "layers": []})", "", "m"));
    EXPECT_FALSE(is_index(R"({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                             "manifests": []})",
                          "", "m"));
    EXPECT_EQ(is_index(R"({"schemaVersion": 1, "fsLayers": []})", "", "m").error().code, Code::unsupported);
}

TEST(Index, ChoosesThePlatform) {
    const auto entry = [](const std::string& digest, const std::string& platform) {
        return descriptor(digest, R"(, "platform": )" + platform);
    };
    const std::string digest[] = {"sha256:" + std::string(64, '0'), "sha256:" + std::string(64, '1'),
                                  "sha256:" + std::string(64, '2'), "sha256:" + std::string(64, '3')};
    const auto entries =
        parse_index(R"({"manifests": [)" +
                        entry(digest[0], R"({"os": "linux", "architecture": "arm", "variant": "v6"})") + "," +
                        entry(digest[1], R"({"os": "linux", "architecture": "arm64", "variant": "v8"})") +
                        "," + entry(digest[2], R"({"os": "unknown", "architecture": "unknown"})") + "," +
                        entry(digest[3], R"({"os": "linux", "architecture": "amd64"})") + "]}",
                    "i");
    ASSERT_TRUE(entries) << entries.error().message;
    const auto chosen = [&](const char* platform) {
        return choose(*entries, parse_platform(platform).value(), "i")->manifest.digest;
    };
    EXPECT_EQ(chosen("linux/arm/v7"), digest[0]);
    EXPECT_EQ(chosen("linux/arm64"), digest[1]);
    EXPECT_EQ(chosen("linux/aarch64/v8"), digest[1]);
    EXPECT_EQ(chosen("x86_64"), digest[3]);
    const auto none = choose(*entries, {"linux", "s390x", ""}, "i");
    EXPECT_EQ(none.error().code, Code::not_found);
    EXPECT_THAT(none.error().message, HasSubstr("linux/arm64/v8"));
}

TEST(Platform, RefusesWhatIsNone) {
    for (const char* text : {"/", "linux/", "linux/amd64/", "a/b/c/d", "Linux/amd64", "linux amd64"})
        EXPECT_EQ(parse_platform(text).error().code, Code::invalid_argument) << text;
    EXPECT_EQ(parse_platform("")->text(), host_platform().text());
}

TEST(ImageConfig, HasItsDiffIds) {
    const auto config = parse_image_config(
        R"({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [")" + kA +
            R"("]}})",
        "c");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->diff_ids, std::vector{kA});
    EXPECT_EQ(config->platform.text(), "linux/amd64");
}

TEST(ImageConfig, RefusesWhatIsDamaged) {
    for (const char* text :
         {"{}", R"({"rootfs": {"type": "layers"}})", R"({"rootfs": {"type": "layers", "diff_ids": [1]}})",
          R"({"rootfs": {"type": "layers", "diff_ids": ["sha256:x"]}})", R"({"rootfs": []})"})
        EXPECT_EQ(parse_image_config(text, "c").error().code, Code::corrupt) << text;
    EXPECT_EQ(parse_image_config(R"({"rootfs": {"type": "other"}})", "c").error().code, Code::unsupported);
}

TEST(ArchiveManifest, ListsImages) {
    const auto images = parse_archive_manifest(
        R"([{"Config": "c.json", "RepoTags": null, "Layers": ["a/layer.tar"]}, {"Config": "d", "RepoTags": ["x:1"]}])",
        "m");
    ASSERT_TRUE(images) << images.error().message;
    ASSERT_EQ(images->size(), 2U);
    EXPECT_EQ((*images)[0].layers, std::vector<std::string>{"a/layer.tar"});
    EXPECT_EQ((*images)[1].names, std::vector<std::string>{"x:1"});
    for (const char* text : {"{}", "[7]", "[{}]", R"([{"Config": "c", "Layers": [7]}])"})
        EXPECT_EQ(parse_archive_manifest(text, "m").error().code, Code::corrupt) << text;
}

} // namespace
} // namespace rt
