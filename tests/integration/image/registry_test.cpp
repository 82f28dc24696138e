// SPDX-License-Identifier: Apache-2.0
// The registry client against a registry that behaves badly.
#include "core/image/module/blob_intake.hpp"
#include "core/image/module/layer_stream.hpp"
#include "core/image/module/registry_login.hpp"
#include "core/image/module/registry_search.hpp"
#include "core/image/module/repository.hpp"
#include "core/image/module/sha256.hpp"
#include "integration/image/fake_http_server.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>

namespace rt::image {
namespace {

using test::FakeHttpServer;
using test::FakeRequest;
using test::FakeResponse;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::milliseconds kShort(1);

class Collect final : public ByteSink {
public:
    Result<void> write(std::string_view data) override {
        text.append(data);
        return {};
    }
    std::string text;
};

class Registry : public testing::Test {
protected:
    std::string content_ = [] {
        std::string text;
        for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i * 7919) + "\n";
        return text;
    }();
    BlobDescriptor blob_{"", Sha256::of(content_), content_.size()};
    Cancellation cancellation_;

    Result<void> fetch(FakeHttpServer& server, Collect& sink, RegistryCredentials credentials = {}) {
        return Repository(server.host(), "a/b", std::move(credentials), kShort)
            .blob(blob_, 0, sink, cancellation_);
    }
    // The rest of the content from where a Range says.
    [[nodiscard]] FakeResponse part(const FakeRequest& request) const {
        const std::string range = request.header("range");
        if (range.empty()) return {.body = content_};
        const std::size_t from = std::stoul(range.substr(range.find('=') + 1));
        return {.status = 206,
                .body = content_.substr(from),
                .headers = {{"Content-Range", "bytes " + std::to_string(from) + "-" +
                                                  std::to_string(content_.size() - 1) + "/" +
                                                  std::to_string(content_.size())}}};
    }
};

TEST_F(Registry, GoesOnWhereAConnectionBroke) {
    std::atomic<int> calls = 0;
    FakeHttpServer server([&](const FakeRequest& request) {
        FakeResponse response = part(request);
        if (++calls < 4) response.cut_after = 70'000;
        return response;
    });
    Collect sink;
    ASSERT_TRUE(fetch(server, sink));
    EXPECT_EQ(sink.text, content_);
    EXPECT_EQ(calls, 4);
    EXPECT_EQ(server.requests()[1].header("range"), "bytes=70000-");
}

TEST_F(Registry, SkipsWhatItHasWhenTheServerDoesNotKnowRange) {
    std::atomic<int> calls = 0;
    FakeHttpServer server([&](const FakeRequest&) {
        return FakeResponse{.body = content_, .cut_after = ++calls == 1 ? 100'000 : SIZE_MAX};
    });
    Collect sink;
    ASSERT_TRUE(fetch(server, sink));
    EXPECT_EQ(sink.text, content_);
}

TEST_F(Registry, RefusesAnotherPartThanItAskedFor) {
    std::atomic<int> calls = 0;
    FakeHttpServer server([&](const FakeRequest& request) {
        FakeResponse response = part(request);
        if (++calls == 1)
            response.cut_after = 100'000;
        else
            response.headers["Content-Range"] = "bytes 0-9/10";
        return response;
    });
    Collect sink;
    EXPECT_EQ(fetch(server, sink).error().code, Code::corrupt);
}

TEST_F(Registry, WaitsAndTriesAgainWhenTheServerIsBusy) {
    for (const int status : {429, 500, 502, 503, 504}) {
        SCOPED_TRACE(status);
        std::atomic<int> calls = 0;
        FakeHttpServer server([&](const FakeRequest& request) {
            if (++calls <= 2) return FakeResponse{.status = status, .headers = {{"Retry-After", "0"}}};
            return part(request);
        });
        Collect sink;
        EXPECT_TRUE(fetch(server, sink));
        EXPECT_EQ(sink.text, content_);
        EXPECT_EQ(calls, 3);
    }
}

TEST_F(Registry, GivesUpInTheEnd) {
    FakeHttpServer server([&](const FakeRequest&) { return FakeResponse{.status = 503}; });
    Collect sink;
    const auto outcome = fetch(server, sink);
    EXPECT_EQ(outcome.error().code, Code::unavailable);
    EXPECT_THAT(outcome.error().message, HasSubstr(server.host()));
    EXPECT_LE(server.requests().size(), 10U);
}

TEST_F(Registry, GivesUpSoonWhereNothingHasEverAnswered) {
    std::string host;
    {
        const FakeHttpServer gone([](const FakeRequest&) { return FakeResponse{}; });
        host = gone.host();
    }
    Collect sink;
    const auto began = std::chrono::steady_clock::now();
    const auto outcome =
        Repository(host, "a/b", {}, std::chrono::milliseconds(100)).blob(blob_, 0, sink, cancellation_);
    EXPECT_EQ(outcome.error().code, Code::unavailable);
    EXPECT_THAT(outcome.error().message, HasSubstr(host));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3))
        << "6 tries take 3.1 s at least";
}

TEST_F(Registry, DoesNotTakeMoreThanTheManifestSays) {
    FakeHttpServer server([&](const FakeRequest&) { return FakeResponse{.body = content_ + "more"}; });
    Collect sink;
    EXPECT_EQ(fetch(server, sink).error().code, Code::corrupt);
    EXPECT_LE(sink.text.size(), content_.size());
}

TEST_F(Registry, DoesNotWaitForEverForWhatIsTooShort) {
    FakeHttpServer server([&](const FakeRequest& request) {
        if (!request.header("range").empty()) return FakeResponse{.status = 416};
        return FakeResponse{.body = content_.substr(0, 1000)};
    });
    Collect sink;
    EXPECT_FALSE(fetch(server, sink));
}

TEST_F(Registry, GetsATokenAndUsesItForEverything) {
    std::string host;
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.path.starts_with("/token")) return {.body = R"({"token": "secret"})"};
        if (request.header("authorization") != "Bearer secret")
            return {.status = 401,
                    .headers = {
                        {"WWW-Authenticate", "Bearer realm=\"http://" + host +
                                                 "/token\",service=\"s\",scope=\"repository:a/b:pull\""}}};
        return part(request);
    });
    host = server.host();
    Repository repository(server.host(), "a/b", {}, kShort);
    Collect sink;
    ASSERT_TRUE(repository.blob(blob_, 0, sink, cancellation_));
    ASSERT_TRUE(repository.blob(blob_, 0, sink, cancellation_));
    EXPECT_EQ(server.requests().size(), 4U); // refused, token, blob, blob
    EXPECT_THAT(server.requests()[1].path, HasSubstr("scope=repository%3Aa%2Fb%3Apull"));
}

TEST_F(Registry, GetsANewTokenWhenTheFirstRunsOut) {
    std::string host;
    std::atomic<int> tokens = 0;
    std::atomic<int> good = 1;
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.path.starts_with("/token"))
            return {.body = R"({"access_token": "t)" + std::to_string(++tokens) + "\"}"};
        if (request.header("authorization") != "Bearer t" + std::to_string(good))
            return {.status = 401,
                    .headers = {{"WWW-Authenticate", "Bearer realm=\"http://" + host + "/token\""}}};
        return part(request);
    });
    host = server.host();
    Repository repository(server.host(), "a/b", {}, kShort);
    Collect sink;
    ASSERT_TRUE(repository.blob(blob_, 0, sink, cancellation_));
    good = 2;
    ASSERT_TRUE(repository.blob(blob_, 0, sink, cancellation_));
}

TEST_F(Registry, SendsThePasswordForBasic) {
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.header("authorization") != "Basic bWU6cGFzcw==")
            return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
        return part(request);
    });
    Collect sink;
    EXPECT_TRUE(fetch(server, sink, {"me", "pass", {}, {}}));
    EXPECT_EQ(fetch(server, sink, {"me", "wrong", {}, {}}).error().code, Code::permission_denied);
    EXPECT_EQ(fetch(server, sink).error().code, Code::permission_denied);
}

TEST_F(Registry, DoesNotSendThePasswordToAnUnencryptedStranger) {
    FakeHttpServer server([&](const FakeRequest&) {
        return FakeResponse{.status = 401,
                            .headers = {{"WWW-Authenticate", "Bearer realm=\"http://198.51.100.1/token\""}}};
    });
    Collect sink;
    EXPECT_EQ(fetch(server, sink, {"me", "pass", {}, {}}).error().code, Code::permission_denied);
}

TEST_F(Registry, FollowsARedirectWithoutTakingCredentialsAlong) {
    FakeHttpServer elsewhere([&](const FakeRequest& request) { return part(request); });
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.header("authorization").empty())
            return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
        return {.status = 307, .headers = {{"Location", "http://" + elsewhere.host() + "/storage?sig=1"}}};
    });
    Collect sink;
    ASSERT_TRUE(fetch(server, sink, {"me", "pass", {}, {}}));
    EXPECT_EQ(sink.text, content_);
    ASSERT_EQ(elsewhere.requests().size(), 1U);
    EXPECT_THAT(elsewhere.requests()[0].header("authorization"), IsEmpty());
}

TEST_F(Registry, DoesNotFollowRedirectsRoundAndRound) {
    FakeHttpServer server([&](const FakeRequest& request) {
        return FakeResponse{.status = 302, .headers = {{"Location", request.path}}};
    });
    Collect sink;
    EXPECT_FALSE(fetch(server, sink));
}

TEST_F(Registry, ChecksAManifestThatWasAskedForByDigest) {
    FakeHttpServer server([&](const FakeRequest&) { return FakeResponse{.body = "{\"schemaVersion\": 2}"}; });
    Repository repository(server.host(), "a/b", {}, kShort);
    EXPECT_EQ(repository.manifest(Sha256::of("another"), cancellation_).error().code, Code::corrupt);
    EXPECT_TRUE(repository.manifest("latest", cancellation_));
    EXPECT_TRUE(repository.manifest(Sha256::of("{\"schemaVersion\": 2}"), cancellation_));
}

TEST_F(Registry, ListsAllTagsPageByPage) {
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (!request.path.starts_with("/v2/a/b/tags/list?n=")) return {.status = 404};
        if (request.path.ends_with("&last=two")) return {.body = R"({"name": "a/b", "tags": ["three"]})"};
        return {.body = R"({"name": "a/b", "tags": ["one", "two"]})",
                .headers = {{"Link", "<http://elsewhere.invalid/v2/_catalog>; rel=\"next\""}}};
    });
    Repository repository(server.host(), "a/b", {}, kShort);
    const auto tags = repository.tags(cancellation_);
    ASSERT_TRUE(tags) << tags.error().message;
    EXPECT_EQ(*tags, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(Registry, DoesNotListTagsForEver) {
    FakeHttpServer server([&](const FakeRequest&) -> FakeResponse {
        return {.body = R"({"tags": ["one"]})", .headers = {{"Link", "<x>; rel=\"next\""}}};
    });
    EXPECT_EQ(Repository(server.host(), "a/b", {}, kShort).tags(cancellation_).error().code,
              Code::resource_exhausted);
    FakeHttpServer wrong([&](const FakeRequest&) -> FakeResponse { return {.body = R"({"tags": 1})"}; });
    EXPECT_EQ(Repository(wrong.host(), "a/b", {}, kShort).tags(cancellation_).error().code, Code::corrupt);
}

TEST_F(Registry, RefusesAManifestThatIsTooLarge) {
    FakeHttpServer server(
        [&](const FakeRequest&) { return FakeResponse{.body = std::string(5U << 20U, ' ')}; });
    Repository repository(server.host(), "a/b", {}, kShort);
    EXPECT_EQ(repository.manifest("latest", cancellation_).error().code, Code::resource_exhausted);
}

TEST_F(Registry, SaysWhatTheServerSays) {
    FakeHttpServer server([&](const FakeRequest&) {
        return FakeResponse{.status = 404,
                            .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such thing"}]})"};
    });
    const auto outcome = Repository(server.host(), "a/b", {}, kShort).manifest("latest", cancellation_);
    EXPECT_EQ(outcome.error().code, Code::not_found);
    EXPECT_THAT(outcome.error().message, HasSubstr("no such thing"));
}

TEST_F(Registry, StoresABlobOnlyWhenItIsWhatItShouldBe) {
    test::TempDir directory;
    const ContentStore store = ContentStore::open(directory.path()).value();
    std::string sent = content_;
    sent[1000] ^= 1;
    FakeHttpServer server([&](const FakeRequest&) { return FakeResponse{.body = sent}; });
    Repository repository(server.host(), "a/b", {}, kShort);
    LayerRequest request;
    request.repository = &repository;
    request.blob = blob_;
    EXPECT_EQ(stream_layer(store, request, cancellation_).error().code, Code::corrupt);
    EXPECT_FALSE(store.has(blob_.digest));
    EXPECT_FALSE(std::filesystem::exists(store.part_path(blob_.digest)));
    sent = content_;
    EXPECT_TRUE(stream_layer(store, request, cancellation_));
    EXPECT_TRUE(store.has(blob_.digest));
}

TEST_F(Registry, GoesOnWithWhatAnEarlierProcessFetched) {
    test::TempDir directory;
    const ContentStore store = ContentStore::open(directory.path()).value();
    test::write_file(store.part_path(blob_.digest), content_.substr(0, 123'456));
    FakeHttpServer server([&](const FakeRequest& request) { return part(request); });
    Repository repository(server.host(), "a/b", {}, kShort);
    LayerRequest request;
    request.repository = &repository;
    request.blob = blob_;
    ASSERT_TRUE(stream_layer(store, request, cancellation_));
    EXPECT_EQ(server.requests()[0].header("range"), "bytes=123456-");
    EXPECT_EQ(test::read_file(store.blob_path(blob_.digest)), content_);
}

TEST_F(Registry, BeginsAnewWhenMoreIsStoredThanThereIs) {
    test::TempDir directory;
    const ContentStore store = ContentStore::open(directory.path()).value();
    test::write_file(store.part_path(blob_.digest), content_ + "and more");
    FakeHttpServer server([&](const FakeRequest& request) { return part(request); });
    Repository repository(server.host(), "a/b", {}, kShort);
    LayerRequest request;
    request.repository = &repository;
    request.blob = blob_;
    EXPECT_EQ(stream_layer(store, request, cancellation_).error().code, Code::corrupt);
    std::filesystem::remove(store.part_path(blob_.digest)); // as the intake does on "corrupt"
    EXPECT_TRUE(stream_layer(store, request, cancellation_));
    EXPECT_EQ(test::read_file(store.blob_path(blob_.digest)), content_);
}

// A registry that takes blobs, and has what it was sent.
class PushTarget {
public:
    FakeResponse answer(const FakeRequest& request, const std::string& host) {
        const std::lock_guard lock(mutex_);
        const bool upload = request.path.find("/uploads/") != std::string::npos;
        if (request.method == "HEAD") return {.status = blobs.contains(digest_in(request.path)) ? 200 : 404};
        if (request.method == "POST" && request.path.find("mount=") != std::string::npos && mounts)
            return {.status = 201};
        const std::string place = "http://" + host + "/v2/a/b/blobs/uploads/" + std::to_string(uploads);
        if (request.method == "POST") {
            received.clear();
            open = true;
            return {
                .status = 202,
                .headers = {{"Location", "/v2/a/b/blobs/uploads/" + std::to_string(++uploads) + "?state=x"}}};
        }
        if (!upload) return {.status = 404};
        if (request.method == "GET")
            return {.status = 204, .headers = {{"Range", "0-" + std::to_string(received.size() - 1)}}};
        if (request.method == "DELETE") {
            open = false;
            return {.status = 204};
        }
        if (request.method == "PATCH") {
            received += request.body;
            return {.status = 202,
                    .headers = {{"Location", place}, {"Range", "0-" + std::to_string(received.size() - 1)}}};
        }
        const std::string digest = Sha256::of(received);
        if (request.path.find(percent_encode(digest)) == std::string::npos) return {.status = 400};
        blobs.insert(digest);
        open = false;
        return {.status = 201};
    }
    void broke(const FakeRequest& request) {
        const std::lock_guard lock(mutex_);
        received += request.body;
    }
    static std::string digest_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }

    std::set<std::string> blobs;
    std::string received;
    bool mounts = false, open = false;
    int uploads = 0;

private:
    std::mutex mutex_;
};

class Pushed : public Registry {
protected:
    Pushed() {
        auto intake = BlobIntake::begin(store_, nullptr);
        if (!intake || !intake->write(content_) || !intake->finish({})) throw std::runtime_error("store");
    }
    Result<PushOutcome> push(FakeHttpServer& server, std::vector<std::string> from = {}) {
        return Repository(server.host(), "a/b", {}, kShort)
            .push_blob(store_, {blob_, std::move(from), {}}, cancellation_);
    }
    static std::string methods(FakeHttpServer& server) {
        std::string text;
        for (const FakeRequest& request : server.requests()) text += request.method + " ";
        return text;
    }

    test::TempDir directory_;
    ContentStore store_ = ContentStore::open(directory_.path()).value();
    PushTarget target_;
    std::string host_;
};

TEST_F(Pushed, GoesUpOnceAndIsThereTheNextTime) {
    FakeHttpServer server([&](const FakeRequest& request) { return target_.answer(request, host_); });
    host_ = server.host();
    EXPECT_EQ(push(server)->how, PushOutcome::How::pushed);
    EXPECT_EQ(target_.received, content_);
    EXPECT_EQ(methods(server), "HEAD POST PATCH PUT ");
    EXPECT_EQ(push(server)->how, PushOutcome::How::present);
}

TEST_F(Pushed, IsMountedWhereTheRegistryDoesThat) {
    target_.mounts = true;
    FakeHttpServer server([&](const FakeRequest& request) { return target_.answer(request, host_); });
    host_ = server.host();
    const auto outcome = push(server, {"other/x"});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->how, PushOutcome::How::mounted);
    EXPECT_EQ(outcome->from, "other/x");
    EXPECT_THAT(server.requests()[1].path, HasSubstr("from=other%2Fx"));
}

TEST_F(Pushed, GoesUpInTheUploadThatARefusedMountHasBegun) {
    FakeHttpServer server([&](const FakeRequest& request) { return target_.answer(request, host_); });
    host_ = server.host();
    EXPECT_EQ(push(server, {"one", "two"})->how, PushOutcome::How::pushed);
    EXPECT_EQ(methods(server), "HEAD POST DELETE POST PATCH PUT ");
}

TEST_F(Pushed, GoesOnWhereTheConnectionBroke) {
    std::atomic<int> patches = 0;
    FakeHttpServer server([&](const FakeRequest& request) { return target_.answer(request, host_); });
    server.limit_body = [&](const FakeRequest& request) -> std::size_t {
        return request.method == "PATCH" && ++patches == 1 ? 100'000 : SIZE_MAX;
    };
    server.on_break = [&](const FakeRequest& request) { target_.broke(request); };
    host_ = server.host();
    const auto outcome = push(server);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(target_.received == content_);
    EXPECT_EQ(target_.uploads, 1);
    EXPECT_EQ(patches, 2);
}

TEST_F(Pushed, LeavesNothingAtTheRegistryWhenItIsCalledOff) {
    FakeHttpServer server([&](const FakeRequest& request) {
        if (request.method == "PATCH") cancellation_.stop = true;
        return target_.answer(request, host_);
    });
    host_ = server.host();
    EXPECT_EQ(push(server).error().code, Code::cancelled);
    EXPECT_FALSE(target_.open);
    EXPECT_THAT(target_.blobs, IsEmpty());
}

TEST_F(Pushed, GivesUpOnARegistryThatTakesNothing) {
    for (const int status : {403, 413, 500}) {
        SCOPED_TRACE(status);
        FakeHttpServer server([&](const FakeRequest& request) {
            if (request.method == "PATCH") return FakeResponse{.status = status};
            return target_.answer(request, host_);
        });
        host_ = server.host();
        EXPECT_FALSE(push(server));
        EXPECT_LE(server.requests().size(), 40U);
        EXPECT_FALSE(target_.open);
    }
}

TEST_F(Pushed, TellsNoSecretWhereAnUploadGoesOnElsewhere) {
    FakeHttpServer elsewhere([&](const FakeRequest& request) {
        if (request.method == "PATCH") return target_.answer(request, host_);
        return FakeResponse{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"give\""}}};
    });
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.header("authorization").empty())
            return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"r\""}}};
        if (request.method == "HEAD") return {.status = 404};
        return {.status = 202, .headers = {{"Location", "http://" + elsewhere.host() + "/uploads/1"}}};
    });
    host_ = elsewhere.host();
    const auto outcome = Repository(server.host(), "a/b", {"me", "pass", {}, {}}, kShort)
                             .push_blob(store_, {blob_, {}, {}}, cancellation_);
    EXPECT_FALSE(outcome);
    ASSERT_FALSE(elsewhere.requests().empty());
    for (const FakeRequest& request : elsewhere.requests())
        EXPECT_THAT(request.header("authorization"), IsEmpty());
}

TEST_F(Pushed, IsAManifestThatTheRegistryMayNotChange) {
    FakeHttpServer server([&](const FakeRequest&) {
        return FakeResponse{.status = 201, .headers = {{"Docker-Content-Digest", Sha256::of("another")}}};
    });
    const Manifest manifest{"{}", "application/vnd.oci.image.manifest.v1+json", Sha256::of("{}")};
    EXPECT_EQ(
        Repository(server.host(), "a/b", {}, kShort).push_manifest("1", manifest, cancellation_).error().code,
        Code::corrupt);
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(server.requests()[0].body, "{}");
    EXPECT_EQ(server.requests()[0].header("content-type"), manifest.media_type);
}

TEST_F(Registry, LogsInWithAPasswordOrKeepsTheTokenThatItGives) {
    std::string host;
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (request.path.starts_with("/token")) {
            if (request.header("authorization") != "Basic bWU6cGFzcw==") return {.status = 401};
            return {.body = R"({"token": "now", "refresh_token": "later"})"};
        }
        if (request.header("authorization") == "Bearer now") return {.status = 200};
        return {
            .status = 401,
            .headers = {{"WWW-Authenticate", "Bearer realm=\"http://" + host + "/token\",service=\"s\""}}};
    });
    host = server.host();
    EXPECT_EQ(log_in(host, {"me", "pass", {}, {}}, cancellation_).value(), "later");
    EXPECT_THAT(server.requests()[1].path, HasSubstr("offline_token=true"));
    EXPECT_EQ(log_in(host, {"me", "wrong", {}, {}}, cancellation_).error().code, Code::permission_denied);
}

TEST_F(Registry, FindsWhatItsSearchSays) {
    FakeHttpServer server([&](const FakeRequest& request) -> FakeResponse {
        if (!request.path.starts_with("/v1/search?q=a%20b&n=2")) return {.status = 404};
        return {.body =
                    R"({"results": [{"name": "x", "description": "d", "star_count": 3, "is_official": true},
                                        7, {"name": 8, "star_count": "many"}, {"name": "more"}]})"};
    });
    const auto found = search(server.host(), "a b", 2, {}, cancellation_);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[0].name, "x");
    EXPECT_EQ((*found)[0].stars, 3);
    EXPECT_TRUE((*found)[0].official);
    EXPECT_EQ((*found)[1].name, "");
    EXPECT_EQ(search(server.host(), "other", 2, {}, cancellation_).error().code, Code::unsupported);
    FakeHttpServer odd([&](const FakeRequest&) { return FakeResponse{.body = "[]"}; });
    EXPECT_EQ(search(odd.host(), "x", 2, {}, cancellation_).error().code, Code::corrupt);
}

TEST(ThisMachine, IsRecognised) {
    for (const char* host :
         {"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]:5000", "[::1]"})
        EXPECT_TRUE(is_this_machine(host)) << host;
    for (const char* host : {"127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]",
                             "128.0.0.1", "127.1", "example.com:127"})
        EXPECT_FALSE(is_this_machine(host)) << host;
}

TEST(Challenges, AreTakenApart) {
    const auto two =
        parse_challenges(R"(Basic realm="a, b", Bearer realm="https://x/\"y",service=s , scope="p:q")");
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].scheme, "basic");
    EXPECT_EQ(two[0].parameters.at("realm"), "a, b");
    EXPECT_EQ(two[1].scheme, "bearer");
    EXPECT_EQ(two[1].parameters.at("realm"), "https://x/\"y");
    EXPECT_EQ(two[1].parameters.at("service"), "s");
    for (const char* odd : {"", ",,,", "=", "Bearer realm=\"", "Bearer =", "\"\""})
        (void)parse_challenges(odd);
}

} // namespace
} // namespace rt::image
