// SPDX-License-Identifier: Apache-2.0
// Images on their way out through docker's API, by hand and with docker's own client.
#include "support/registry.hpp"
#include "with_rtd.hpp"

#include <cstdlib>

namespace {

using nlohmann::json;
using rt::test::Registry;
using testing::HasSubstr;
using testing::StartsWith;

class ApiImageTransfer : public WithRtd {
protected:
    void SetUp() override {
        std::filesystem::create_directories(rtctl_.directory() / "docker");
        ::setenv("DOCKER_CONFIG", (rtctl_.directory() / "docker").c_str(), 1);
        WithRtd::SetUp();
    }
    void TearDown() override {
        WithRtd::TearDown();
        ::unsetenv("DOCKER_CONFIG");
    }
    [[nodiscard]] std::set<std::string> traces() const override {
        auto all = rtctl_.traces();
        std::erase_if(all, [](const std::string& line) { return line.starts_with("snapshot "); });
        return all;
    }
};

TEST_F(ApiImageTransfer, AreSavedAndLoaded) {
    const auto saved = call("GET", "/images/busybox/get");
    EXPECT_EQ(saved.status, 200);
    EXPECT_TRUE(saved.body == rtctl_({"save", "busybox"}).out);
    EXPECT_TRUE(call("GET", "/images/get?names=busybox").body == saved.body);
    EXPECT_EQ(call("GET", "/images/nothing/get").status, 404);
    EXPECT_EQ(call("GET", "/images/get").status, 400);
}

TEST_F(ApiImageTransfer, AreMadeOfContainers) {
    const std::string id = create({{"Image", "busybox"}, {"Cmd", {"true"}}}, "one");
    const auto made = call("POST",
                           "/commit?container=one&repo=made&tag=2&author=me&comment=why&changes="
                           "ENV%20A=1%0AUSER%20web",
                           {{"Labels", {{"from", "body"}}}});
    ASSERT_EQ(made.status, 201) << made.body;
    const auto image = call("GET", "/images/made:2/json").json();
    EXPECT_EQ(image["Id"], made.json()["Id"]);
    EXPECT_EQ(image["Author"], "me");
    EXPECT_EQ(image["Config"]["User"], "web");
    EXPECT_EQ(image["Config"]["Labels"]["from"], "body");
    EXPECT_THAT(image["Config"]["Env"].dump(), testing::AllOf(HasSubstr("A=1"), HasSubstr("FROM_IMAGE=yes")));
    EXPECT_EQ(call("POST", "/commit?container=nothing").status, 404);
    EXPECT_EQ(call("POST", "/commit?container=one&changes=RUN%20x").status, 400);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "made:2"}).exit_code, 0);
}

TEST_F(ApiImageTransfer, GoToARegistryAsTheClientAndNotAsRoot) {
    const Registry registry(rtctl_.directory() / "registry", Registry::Users::known);
    // root's own, which rtd must not use
    ASSERT_EQ(rtctl_({"login", "-u", "me", "--password-stdin", "localhost:5000"}, "s3cret pass").exit_code,
              0);
    ASSERT_EQ(rtctl_({"tag", "busybox", "localhost:5000/box"}).exit_code, 0);
    const auto nobody = call("POST", "/images/localhost:5000/box/push?tag=latest");
    EXPECT_THAT(nobody.body, HasSubstr("\"errorDetail\""));
    EXPECT_EQ(
        call("POST", "/auth", {{"username", "me"}, {"password", "x"}, {"serveraddress", "localhost:5000"}})
            .status,
        401);
    EXPECT_EQ(call("POST", "/auth",
                   {{"username", "me"}, {"password", "s3cret pass"}, {"serveraddress", "localhost:5000"}})
                  .json()["Status"],
              "Login Succeeded");
    auto client = connect();
    client.send_request("POST", "/images/localhost:5000/box/push?tag=latest", {},
                        "X-Registry-Auth: eyJ1c2VybmFtZSI6Im1lIiwicGFzc3dvcmQiOiJzM2NyZXQgcGFzcyJ9\r\n");
    const auto pushed = client.answer();
    EXPECT_THAT(pushed.body, HasSubstr("\"status\":\"Pushed\"")) << pushed.body;
    EXPECT_THAT(pushed.body, HasSubstr("\"aux\":{\"Digest\":\"sha256:"));
    EXPECT_EQ(call("GET", "/images/search?term=localhost:5000/x").status, 501);
    EXPECT_EQ(call("GET", "/images/search?term=localhost:5000/x&limit=101").status, 400);
    EXPECT_EQ(rtctl_({"rmi", "localhost:5000/box"}).exit_code, 0);
}

TEST_F(ApiImageTransfer, AreSentByDockersOwnClient) {
    if (!docker_client()) GTEST_SKIP() << "SKIP_NO_DOCKER_CLIENT: this machine has no docker client";
    const Registry registry(rtctl_.directory() / "registry", Registry::Users::known);
    auto outcome = docker({"login", "-u", "me", "--password-stdin", "localhost:5000"}, "s3cret pass\n");
    EXPECT_THAT(outcome.out, HasSubstr("Login Succeeded")) << outcome.err;
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox"}).exit_code, 0);
    outcome =
        docker({"commit", "-m", "why", "-c", "CMD [\"echo\", \"sent\"]", "one", "localhost:5000/made:1"});
    ASSERT_THAT(outcome.out, StartsWith("sha256:")) << outcome.err;
    outcome = docker({"push", "localhost:5000/made:1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("1: digest: sha256:"));
    const auto file = rtctl_.directory() / "made.tar";
    EXPECT_EQ(docker({"save", "-o", file, "localhost:5000/made:1"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(docker({"rmi", "localhost:5000/made:1"}).exit_code, 0);
    EXPECT_EQ(docker({"run", "--rm", "localhost:5000/made:1"}).out, "sent\n");
    EXPECT_THAT(docker({"pull", "localhost:5000/made:1"}).out,
                HasSubstr("Status: Image is up to date for localhost:5000/made:1\n"));
    EXPECT_EQ(docker({"rmi", "localhost:5000/made:1"}).exit_code, 0);
    outcome = docker({"pull", "-a", "localhost:5000/made"});
    EXPECT_THAT(outcome.out, HasSubstr("1: Pulling from made\n")) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Status: Downloaded newer image for localhost:5000/made:1\n"));
    outcome = docker({"pull", "localhost:5000/made:2"});
    EXPECT_THAT(outcome.err, HasSubstr("Error response from daemon: ")) << "it is none before the stream";
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(docker({"rmi", "localhost:5000/made:1"}).exit_code, 0);
    EXPECT_THAT(docker({"load", "-i", file}).out, HasSubstr("Loaded image: localhost:5000/made:1"));
    EXPECT_EQ(docker({"logout", "localhost:5000"}).exit_code, 0);
    EXPECT_NE(docker({"push", "localhost:5000/made:1"}).exit_code, 0);
    EXPECT_EQ(docker({"rmi", "localhost:5000/made:1"}).exit_code, 0);
}

} // namespace
