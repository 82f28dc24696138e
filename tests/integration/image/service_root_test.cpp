// SPDX-License-Identifier: Apache-2.0
// Images in and out through the real module and both storage drivers: archives, imports, a registry, several
// processes at once, kills and full disks.
#include "core/base/child_process.hpp"
#include "core/base/json.hpp"
#include "core/config/wiring.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/manifest.hpp"
#include "core/image/snapshot_view.hpp"
#include "core/plugin/registry.hpp"
#include "integration/image/fake_http_server.hpp"
#include "integration/image/tar_builder.hpp"
#include "integration/image/tree_listing.hpp"
#include "support/patience.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <atomic>
#include <condition_variable>

namespace rt {
namespace {

namespace fs = std::filesystem;
using test::FakeHttpServer;
using test::FakeRequest;
using test::FakeResponse;
using test::TarBuilder;
using testing::IsEmpty;

std::string sha256(std::string_view text) {
    return load_image_module().value()->sha256(text);
}

// One engine's state, as a process of its own would open it.
struct Session {
    Session(const fs::path& root, const fs::path& run, const std::string& default_storage) {
        wiring.root = root;
        wiring.run = run;
        wiring.plugin_path = {RT_PLUGIN_DIR};
        wiring.storage.default_instance = default_storage;
        wiring.storage.drivers["overlayfs"] = {"overlayfs", "{}", false};
        wiring.storage.drivers["vfs"] = {"vfs", "{}", false};
        auto opened = Database::open(root);
        if (!opened) throw std::runtime_error(opened.error().message);
        database.emplace(std::move(*opened));
        drivers.emplace(wiring);
        service.emplace(wiring, *database, *drivers);
    }
    Wiring wiring;
    std::optional<Database> database;
    std::optional<DriverRegistry> drivers;
    std::optional<ImageService> service;
};

// An image of two layers as its documents and blobs.
struct Sample {
    std::string base = TarBuilder()
                           .directory("./")
                           .directory("etc")
                           .file("etc/old", "old")
                           .file("etc/kept", "kept")
                           .file("big", std::string(3'000'000, 'b'))
                           .bytes();
    std::string top = TarBuilder().directory("etc").file("etc/.wh.old").file("etc/new", "new").bytes();
    std::string config = Json{{"os", "linux"},
                              {"architecture", host_platform().architecture},
                              {"created", "2026-01-01T00:00:00Z"},
                              {"config", {{"Cmd", {"/bin/true"}}}},
                              {"rootfs", {{"type", "layers"}, {"diff_ids", {sha256(base), sha256(top)}}}}}
                             .dump();
    std::string manifest =
        make_manifest({"application/vnd.oci.image.config.v1+json", sha256(config), config.size()},
                      {{"application/vnd.oci.image.layer.v1.tar", sha256(base), base.size()},
                       {"application/vnd.oci.image.layer.v1.tar", sha256(top), top.size()}});

    [[nodiscard]] std::string docker_archive(const std::string& name) const {
        const Json list = {
            {{"Config", "c.json"}, {"RepoTags", {name}}, {"Layers", {"1/layer.tar", "2.tar"}}}};
        return TarBuilder()
            .file("1/layer.tar", base)
            .symlink("2.tar", "x/../real.tar")
            .file("real.tar", top)
            .file("c.json", config)
            .file("manifest.json", list.dump())
            .bytes();
    }
    void write_layout(const fs::path& directory) const {
        fs::create_directories(directory / "blobs" / "sha256");
        for (const std::string& blob : {base, top, config, manifest})
            test::write_file(directory / "blobs" / "sha256" / sha256(blob).substr(7), blob);
        test::write_file(directory / "oci-layout", R"({"imageLayoutVersion": "1.0.0"})");
        test::write_file(directory / "index.json",
                         Json{{"schemaVersion", 2},
                              {"manifests",
                               {{{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                 {"digest", sha256(manifest)},
                                 {"size", manifest.size()},
                                 {"annotations", {{"org.opencontainers.image.ref.name", "sample/oci:1"}}}}}}}
                             .dump());
    }
    // What a registry answers for it.
    [[nodiscard]] FakeResponse answer(const FakeRequest& request) const {
        const auto last = request.path.substr(request.path.rfind('/') + 1);
        if (request.path.find("/manifests/") != std::string::npos)
            return {.body = manifest,
                    .headers = {{"Content-Type", "application/vnd.oci.image.manifest.v1+json"}}};
        for (const std::string* blob : {&base, &top, &config})
            if (sha256(*blob) == last) {
                const std::string range = request.header("range");
                if (range.empty()) return {.body = *blob};
                const std::size_t from = std::stoul(range.substr(range.find('=') + 1));
                return {.status = 206,
                        .body = blob->substr(from),
                        .headers = {{"Content-Range",
                                     cat("bytes ", from, "-", blob->size() - 1, "/", blob->size())}}};
            }
        return {.status = 404};
    }
};

class Images : public testing::TestWithParam<const char*> {
protected:
    Images() { fs::create_directories(directory_ / "root"); }

    [[nodiscard]] Session open() const {
        return Session(directory_ / "root", directory_ / "run", GetParam());
    }

    // The files of an image in a driver, without times of directories.
    static std::vector<std::string> files_of(Session& session, const std::string& image,
                                             const std::string& instance) {
        const auto storage = session.drivers->storage(instance).value();
        auto parents = ImageStore(*session.database).snapshots(image, instance).value().value();
        const std::string top = parents.front();
        parents.erase(parents.begin());
        const auto mounts = storage->mounts({}, top, parents, MountMode::read_only).value();
        const UniqueFd root = open_snapshot(mounts, top).value();
        std::vector<std::string> names;
        for (const std::string& line : test::list_tree(cat("/proc/self/fd/", root.get(), "/.")))
            names.push_back(line.substr(0, line.find(' ')));
        return names;
    }

    // Nothing but the database and empty directories.
    void expect_nothing_left() const {
        std::vector<std::string> left;
        for (const auto& entry : fs::recursive_directory_iterator(directory_ / "root")) {
            const std::string name = fs::relative(entry.path(), directory_ / "root").native();
            const bool expected =
                entry.is_directory() && entry.path().filename().native().find("layer-") == std::string::npos;
            if (!expected && !name.starts_with("rt.db") && name != "images.lock" &&
                entry.path().extension() != ".part")
                left.push_back(name);
        }
        EXPECT_THAT(left, IsEmpty());
    }

    test::TempDir directory_;
    Sample sample_;
    const std::vector<std::string> files_ = {".", "big", "etc", "etc/kept", "etc/new"};
};

TEST_P(Images, ComeOutOfADockerArchiveAndGoWithoutATrace) {
    Session session = open();
    test::write_file(directory_ / "a.tar", sample_.docker_archive("sample:1"));
    const auto images = session.service->load(directory_ / "a.tar", "", {}, {});
    ASSERT_TRUE(images) << images.error().message;
    ASSERT_EQ(images->size(), 1U);
    const Image& image = images->front();
    EXPECT_EQ(image.id, sha256(sample_.config));
    EXPECT_EQ(image.config_json, sample_.config);
    EXPECT_EQ(image.names, std::vector<std::string>{"docker.io/library/sample:1"});
    EXPECT_EQ(files_of(session, image.id, GetParam()), files_);
    const auto removed = session.service->remove("sample:1", ImageService::Force::no, {});
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(removed->untagged, std::vector<std::string>{"sample:1"});
    EXPECT_EQ(removed->deleted, std::vector{image.id});
    expect_nothing_left();
}

TEST_P(Images, ComeOutOfAnOciLayoutAsDirectory) {
    Session session = open();
    sample_.write_layout(directory_ / "layout");
    const auto images = session.service->load(directory_ / "layout", "", {}, {});
    ASSERT_TRUE(images) << images.error().message;
    EXPECT_EQ(images->front().names, std::vector<std::string>{"docker.io/sample/oci:1"});
    EXPECT_EQ(images->front().manifest, sha256(sample_.manifest));
    EXPECT_EQ(files_of(session, images->front().id, GetParam()), files_);
}

TEST_P(Images, AreLoadedForTheMachineThatWasAskedFor) {
    Session session = open();
    const auto load = [&](const char* source, const std::string& platform) {
        return session.service->load(directory_ / source, "", {}, {}, platform);
    };
    sample_.write_layout(directory_ / "layout");
    test::write_file(directory_ / "a.tar", sample_.docker_archive("sample:1"));
    for (const char* source : {"layout", "a.tar"}) {
        const auto refused = load(source, "linux/s390x");
        ASSERT_FALSE(refused) << source;
        EXPECT_EQ(refused.error().code, Code::not_found) << source;
        EXPECT_THAT(refused.error().message, testing::HasSubstr(host_platform().text())) << "what there is";
        EXPECT_EQ(load(source, "linux/a/b/c").error().code, Code::invalid_argument);
        EXPECT_TRUE(load(source, host_platform().text())) << source;
    }
}

TEST_P(Images, AreRefusedWhenTheArchiveIsDamaged) {
    Session session = open();
    sample_.write_layout(directory_ / "layout");
    test::write_file(directory_ / "layout" / "blobs" / "sha256" / sha256(sample_.top).substr(7),
                     sample_.base);
    EXPECT_EQ(session.service->load(directory_ / "layout", "", {}, {}).error().code, Code::corrupt);
    test::write_file(directory_ / "short.tar", sample_.docker_archive("a:1").substr(0, 1'000'000));
    EXPECT_EQ(session.service->load(directory_ / "short.tar", "", {}, {}).error().code, Code::corrupt);
    test::write_file(directory_ / "rootfs.tar", sample_.base);
    EXPECT_EQ(session.service->load(directory_ / "rootfs.tar", "", {}, {}).error().code,
              Code::invalid_argument);
    EXPECT_EQ(session.service->load(directory_ / "none.tar", "", {}, {}).error().code, Code::not_found);
    std::swap(sample_.base, sample_.top); // diff ids that do not fit
    test::write_file(directory_ / "swapped.tar", sample_.docker_archive("a:1"));
    EXPECT_EQ(session.service->load(directory_ / "swapped.tar", "", {}, {}).error().code, Code::corrupt);
    EXPECT_THAT(ImageStore(*session.database).list().value(), IsEmpty());
    expect_nothing_left();
}

TEST_P(Images, AreMadeFromARootFileSystem) {
    Session session = open();
    test::write_file(directory_ / "rootfs.tar", sample_.base);
    const auto image = session.service->import(
        directory_ / "rootfs.tar", {"me/base:2", {"CMD [\"/init\"]", "ENV A=b"}, "why", "", ""}, {}, {});
    ASSERT_TRUE(image) << image.error().message;
    const Json config = Json::parse(image->config_json);
    EXPECT_EQ(config["config"], Json::parse(R"({"Cmd": ["/init"], "Env": ["A=b"]})"));
    EXPECT_EQ(config["rootfs"]["diff_ids"][0], sha256(sample_.base));
    EXPECT_EQ(config["history"][0]["comment"], "why");
    EXPECT_EQ(
        session.service->import(directory_ / "rootfs.tar", {"", {"RUN x"}, "", "", ""}, {}, {}).error().code,
        Code::invalid_argument);
    ASSERT_TRUE(session.service->remove("me/base:2", ImageService::Force::no, {}));
    expect_nothing_left();
}

TEST_P(Images, AreUnpackedForAnotherDriverWithoutTheirSource) {
    Session session = open();
    test::write_file(directory_ / "a.tar", sample_.docker_archive("sample:1"));
    const std::string id = session.service->load(directory_ / "a.tar", "", {}, {})->front().id;
    const std::string other = std::string(GetParam()) == "vfs" ? "overlayfs" : "vfs";
    const auto storage = session.drivers->storage(other).value();
    ASSERT_FALSE(ImageStore(*session.database).snapshots(id, other).value());
    const auto unpacked = session.service->ensure_unpacked(id, *storage, {});
    ASSERT_TRUE(unpacked) << unpacked.error().message;
    EXPECT_EQ(files_of(session, id, other), files_);
    ASSERT_TRUE(session.service->remove(id.substr(7, 12), ImageService::Force::no, {}));
    expect_nothing_left();
}

TEST_P(Images, StayWhileAContainerUsesThem) {
    Session session = open();
    test::write_file(directory_ / "a.tar", sample_.docker_archive("sample:1"));
    const std::string id = session.service->load(directory_ / "a.tar", "", {}, {})->front().id;
    const auto set_phase = [&](const char* phase) {
        ASSERT_TRUE(session.database->run(
            "INSERT OR REPLACE INTO containers (id, name, phase, image_id, image_name, storage, "
            "network, isolation, spec, start, created_at) VALUES "
            "('c', 'user', ?, ?, '', '', '', '', '{}', '{}', 0)",
            {phase, id}));
    };
    using Force = ImageService::Force;
    set_phase("running");
    EXPECT_EQ(session.service->remove("sample:1", Force::no, {}).error().code, Code::failed_precondition);
    EXPECT_EQ(session.service->remove(id, Force::yes, {}).error().code, Code::failed_precondition);
    set_phase("exited");
    EXPECT_EQ(session.service->remove("sample:1", Force::no, {}).error().code, Code::failed_precondition);
    set_phase("running");
    const auto untagged = session.service->remove("sample:1", Force::yes, {});
    ASSERT_TRUE(untagged);
    EXPECT_THAT(untagged->untagged, testing::ElementsAre("sample:1"));
    EXPECT_THAT(untagged->deleted, testing::IsEmpty());
    EXPECT_EQ(files_of(session, id, GetParam()), files_);
    ASSERT_TRUE(session.database->run("DELETE FROM containers"));
    ASSERT_TRUE(session.service->remove(id, Force::no, {}));
    expect_nothing_left();
}

TEST_P(Images, ShareLayersAndLoseOnlyWhatNobodyElseHas) {
    Session session = open();
    test::write_file(directory_ / "a.tar", sample_.docker_archive("sample:1"));
    const std::string id = session.service->load(directory_ / "a.tar", "", {}, {})->front().id;
    test::write_file(directory_ / "rootfs.tar", sample_.base);
    ASSERT_TRUE(session.service->import(directory_ / "rootfs.tar", {"base:1", {}, "", "", ""}, {}, {}));
    ASSERT_TRUE(session.service->remove("base:1", ImageService::Force::no, {}));
    EXPECT_EQ(files_of(session, id, GetParam()), files_);
}

TEST_P(Images, ArePulledOnceByTwoAtTheSameTime) {
    std::atomic<int> blobs = 0;
    FakeHttpServer server([&](const FakeRequest& request) {
        if (request.path.find("/blobs/") != std::string::npos) ++blobs;
        return sample_.answer(request);
    });
    const std::string name = server.host() + "/a/b:1";
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            Session session = open();
            const auto image = session.service->pull(name, {}, {}, {});
            if (image)
                ++good;
            else
                ADD_FAILURE() << image.error().message;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 3);
    EXPECT_EQ(blobs, 2 + 3); // each layer once, the config by each
    Session session = open();
    EXPECT_EQ(files_of(session, ImageStore(*session.database).find(name)->id, GetParam()), files_);
    ASSERT_TRUE(session.service->remove(name, ImageService::Force::no, {}));
    expect_nothing_left();
}

// Whoever waits for another process can be told to stop, and says what is waited for.
TEST_P(Images, AreNotWaitedForAnyLongerWhenTheUserGivesUp) {
    FakeHttpServer server([&](const FakeRequest& request) { return sample_.answer(request); });
    const std::string hex = sha256(sample_.base).substr(7);
    const fs::path ingest = directory_ / "root/blobs/ingest";
    fs::create_directories(ingest);
    for (const std::string& lock :
         {cat("layer-", hex.substr(0, 12), "-", GetParam(), ".lock"), hex + ".lock", std::string()}) {
        const auto holder = LockFile::acquire(lock.empty() ? directory_ / "root/images.lock" : ingest / lock);
        ASSERT_TRUE(holder);
        int pipe[2];
        ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
        const UniqueFd cancel(pipe[0]), user(pipe[1]);
        std::vector<std::string> notes;
        Session session = open();
        const auto pulled = session.service->pull(server.host() + "/a/b:1", {},
                                                  [&](const ImageProgress& progress) {
                                                      if (progress.text.find("waiting for another rtctl") ==
                                                          std::string::npos)
                                                          return;
                                                      notes.push_back(progress.text);
                                                      EXPECT_EQ(::write(user.get(), "x", 1), 1);
                                                  },
                                                  {"op", 0, cancel.get()});
        ASSERT_FALSE(pulled) << lock;
        EXPECT_EQ(pulled.error().code, Code::cancelled) << lock << ": " << pulled.error().message;
        EXPECT_EQ(notes.size(), 1U) << lock;
    }
}

// A bit of the disk has flipped since: what a driver has not unpacked yet is fetched once more.
TEST_P(Images, AreFetchedAgainWhenAStoredBlobIsDamaged) {
    FakeHttpServer server([&](const FakeRequest& request) { return sample_.answer(request); });
    const std::string name = server.host() + "/a/b:1";
    const std::string other = GetParam() == std::string("vfs") ? "overlayfs" : "vfs";
    for (const std::string* blob : {&sample_.base, &sample_.top}) {
        Session session = open();
        const auto first = session.service->pull(name, {}, {}, {});
        ASSERT_TRUE(first) << first.error().message;
        const fs::path stored = directory_ / "root/blobs/sha256" / sha256(*blob).substr(7);
        std::string damaged = *blob;
        damaged[600] = static_cast<char>(damaged[600] ^ 1);
        test::write_file(stored, damaged);

        // Without a registry it can only be said, and thrown away.
        const auto storage = session.drivers->storage(other).value();
        EXPECT_EQ(session.service->ensure_unpacked(first->id, *storage, {}).error().code, Code::corrupt);
        EXPECT_FALSE(fs::exists(stored));

        test::write_file(stored, damaged);
        const auto again = session.service->pull(name, {"", other}, {}, {});
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(files_of(session, again->id, other), files_);
        EXPECT_EQ(test::read_file(stored), *blob);
        ASSERT_TRUE(session.service->remove(name, ImageService::Force::no, {}));
        expect_nothing_left();
    }
}

TEST_P(Images, ArePulledAgainAfterAKill) {
    std::mutex mutex;
    std::condition_variable changed;
    bool reached = false;
    bool killed = false;
    const std::string base = sha256(sample_.base);
    FakeHttpServer server([&](const FakeRequest& request) {
        FakeResponse response = sample_.answer(request);
        std::unique_lock lock(mutex);
        if (request.path.ends_with(base) && !killed) {
            if (request.header("range").empty()) {
                response.cut_after = 1'000'000; // then the next try, with a range, hangs until the kill
            } else {
                reached = true;
                changed.notify_all();
                changed.wait(lock, [&] { return killed; });
            }
        }
        return response;
    });
    const std::string name = server.host() + "/a/b:1";
    const pid_t child = ::fork();
    if (child == 0) {
        Session session = open();
        (void)session.service->pull(name, {}, {}, {});
        ::_exit(0);
    }
    {
        std::unique_lock lock(mutex);
        EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return reached; }));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        killed = true;
        changed.notify_all();
    }
    Session session = open();
    EXPECT_THAT(ImageStore(*session.database).list().value(), IsEmpty());
    const auto image = session.service->pull(name, {}, {}, {});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(server.requests().back().path.empty(), false);
    bool resumed = false;
    for (const FakeRequest& request : server.requests())
        resumed |= request.header("range").starts_with("bytes=");
    EXPECT_TRUE(resumed);
    EXPECT_EQ(files_of(session, image->id, GetParam()), files_);
    ASSERT_TRUE(session.service->remove(name, ImageService::Force::no, {}));
    expect_nothing_left();
}

TEST_P(Images, LeaveNothingWhenABlobIsNotWhatItShouldBe) {
    const std::string top = sha256(sample_.top);
    FakeHttpServer server([&](const FakeRequest& request) {
        FakeResponse response = sample_.answer(request);
        if (request.path.ends_with(top)) response.body[600] ^= 1;
        return response;
    });
    Session session = open();
    EXPECT_EQ(session.service->pull(server.host() + "/a/b:1", {}, {}, {}).error().code, Code::corrupt);
    EXPECT_THAT(ImageStore(*session.database).list().value(), IsEmpty());
    expect_nothing_left();
}

TEST_P(Images, LeaveNothingWhenTheDiskIsFull) {
    ASSERT_EQ(::mount("tmpfs", (directory_ / "root").c_str(), "tmpfs", 0, "size=5m"), 0);
    {
        FakeHttpServer server([&](const FakeRequest& request) { return sample_.answer(request); });
        Session session = open();
        const auto outcome = session.service->pull(server.host() + "/a/b:1", {}, {}, {});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Code::resource_exhausted) << outcome.error().message;
        EXPECT_THAT(ImageStore(*session.database).list().value(), IsEmpty());
        expect_nothing_left();
    }
    ::umount2((directory_ / "root").c_str(), MNT_DETACH);
}

TEST_P(Images, KeepTheirNameUntilTheNewOneIsComplete) {
    FakeHttpServer server([&](const FakeRequest& request) { return sample_.answer(request); });
    const std::string name = server.host() + "/a/b:1";
    Session session = open();
    const std::string before = session.service->pull(name, {}, {}, {})->id;
    sample_.top = TarBuilder().file("other").bytes();
    Sample fresh;
    sample_.config =
        Json{{"os", "linux"},
             {"architecture", host_platform().architecture},
             {"rootfs", {{"type", "layers"}, {"diff_ids", {sha256(sample_.base), sha256(sample_.top)}}}}}
            .dump();
    const auto describe = [&](const std::string& top_digest) {
        sample_.manifest = make_manifest(
            {"c", sha256(sample_.config), sample_.config.size()},
            {{"l", sha256(sample_.base), sample_.base.size()}, {"l", top_digest, sample_.top.size()}});
    };
    describe(sha256("nothing that it has"));
    EXPECT_EQ(session.service->pull(name, {}, {}, {}).error().code, Code::not_found);
    EXPECT_EQ(ImageStore(*session.database).find(name)->id, before);
    describe(sha256(sample_.top));
    const auto after = session.service->pull(name, {}, {}, {});
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(ImageStore(*session.database).find(name)->id, after->id);
    EXPECT_THAT(ImageStore(*session.database).find(before)->names, IsEmpty());
}

// Debian's docker-registry, with its storage filled by hand.
class RealRegistry {
public:
    RealRegistry(const fs::path& directory, const Sample& sample) {
        const fs::path top = directory / "docker/registry/v2";
        const fs::path repository = top / "repositories/a/b";
        const auto link = [](const fs::path& path, const std::string& digest) {
            fs::create_directories(path);
            test::write_file(path / "link", digest);
        };
        for (const std::string* blob : {&sample.base, &sample.top, &sample.config, &sample.manifest}) {
            const std::string hex = sha256(*blob).substr(7);
            const fs::path place = top / "blobs/sha256" / hex.substr(0, 2) / hex;
            fs::create_directories(place);
            test::write_file(place / "data", *blob);
            if (blob != &sample.manifest) link(repository / "_layers/sha256" / hex, "sha256:" + hex);
        }
        const std::string digest = sha256(sample.manifest);
        link(repository / "_manifests/revisions/sha256" / digest.substr(7), digest);
        link(repository / "_manifests/tags/1/current", digest);
        test::write_file(directory / "config.yml",
                         cat("version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ",
                             directory.native(), "}}\nhttp: {addr: \"127.0.0.1:5000\"}\n"));
        const UniqueFd log = open_file(directory / "log", O_WRONLY | O_CREAT).value();
        process_.emplace(ChildProcess::start({kProgram, "serve", (directory / "config.yml").native()},
                                             {"HOME=/"}, {{log.get(), 1}, {log.get(), 2}})
                             .value());
    }

    static constexpr const char* kProgram = "/usr/bin/docker-registry";

    // The network is the test's own, so the port is free.
    static bool answers(std::chrono::seconds within) {
        rt::test::Limit limit(within);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(5000);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        while (!limit.is_over()) {
            const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (::connect(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
                return true;
            ::usleep(10'000);
        }
        return false;
    }

private:
    std::optional<ChildProcess> process_;
};

TEST_P(Images, ArePulledFromARealRegistry) {
    ASSERT_TRUE(fs::exists(RealRegistry::kProgram)) << "install Debian's package docker-registry";
    const RealRegistry registry(directory_ / "registry", sample_);
    ASSERT_TRUE(RealRegistry::answers(std::chrono::seconds(30)));
    Session session = open();
    const auto by_tag = session.service->pull("localhost:5000/a/b:1", {}, {}, {});
    ASSERT_TRUE(by_tag) << by_tag.error().message;
    EXPECT_EQ(files_of(session, by_tag->id, GetParam()), files_);
    const auto by_digest =
        session.service->pull("localhost:5000/a/b@" + sha256(sample_.manifest), {}, {}, {});
    ASSERT_TRUE(by_digest) << by_digest.error().message;
    EXPECT_EQ(by_digest->names.size(), 2U);
    EXPECT_EQ(session.service->pull("localhost:5000/a/b:2", {}, {}, {}).error().code, Code::not_found);
    EXPECT_EQ(session.service->remove(by_tag->id, ImageService::Force::no, {}).error().code,
              Code::failed_precondition);
    ASSERT_TRUE(session.service->remove(by_tag->id, ImageService::Force::yes, {}));
    expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Drivers, Images, testing::Values("overlayfs", "vfs"),
                         [](const auto& driver) { return std::string(driver.param); });

} // namespace
} // namespace rt
