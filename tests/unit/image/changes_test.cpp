// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_changes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rt {
namespace {

Json changed(std::initializer_list<const char*> instructions) {
    Json config = Json::object();
    for (const char* const instruction : instructions) {
        const auto applied = apply_change(config, instruction);
        EXPECT_TRUE(applied) << applied.error().message;
    }
    return config;
}

TEST(ImageChanges, SetWhatADockerfileSets) {
    EXPECT_EQ(changed({R"(CMD ["a", "b"])"}), Json::parse(R"({"Cmd": ["a", "b"]})"));
    EXPECT_EQ(changed({"cmd echo hi"}), Json::parse(R"({"Cmd": ["/bin/sh", "-c", "echo hi"]})"));
    EXPECT_EQ(changed({R"(ENTRYPOINT ["/init"])"}), Json::parse(R"({"Entrypoint": ["/init"]})"));
    EXPECT_EQ(changed({"ENV A=1 B=\"two words\"", "ENV A=3", "ENV OLD form of it"}),
              Json::parse(R"({"Env": ["A=3", "B=two words", "OLD=form of it"]})"));
    EXPECT_EQ(changed({"EXPOSE 80 53/udp"}),
              Json::parse(R"({"ExposedPorts": {"80/tcp": {}, "53/udp": {}}})"));
    EXPECT_EQ(changed({"LABEL a=b c='d e'"}), Json::parse(R"({"Labels": {"a": "b", "c": "d e"}})"));
    EXPECT_EQ(changed({"VOLUME /data /log"}), Json::parse(R"({"Volumes": {"/data": {}, "/log": {}}})"));
    EXPECT_EQ(changed({R"(VOLUME ["/data"])"}), Json::parse(R"({"Volumes": {"/data": {}}})"));
    EXPECT_EQ(changed({"WORKDIR /a", "WORKDIR b"}), Json::parse(R"({"WorkingDir": "/a/b"})"));
    EXPECT_EQ(changed({"USER www-data:adm", "STOPSIGNAL SIGQUIT"}),
              Json::parse(R"({"User": "www-data:adm", "StopSignal": "SIGQUIT"})"));
}

TEST(ImageChanges, SetHealthChecksAndTriggers) {
    EXPECT_EQ(changed({"HEALTHCHECK NONE"}), Json::parse(R"({"Healthcheck": {"Test": ["NONE"]}})"));
    EXPECT_EQ(changed({"HEALTHCHECK --interval=5s --retries=3 CMD curl -f x"}),
              Json::parse(R"({"Healthcheck": {"Interval": 5000000000, "Retries": 3,
                                              "Test": ["CMD-SHELL", "curl -f x"]}})"));
    EXPECT_EQ(changed({R"(HEALTHCHECK CMD ["a", "b"])"}),
              Json::parse(R"({"Healthcheck": {"Test": ["CMD", "a", "b"]}})"));
    EXPECT_EQ(changed({"ONBUILD RUN a", "ONBUILD RUN b"}), Json::parse(R"({"OnBuild": ["RUN a", "RUN b"]})"));
}

TEST(ImageChanges, RefuseWhatTheyDoNotKnow) {
    for (const char* text :
         {"", "RUN true", "CMD", "ENV", "ENV A", "ENV =b", "EXPOSE x", "EXPOSE 70000", "EXPOSE 0",
          "EXPOSE 80/icmp", "LABEL x", "ENV A=\"open", "HEALTHCHECK", "HEALTHCHECK CMD",
          "HEALTHCHECK --interval=x CMD a", "HEALTHCHECK --often CMD a", "HEALTHCHECK --retries=3 NONE"}) {
        Json config = Json::object();
        EXPECT_EQ(apply_change(config, text).error().code, Code::invalid_argument) << text;
    }
}

} // namespace
} // namespace rt
