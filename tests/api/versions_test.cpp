// SPDX-License-Identifier: Apache-2.0
// One answer in the words of every version of the API.
#include "with_rtd.hpp"

namespace {

using nlohmann::json;
using testing::Contains;

class ApiVersions : public WithRtd {
protected:
    [[nodiscard]] json get(int minor, const std::string& path) const {
        const auto answer = call("GET", "/v1." + std::to_string(minor) + path);
        EXPECT_EQ(answer.status, 200) << minor << " " << path << ": " << answer.body;
        return answer.json();
    }
};

TEST_F(ApiVersions, EachIsAnsweredInItsWords) {
    ASSERT_EQ(call("POST", "/networks/create", {{"Name", "mine"}}).status, 201);
    const std::string id = create(
        {{"Cmd", {"true"}}, {"HostConfig", {{"NetworkMode", "mine"}, {"Annotations", {{"a", "b"}}}}}}, "one");
    for (int minor = 24; minor <= 50; ++minor) {
        SCOPED_TRACE("API 1." + std::to_string(minor));
        const auto container = get(minor, "/containers/one/json");
        EXPECT_EQ(container.contains("ImageManifestDescriptor"), minor >= 48);
        const auto& aliases = container["NetworkSettings"]["Networks"]["mine"]["Aliases"];
        EXPECT_EQ(aliases.is_array() && aliases.dump().find(id.substr(0, 12)) != std::string::npos,
                  minor < 45);
        const auto listed = get(minor, "/containers/json?all=1")[0];
        EXPECT_EQ(listed["HostConfig"].contains("Annotations"), minor >= 46);
        const auto image = get(minor, "/images/busybox/json");
        EXPECT_EQ(image.contains("Descriptor"), minor >= 48);
        EXPECT_EQ(image.contains("VirtualSize"), minor < 44);
        EXPECT_EQ(image["Config"].contains("Hostname"), minor < 50);
        const auto images = get(minor, "/images/json");
        EXPECT_EQ(images[0].contains("VirtualSize"), minor < 44);
        const auto info = get(minor, "/info");
        EXPECT_EQ(info.contains("BridgeNfIptables"), minor < 50);
        EXPECT_EQ(info["SecurityOptions"][0] == "seccomp", minor < 25);
        EXPECT_EQ(get(minor, "/system/df")["Images"][0].contains("VirtualSize"), minor < 44);
    }
    EXPECT_EQ(call("DELETE", "/containers/one").status, 204);
    EXPECT_EQ(call("DELETE", "/networks/mine").status, 204);
}

TEST_F(ApiVersions, OldClientsWaitForTheEndBeforeTheyHearAnything) {
    const std::string id = create({{"Cmd", {"sh", "-c", "exit 3"}}});
    ASSERT_EQ(call("POST", "/containers/" + id + "/start").status, 204);
    const auto ended = call("POST", "/v1.29/containers/" + id + "/wait");
    EXPECT_TRUE(ended.headers.contains("content-length"));
    EXPECT_EQ(ended.json()["StatusCode"], 3);
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
}

TEST_F(ApiVersions, WhatAnOldClientCannotMeanIsPassedOver) {
    const json config{{"Image", "busybox"},
                      {"HostConfig", {{"AutoRemove", true}, {"Annotations", {{"a", "b"}}}}}};
    const auto made = call("POST", "/v1.24/containers/create?name=old", config);
    ASSERT_EQ(made.status, 201) << made.body;
    const auto host = call("GET", "/containers/old/json").json()["HostConfig"];
    EXPECT_FALSE(host["AutoRemove"]);
    EXPECT_EQ(host["IpcMode"], "shareable");
    EXPECT_FALSE(host.contains("Annotations") && !host["Annotations"].empty());
    EXPECT_EQ(call("DELETE", "/containers/old").status, 204);
}

} // namespace
