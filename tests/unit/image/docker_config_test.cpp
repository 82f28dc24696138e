// SPDX-License-Identifier: Apache-2.0
#include "core/image/docker_config.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>

namespace rt {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Docker : public testing::Test {
protected:
    void write(const std::string& text) const { test::write_file(directory_ / "config.json", text); }
    [[nodiscard]] nlohmann::json content() const {
        return nlohmann::json::parse(read_file(directory_ / "config.json").value());
    }
    // A helper that keeps what it is given in a file, as docker's do in a key ring.
    void add_helper() {
        const fs::path program = directory_ / "docker-credential-box";
        const std::string kept = (directory_ / "kept").native();
        test::write_file(program, "#!/bin/sh\ncase $1 in\n"
                                  "store) cat >" +
                                      kept +
                                      ";;\n"
                                      "get) cat >/dev/null; [ -e " +
                                      kept + " ] && exec cat " + kept +
                                      "; echo credentials not found in native keychain; exit 1;;\n"
                                      "erase) cat >/dev/null; rm " +
                                      kept + ";;\nesac\n");
        fs::permissions(program, fs::perms::owner_all);
        path_ = std::getenv("PATH");
        ::setenv("PATH", (directory_.path().native() + ":" + path_).c_str(), 1);
    }
    ~Docker() override {
        if (!path_.empty()) ::setenv("PATH", path_.c_str(), 1);
    }

    test::TempDir directory_;
    DockerConfig config_{directory_ / "config.json"};
    std::string path_;
};

TEST_F(Docker, HasCredentialsByHost) {
    write(R"({"auths": {
        "https://index.docker.io/v1/": {"auth": "bWU6cGFzczp3b3Jk"},
        "reg.example.com:5000": {"identitytoken": "it"}, "odd": 7}})");
    const auto hub = config_.find("docker.io");
    ASSERT_TRUE(hub);
    EXPECT_EQ(hub->user, "me");
    EXPECT_EQ(hub->password, "pass:word");
    EXPECT_EQ(config_.find("reg.example.com:5000")->identity_token, "it");
    EXPECT_TRUE(config_.find("reg.example.com")->empty());
    EXPECT_TRUE(DockerConfig(directory_ / "none.json").find("docker.io")->empty());
    write("{");
    EXPECT_EQ(config_.find("docker.io").error().code, Code::corrupt);
}

TEST_F(Docker, KeepsWhatElseIsInTheFile) {
    write(R"({"psFormat": "x", "auths": {"index.docker.io": {"auth": "b2xk"}, "other": {"auth": "eDp5"}}})");
    EXPECT_EQ(config_.store("docker.io", {"me", "new", {}, {}}).value(), "");
    EXPECT_EQ(config_.store("other:1", {"me", {}, "token", {}}).value(), "");
    EXPECT_EQ(content(), nlohmann::json::parse(R"({"psFormat": "x", "auths": {
        "https://index.docker.io/v1/": {"auth": "bWU6bmV3"}, "other": {"auth": "eDp5"},
        "other:1": {"auth": "bWU6", "identitytoken": "token"}}})"));
    EXPECT_EQ(fs::status(config_.file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_TRUE(config_.erase("docker.io").value());
    EXPECT_FALSE(config_.erase("docker.io").value());
    EXPECT_FALSE(content()["auths"].contains("https://index.docker.io/v1/"));
    EXPECT_TRUE(content()["auths"].contains("other"));
}

TEST_F(Docker, FollowsALinkToTheFile) {
    fs::create_directories(directory_ / "real");
    test::write_file(directory_ / "real/config.json", "{}");
    fs::create_symlink("real/config.json", directory_ / "config.json");
    ASSERT_TRUE(config_.store("a.b", {"me", "x", {}, {}}));
    EXPECT_TRUE(fs::is_symlink(directory_ / "config.json"));
    EXPECT_EQ(config_.find("a.b")->password, "x");
}

TEST_F(Docker, LeavesSecretsToAHelper) {
    add_helper();
    write(R"({"credHelpers": {"a.b:1": "box"}})");
    EXPECT_TRUE(config_.find("a.b:1")->empty());
    EXPECT_EQ(config_.store("a.b:1", {"me", "hidden", {}, {}}).value(), "box");
    EXPECT_EQ(config_.find("a.b:1")->password, "hidden");
    EXPECT_TRUE(config_.find("a.b:2")->empty());
    EXPECT_THAT(read_file(directory_ / "config.json").value(), testing::Not(HasSubstr("hidden")));
    EXPECT_EQ(content()["auths"]["a.b:1"], nlohmann::json::object());
    EXPECT_TRUE(config_.erase("a.b:1").value());
    EXPECT_TRUE(config_.find("a.b:1")->empty());
    write(R"({"credsStore": "box"})");
    ASSERT_TRUE(config_.store("docker.io", {"me", {}, "refresh", {}}));
    EXPECT_EQ(config_.find("docker.io")->identity_token, "refresh");
    EXPECT_THAT(config_.find("docker.io")->user, "");
}

TEST_F(Docker, NamesAHelperThatIsNotThere) {
    for (const char* const name : {"nowhere-to-be-found", "../../bin/sh"}) {
        write(std::string(R"({"credsStore": ")") + name + "\"}");
        EXPECT_EQ(config_.find("docker.io").error().code, Code::not_found);
    }
}

} // namespace
} // namespace rt
