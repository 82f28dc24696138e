// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/container_request.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using rt::Code;
using rt::Json;
using rt::rtd::container_request;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

rt::ContainerSpec spec_of(const char* text) {
    auto spec = container_request(Json::parse(text));
    EXPECT_TRUE(spec) << spec.error().message;
    return spec ? *spec : rt::ContainerSpec();
}

TEST(ApiContainerRequest, HasWhatTheClientSays) {
    const auto spec = spec_of(R"({
        "Image": "busybox", "Cmd": ["sh", "-c", "true"], "Env": ["A=b"], "Tty": true, "OpenStdin": true,
        "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "StopTimeout": 3,
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000, "Retries": 2},
        "HostConfig": {
            "Binds": ["/srv:/srv:ro", "data:/var/lib"], "Memory": 67108864, "NanoCpus": 500000000,
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}], "81/udp": [{"HostPort": ""}]},
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "AutoRemove": false,
            "NetworkMode": "default", "CapAdd": ["NET_ADMIN"], "Tmpfs": {"/tmp": "size=1m"},
            "Mounts": [{"Type": "volume", "Source": "vol", "Target": "/v", "VolumeOptions": {"NoCopy": true}}],
            "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}, "PidsLimit": null}})");
    EXPECT_EQ(spec.image, "busybox");
    EXPECT_THAT(spec.command, ElementsAre("sh", "-c", "true"));
    EXPECT_TRUE(spec.terminal && spec.open_stdin);
    EXPECT_EQ(spec.network, "");
    EXPECT_EQ(spec.memory, 64 << 20);
    EXPECT_EQ(spec.restart_policy.maximum_retry_count, 3);
    ASSERT_EQ(spec.ports.size(), 2U);
    EXPECT_EQ(spec.ports[0].host_ip, "127.0.0.1");
    EXPECT_EQ(spec.ports[0].host_port, 8080);
    EXPECT_EQ(spec.ports[1].host_port, 0);
    EXPECT_EQ(spec.ports[1].protocol, "udp");
    ASSERT_EQ(spec.mounts.size(), 5U);
    EXPECT_EQ(spec.mounts[0].target, "/data");
    EXPECT_TRUE(spec.mounts[1].read_only);
    EXPECT_EQ(spec.mounts[2].source, "data");
    EXPECT_TRUE(spec.mounts[3].no_copy);
    EXPECT_EQ(spec.healthcheck->retries, 2);
    EXPECT_THAT(spec.log_config.config, ElementsAre(Pair("max-size", "1m")));
    const auto valid = rt::validate(spec);
    EXPECT_TRUE(valid) << valid.error().message;
}

TEST(ApiContainerRequest, EntrypointsAreLeftReplacedOrTakenAway) {
    EXPECT_FALSE(spec_of(R"({"Image": "a"})").entrypoint);
    EXPECT_FALSE(spec_of(R"({"Image": "a", "Entrypoint": null})").entrypoint);
    EXPECT_FALSE(spec_of(R"({"Image": "a", "Entrypoint": []})").entrypoint);
    EXPECT_TRUE(spec_of(R"({"Image": "a", "Entrypoint": [""]})").entrypoint->empty());
    EXPECT_THAT(*spec_of(R"({"Image": "a", "Entrypoint": "/x"})").entrypoint, ElementsAre("/x"));
}

TEST(ApiContainerRequest, NetworksAreInOrder) {
    const auto spec = spec_of(R"({"Image": "a", "HostConfig": {"NetworkMode": "front"},
        "NetworkingConfig": {"EndpointsConfig": {"back": {"Aliases": ["x"]}, "front": {"IPAMConfig":
        {"IPv4Address": "10.1.0.9"}}}}})");
    ASSERT_EQ(spec.networks.size(), 2U);
    EXPECT_EQ(spec.networks[0].network, "front");
    EXPECT_EQ(spec.networks[0].ipv4_address, "10.1.0.9");
    EXPECT_THAT(spec.networks[1].aliases, ElementsAre("x"));
}

TEST(ApiContainerRequest, WrongTypesAreNamedByTheirPlace) {
    const auto message = [](const char* text) {
        const auto spec = container_request(Json::parse(text));
        EXPECT_FALSE(spec) << text;
        return spec ? std::string() : spec.error().message;
    };
    EXPECT_THAT(message(R"({"Image": 1})"), HasSubstr("Image is a string"));
    EXPECT_THAT(message(R"({"Image": "a", "HostConfig": {"Memory": "1g"}})"), HasSubstr("HostConfig.Memory"));
    EXPECT_THAT(message(R"({"Image": "a", "HostConfig": {"Memory": 1e30}})"), HasSubstr("HostConfig.Memory"));
    EXPECT_THAT(message(R"({"Image": "a", "HostConfig": {"OomScoreAdj": 99999999999}})"),
                HasSubstr("HostConfig.OomScoreAdj: 99999999999 is out of range"));
    EXPECT_THAT(message(R"({"Image": "a", "HostConfig": {"Ulimits": [1]}})"), HasSubstr("Ulimits[0]"));
    EXPECT_THAT(message(R"({"Image": "a", "Env": ["A", 1]})"), HasSubstr("Env"));
    EXPECT_THAT(message(R"({})"), HasSubstr("no image specified"));
}

TEST(ApiContainerRequest, WhatCannotBeHadIsRefusedByName) {
    const auto error = [](const char* text) {
        const auto spec = container_request(Json::parse(text));
        EXPECT_FALSE(spec) << text;
        return spec ? rt::Error() : spec.error();
    };
    EXPECT_THAT(error(R"({"Image": "a", "HostConfig": {"CpuCount": 2}})").message, HasSubstr("CpuCount"));
    EXPECT_THAT(error(R"({"Image": "a", "HostConfig": {"DeviceRequests": [{"Count": -1}]}})").message,
                HasSubstr("DeviceRequests"));
    EXPECT_EQ(error(R"({"Image": "a", "HostConfig": {"Mounts": [{"Type": "image", "Target": "/x"}]}})").code,
              Code::unsupported);
    EXPECT_THAT(error(R"({"Image": "a", "HostConfig": {"Binds": ["./a:/b"]}})").message,
                HasSubstr("absolute"));
}

TEST(ApiContainerRequest, AnUpdateKeepsWhatItDoesNotName) {
    const auto update =
        rt::rtd::update_request(Json::parse(R"({"Memory": 1048576, "RestartPolicy": {"Name": ""}})"));
    ASSERT_TRUE(update);
    EXPECT_EQ(update->memory, 1 << 20);
    EXPECT_FALSE(update->restart_policy);
    EXPECT_FALSE(update->pids_limit);
    EXPECT_FALSE(rt::rtd::update_request(Json::parse(R"({"Devices": [{"PathOnHost": "/dev/null"}]})")));
}

} // namespace
