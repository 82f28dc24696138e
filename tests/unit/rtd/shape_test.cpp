// SPDX-License-Identifier: Apache-2.0
// What docker answered in older versions, and what it took from their clients.
#include "tools/rtd/models/answer_shape.hpp"
#include "tools/rtd/models/request_shape.hpp"

#include "core/base/error.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

namespace {

using rt::Json;
using rt::rtd::ApiVersion;
using rt::rtd::create_request_of;
using rt::rtd::HostCgroups;
using rt::rtd::Shape;
using rt::rtd::shaped;

// The versions in which an answer changes, and how: "1.47" -> {"remove /Descriptor"} against the one after
// it.
std::map<std::string, std::set<std::string>> changes(Shape shape, const Json& newest) {
    std::map<std::string, std::set<std::string>> all;
    Json later = shaped(shape, newest, {1, 50});
    for (int minor = 49; minor >= 24; --minor) {
        const Json now = shaped(shape, newest, {1, minor});
        for (const Json& step : Json::diff(later, now))
            all["1." + std::to_string(minor)].insert(
                rt::cat(step.at("op").get<std::string>(), " ", step.at("path").get<std::string>()));
        later = now;
    }
    return all;
}

using Golden = std::map<std::string, std::set<std::string>>;

TEST(ApiShapes, OfAContainer) {
    const Json container = {
        {"Id", std::string(64, 'a')},
        {"Config", {{"Hostname", "host"}}},
        {"ImageManifestDescriptor", Json::object()},
        {"NetworkSettings",
         {{"Networks", {{"bridge", {{"Aliases", nullptr}}}, {"mine", {{"Aliases", {"x"}}}}}}}}};
    EXPECT_EQ(changes(Shape::container, container),
              (Golden{{"1.47", {"remove /ImageManifestDescriptor"}},
                      {"1.44", {"add /NetworkSettings/Networks/mine/Aliases/-"}}}));
}

TEST(ApiShapes, OfAContainerInAList) {
    const Json container = {{"HostConfig", {{"NetworkMode", "mine"}, {"Annotations", {{"a", "b"}}}}},
                            {"ImageManifestDescriptor", Json::object()}};
    EXPECT_EQ(changes(Shape::container_summary, container),
              (Golden{{"1.47", {"remove /ImageManifestDescriptor"}},
                      {"1.45", {"remove /HostConfig/Annotations"}}}));
}

TEST(ApiShapes, OfAnImage) {
    const Json image = {{"Size", 5},
                        {"Descriptor", Json::object()},
                        {"Config",
                         {{"Cmd", {"x"}},
                          {"Entrypoint", {"x"}},
                          {"Env", {"x"}},
                          {"Labels", Json::object()},
                          {"OnBuild", {"x"}},
                          {"User", "u"},
                          {"Volumes", Json::object()},
                          {"WorkingDir", "/"}}}};
    EXPECT_EQ(changes(Shape::image, image),
              (Golden{{"1.49",
                       {"add /Config/AttachStderr", "add /Config/AttachStdin", "add /Config/AttachStdout",
                        "add /Config/Domainname", "add /Config/Hostname", "add /Config/Image",
                        "add /Config/OpenStdin", "add /Config/StdinOnce", "add /Config/Tty"}},
                      {"1.47", {"remove /Descriptor"}},
                      {"1.44", {"add /Container", "add /ContainerConfig"}},
                      {"1.44", {"add /Container", "add /ContainerConfig"}},
                      {"1.43", {"add /VirtualSize"}}}));
}

TEST(ApiShapes, OfAnImageInAList) {
    const Json image = {{"Size", 5},
                        {"Descriptor", Json::object()},
                        {"RepoTags", Json::array()},
                        {"RepoDigests", Json::array()}};
    EXPECT_EQ(changes(Shape::image_summary, image),
              (Golden{{"1.47", {"remove /Descriptor"}},
                      {"1.43", {"add /VirtualSize"}},
                      {"1.42", {"add /RepoDigests/-", "add /RepoTags/-"}}}));
}

TEST(ApiShapes, OfTheDisksUse) {
    const Json use = {{"Images", {{{"Size", 5}, {"RepoTags", {"x:1"}}, {"RepoDigests", Json::array()}}}},
                      {"Containers", {{{"HostConfig", {{"Annotations", Json::object()}}}}}}};
    EXPECT_EQ(changes(Shape::disk_usage, use),
              (Golden{{"1.45", {"remove /Containers/0/HostConfig/Annotations"}},
                      {"1.43", {"add /Images/0/VirtualSize"}}}));
}

TEST(ApiShapes, OfTheEngine) {
    const Json info = {{"Runtimes", {{"x", {{"path", "p"}, {"status", Json::object()}}}}},
                       {"SecurityOptions", {"name=seccomp,profile=builtin"}}};
    EXPECT_EQ(changes(Shape::info, info),
              (Golden{{"1.49", {"add /BridgeNfIp6tables", "add /BridgeNfIptables"}},
                      {"1.43", {"remove /Runtimes/x/status"}},
                      {"1.41", {"add /KernelMemory"}},
                      {"1.24", {"replace /SecurityOptions/0"}}}));
}

TEST(ApiShapes, RequestsOfOldClientsLoseWhatCameLater) {
    const Json body = {{"Image", "x"},
                       {"Healthcheck", {{"StartInterval", 1}, {"Interval", 2}}},
                       {"HostConfig",
                        {{"AutoRemove", true},
                         {"Annotations", {{"a", "b"}}},
                         {"Mounts",
                          {{{"Type", "bind"},
                            {"ReadOnly", true},
                            {"BindOptions", {{"NonRecursive", true}, {"CreateMountpoint", true}}}}}}}},
                       {"NetworkingConfig", {{"EndpointsConfig", {{"mine", {{"GwPriority", 1}}}}}}}};
    std::map<std::string, std::set<std::string>> all;
    Json later = *create_request_of(body, {1, 50}, HostCgroups::v1);
    EXPECT_EQ(later, body);
    for (int minor = 49; minor >= 24; --minor) {
        const Json now = *create_request_of(body, {1, minor}, HostCgroups::v1);
        for (const Json& step : Json::diff(later, now))
            all["1." + std::to_string(minor)].insert(
                rt::cat(step.at("op").get<std::string>(), " ", step.at("path").get<std::string>()));
        later = now;
    }
    EXPECT_EQ(
        all,
        (Golden{{"1.47", {"remove /NetworkingConfig/EndpointsConfig/mine/GwPriority"}},
                {"1.43",
                 {"remove /Healthcheck/StartInterval",
                  "add /HostConfig/Mounts/0/BindOptions/ReadOnlyNonRecursive"}},
                {"1.42", {"remove /HostConfig/Annotations"}},
                {"1.41", {"remove /HostConfig/Mounts/0/BindOptions/CreateMountpoint"}},
                {"1.40", {"add /HostConfig/CgroupnsMode"}},
                {"1.39", {"remove /HostConfig/Mounts/0/BindOptions/NonRecursive", "add /HostConfig/IpcMode"}},
                {"1.24", {"remove /HostConfig/AutoRemove"}}}));
    EXPECT_FALSE(
        create_request_of(body, {1, 40}, HostCgroups::v2)->at("HostConfig").contains("CgroupnsMode"));
}

TEST(ApiShapes, AValueOfAWrongTypeIsLeftForItsReader) {
    for (const char* text :
         {R"({"HostConfig":5})", R"({"HostConfig":{"Mounts":5}})", R"({"HostConfig":{"Mounts":[5]}})",
          R"({"HostConfig":{"Mounts":[{"Type":5,"BindOptions":5}]}})",
          R"({"NetworkingConfig":{"EndpointsConfig":[1]}})"})
        EXPECT_TRUE(create_request_of(Json::parse(text), {1, 24}, HostCgroups::v1)) << text;
    const Json subpath =
        Json::parse(R"({"HostConfig":{"Mounts":[{"Type":"volume","VolumeOptions":{"Subpath":"x"}}]}})");
    EXPECT_FALSE(create_request_of(subpath, {1, 44}, HostCgroups::v1));
    EXPECT_TRUE(create_request_of(subpath, {1, 45}, HostCgroups::v1));
}

} // namespace
