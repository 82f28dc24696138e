// SPDX-License-Identifier: Apache-2.0
// Images over the API, and what the disk has of everything.
#include "image/fake_http_server.hpp"
#include "with_rtd.hpp"

#include <sys/wait.h>

#include <fstream>

namespace {

using nlohmann::json;
using rt::test::FakeHttpServer;
using rt::test::FakeRequest;
using rt::test::FakeResponse;
using testing::Contains;
using testing::HasSubstr;

class ApiImages : public WithRtd {
protected:
    [[nodiscard]] json inspect(const std::string& name) const {
        return call("GET", "/images/" + name + "/json").json();
    }
};

TEST_F(ApiImages, GetNamesAndLoseThem) {
    const auto tagged = call("POST", "/images/busybox/tag?repo=other/name&tag=1");
    EXPECT_EQ(tagged.status, 201);
    EXPECT_EQ(tagged.headers.at("content-length"), "0"); // clients wait for it
    EXPECT_THAT(inspect("other/name:1")["RepoTags"], Contains("other/name:1"));
    EXPECT_EQ(call("POST", "/images/nothing/tag?repo=x").status, 404);
    EXPECT_EQ(call("POST", "/images/busybox/tag?repo=UPPER").status, 400);
    EXPECT_EQ(call("POST", "/images/busybox/tag").status, 400);
    const auto removed = call("DELETE", "/images/other/name:1");
    EXPECT_EQ(removed.json(), json::parse(R"([{"Untagged":"other/name:1"}])"));
}

TEST_F(ApiImages, TellHowTheyCameToBe) {
    const auto steps = call("GET", "/images/busybox/history").json();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0]["Id"], inspect("busybox")["Id"]);
    EXPECT_EQ(steps[0]["Tags"], json{"busybox:latest"});
    EXPECT_GT(steps[0]["Size"], 0);
    EXPECT_EQ(call("GET", "/images/nothing/history").status, 404);
}

TEST_F(ApiImages, AreMadeOfATar) {
    const auto tar = rtctl_.directory() / "root.tar";
    const auto tree = rtctl_.directory() / "tree";
    std::filesystem::create_directory(tree);
    std::ofstream(tree / "hello") << "here";
    ASSERT_EQ(rt::test::run_program({"tar", "-C", tree.native(), "-cf", tar.native(), "."}).exit_code, 0);
    std::ifstream file(tar, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    auto client = connect();
    client.send_request(
        "POST", "/images/create?fromSrc=-&repo=made&tag=1&changes=CMD%20%5B%22%2Fhello%22%5D&message=why",
        content);
    const auto answer = client.answer();
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto made = inspect("made:1");
    EXPECT_EQ(answer.json()["status"], made["Id"]);
    EXPECT_EQ(made["Config"]["Cmd"], json{"/hello"});
    EXPECT_EQ(made["Comment"], "why");
    auto refused = connect();
    refused.send_request("POST", "/images/create?fromSrc=http://localhost/x.tar&repo=made");
    EXPECT_EQ(refused.answer().status, 501);
    EXPECT_EQ(call("DELETE", "/images/made:1").status, 200);
}

TEST_F(ApiImages, AreListedWithTheNamesThatWereAskedFor) {
    ASSERT_EQ(call("POST", "/images/busybox/tag?repo=keep&tag=2").status, 201);
    const auto listed = call("GET", R"(/images/json?filters={"reference":["keep:2"]})").json();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["RepoTags"], json{"keep:2"});
    EXPECT_EQ(call("DELETE", "/images/keep:2").status, 200);
}

TEST_F(ApiImages, OfATarThatBreaksOffAreNone) {
    const std::string empty_tar(10240, '\0'), begun = empty_tar.substr(0, 512); // an end that is none
    auto client = connect();
    client.send(
        "POST /images/create?fromSrc=-&repo=broken HTTP/1.1\r\nHost: rt\r\nContent-Length: 10240\r\n\r\n" +
        begun);
    client.end_sending();
    EXPECT_EQ(client.answer().status, 400);
    EXPECT_EQ(call("GET", "/images/broken/json").status, 404);
    auto whole = connect();
    whole.send_request("POST", "/images/create?fromSrc=-&repo=broken", empty_tar);
    EXPECT_EQ(whole.answer().status, 200);
    EXPECT_EQ(call("DELETE", "/images/broken").status, 200);
}

TEST_F(ApiImages, AreRemovedAsAWholeOnly) {
    const auto refused = call("DELETE", R"(/images/busybox?platforms={"os":"linux","architecture":"arm64"})");
    EXPECT_EQ(refused.status, 501);
    EXPECT_THAT(refused.json()["message"], HasSubstr("platforms"));
    EXPECT_EQ(call("GET", "/images/busybox/json").status, 200);
}

TEST_F(ApiImages, ThatCannotBeSavedAreRefusedBeforeTheStream) {
    const auto refused = call("GET", R"(/images/busybox/get?platform={"os":"linux","architecture":"s390x"})");
    EXPECT_GE(refused.status, 400);
    EXPECT_THAT(refused.json()["message"], HasSubstr("s390x"));
}

TEST_F(ApiImages, AreLookedAtWhereTheyComeFrom) {
    const std::string index = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",
      "manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,
                    "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                    "platform":{"architecture":"arm64","os":"linux","variant":"v8"}}]})";
    FakeHttpServer registry([&](const FakeRequest& request) {
        if (!request.path.ends_with("/manifests/1")) return FakeResponse{.status = 404};
        return FakeResponse{.body = index,
                            .headers = {{"Content-Type", "application/vnd.oci.image.index.v1+json"}}};
    });
    const auto found = call("GET", "/distribution/" + registry.host() + "/a/b:1/json");
    ASSERT_EQ(found.status, 200) << found.body;
    EXPECT_EQ(found.json()["Descriptor"]["mediaType"], "application/vnd.oci.image.index.v1+json");
    EXPECT_EQ(found.json()["Descriptor"]["size"], index.size());
    EXPECT_THAT(found.json()["Descriptor"]["digest"].get<std::string>(), testing::StartsWith("sha256:"));
    EXPECT_EQ(found.json()["Platforms"],
              json::parse(R"([{"architecture":"arm64","os":"linux","variant":"v8"}])"));
    EXPECT_EQ(call("GET", "/distribution/" + registry.host() + "/a/b:2/json").status, 404);
}

TEST_F(ApiImages, AndEverythingElseTakeRoom) {
    ASSERT_EQ(call("POST", "/volumes/create", {{"Name", "data"}}).status, 201);
    const auto all = call("GET", "/system/df").json();
    EXPECT_GT(all["LayersSize"], 0);
    EXPECT_EQ(all["Images"].size(), 1U);
    EXPECT_EQ(all["Volumes"][0]["Name"], "data");
    const auto part = call("GET", "/system/df?type=volume").json();
    EXPECT_EQ(part["Images"], nullptr);
    EXPECT_EQ(part["Volumes"].size(), 1U);
    EXPECT_EQ(call("GET", "/system/df?type=things").status, 400);
    EXPECT_EQ(call("DELETE", "/volumes/data").status, 204);
}

TEST_F(ApiImages, SayWhatTheyShareWhereThatIsAskedFor) {
    const std::string id = create({{"Cmd", {"true"}}});
    ASSERT_EQ(call("POST", "/commit?container=" + id + "&repo=made").status, 201);
    EXPECT_EQ(call("DELETE", "/containers/" + id).status, 204);
    for (const json& image : call("GET", "/images/json").json()) EXPECT_EQ(image["SharedSize"], -1);
    const json shared = call("GET", "/images/json?shared-size=1").json();
    ASSERT_EQ(shared.size(), 2U);
    EXPECT_GT(shared[0]["SharedSize"], 0);
    EXPECT_EQ(shared[0]["SharedSize"], shared[1]["SharedSize"]); // all of busybox
    EXPECT_EQ(call("DELETE", "/images/made").status, 200);
}

TEST_F(ApiImages, ABadPlatformIsRefusedBeforeAnybodyIsAsked) {
    EXPECT_EQ(call("POST", "/images/create?fromImage=localhost:1/x&tag=1&platform=a/b/c/d").status, 400);
    const auto nobody = call("POST", "/images/create?fromImage=localhost:1/x&tag=1");
    EXPECT_GE(nobody.status, 500) << "before any of the stream";
    EXPECT_THAT(nobody.json()["message"], HasSubstr("localhost:1"));
}

TEST_F(ApiImages, GoWhenNobodyNeedsThem) {
    for (const char* what : {"containers", "images", "volumes", "networks"})
        EXPECT_EQ(call("POST", "/" + std::string(what) + "/prune").status, 200) << what;
    EXPECT_EQ(call("GET", "/images/json").json().size(), 1U); // it has a name
}

TEST_F(ApiImages, AndDriversAreShown) {
    const auto plugins = call("GET", "/plugins").json();
    std::set<std::string> ids;
    for (const auto& plugin : plugins)
        if (plugin["Enabled"]) ids.insert(plugin["Id"]);
    EXPECT_THAT(ids, testing::IsSupersetOf({"overlayfs", "bridge", "namespaces"}));
    EXPECT_EQ(call("GET", "/plugins/bridge/json").json()["Id"], "bridge");
    EXPECT_EQ(call("GET", "/plugins/nothing/json").status, 404);
    const auto some = call("GET", R"(/plugins?filters={"capability":["storage"],"enabled":["true"]})").json();
    ids.clear();
    for (const auto& plugin : some) ids.insert(plugin["Id"]);
    EXPECT_TRUE(ids.contains("overlayfs") && !ids.contains("bridge"));
    EXPECT_EQ(call("POST", "/plugins/pull?remote=x").status, 501);
}

} // namespace
