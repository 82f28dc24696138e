// SPDX-License-Identifier: Apache-2.0
// Images on their way out: save, commit, push with its credentials, search.
#include "support/registry.hpp"
#include "with_busybox.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace {

using nlohmann::json;
using rt::test::Registry;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class Outgoing : public WithBusybox {
protected:
    void SetUp() override {
        fs::create_directories(rtctl_.directory() / "docker");
        ::setenv("DOCKER_CONFIG", (rtctl_.directory() / "docker").c_str(), 1);
        WithBusybox::SetUp();
    }
    void TearDown() override {
        WithBusybox::TearDown();
        ::unsetenv("DOCKER_CONFIG");
    }
    // Layers are new ones where an image came once more.
    [[nodiscard]] std::set<std::string> traces() const override {
        auto all = rtctl_.traces();
        std::erase_if(all, [](const std::string& line) { return line.starts_with("snapshot "); });
        return all;
    }
    std::string id_of(const std::string& name) { return rtctl_({"images", "-q", "--no-trunc", name}).out; }
    std::string names() { return rtctl_({"images", "--format", "{{.Repository}}:{{.Tag}}"}).out; }
    // A file of an archive.
    static std::string in_archive(const fs::path& archive, const std::string& name) {
        return rt::test::run_program({"tar", "-xOf", archive, name}).out;
    }
    void change_something(const std::string& container) {
        const auto ran = rtctl_({"run", "--name", container, "busybox", "sh", "-c",
                                 "echo new >/tmp/new; /bin/busybox rm /etc/group; /bin/busybox rm -r /home; "
                                 "mkdir /home; echo x >>/etc/passwd; /bin/busybox ln /tmp/new /tmp/second"});
        ASSERT_EQ(ran.exit_code, 0) << ran.err;
    }
};

TEST_F(Outgoing, SaveWritesWhatLoadTakesAndTheSameEachTime) {
    const fs::path file = rtctl_.directory() / "box.tar";
    const std::string id = id_of("busybox");
    ASSERT_EQ(rtctl_({"tag", "busybox", "example.test/box:1"}).exit_code, 0);
    const auto saved = rtctl_({"save", "-o", file, "busybox", "example.test/box:1"});
    ASSERT_EQ(saved.exit_code, 0) << saved.err;
    EXPECT_EQ(saved.out, "");
    EXPECT_TRUE(rtctl_({"image", "save", "busybox", "example.test/box:1"}).out ==
                rt::test::run_program({"cat", file}).out);
    EXPECT_EQ(json::parse(in_archive(file, "oci-layout")), (json{{"imageLayoutVersion", "1.0.0"}}));
    const json manifest = json::parse(in_archive(file, "manifest.json"));
    ASSERT_EQ(manifest.size(), 1U);
    EXPECT_EQ(manifest[0]["RepoTags"], (json{"busybox:latest", "example.test/box:1"}));
    EXPECT_EQ("sha256:" + manifest[0]["Config"].get<std::string>().substr(13) + "\n", id);
    const json index = json::parse(in_archive(file, "index.json"));
    ASSERT_EQ(index["manifests"].size(), 2U);
    EXPECT_EQ(index["manifests"][0]["annotations"]["io.containerd.image.name"],
              "docker.io/library/busybox:latest");
    EXPECT_EQ(index["manifests"][1]["annotations"]["org.opencontainers.image.ref.name"], "1");

    ASSERT_EQ(rtctl_({"rmi", "-f", "busybox", "example.test/box:1"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"load", "-q", "-i", file}).out,
              "Loaded image: busybox:latest\nLoaded image: example.test/box:1\n");
    EXPECT_EQ(id_of("busybox"), id);
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "echo", "runs"}).out, "runs\n");
    const fs::path again = rtctl_.directory() / "again.tar";
    ASSERT_EQ(rtctl_({"save", "busybox", "example.test/box:1", "-o", again}).exit_code, 0);
    EXPECT_EQ(rt::test::run_program({"cmp", file, again}).exit_code, 0) << "the manifest is kept, too";
    // As a directory it is an OCI layout.
    fs::create_directories(rtctl_.directory() / "layout");
    ASSERT_EQ(rt::test::run_program({"tar", "-C", rtctl_.directory() / "layout", "-xf", file}).exit_code, 0);
    fs::remove(rtctl_.directory() / "layout/manifest.json");
    EXPECT_EQ(rtctl_({"load", "-i", rtctl_.directory() / "layout"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "example.test/box:1"}).exit_code, 0);
}

TEST_F(Outgoing, SaveTakesAllTagsOfANameAndNoneOfAnId) {
    const fs::path file = rtctl_.directory() / "box.tar";
    ASSERT_EQ(rtctl_({"tag", "busybox", "busybox:other"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"save", "-o", file, "busybox"}).exit_code, 0);
    EXPECT_EQ(json::parse(in_archive(file, "manifest.json"))[0]["RepoTags"],
              (json{"busybox:latest", "busybox:other"}));
    ASSERT_EQ(rtctl_({"save", "-o", file, id_of("busybox").substr(7, 12)}).exit_code, 0);
    EXPECT_EQ(json::parse(in_archive(file, "manifest.json"))[0]["RepoTags"], nullptr);
    EXPECT_EQ(rtctl_({"rmi", "busybox:other"}).exit_code, 0);
}

TEST_F(Outgoing, SaveRefusesWhatItCannotDoAndLeavesTheFileThatWas) {
    const fs::path file = rtctl_.directory() / "box.tar";
    rt::test::write_file(file, "what was");
    EXPECT_EQ(rtctl_({"save", "-o", file, "busybox", "missing"}).exit_code, 1);
    EXPECT_THAT(rtctl_({"save", "-o", file, "--platform", "linux/s390x", "busybox"}).err,
                HasSubstr("does not provide the specified platform"));
    EXPECT_EQ(rt::test::run_program({"cat", file}).out, "what was");
    EXPECT_THAT(rtctl_({"save", "-o", "/dev/null", "busybox"}).err, HasSubstr("is no regular file"));
    EXPECT_EQ(rtctl_({"save"}).exit_code, 1);
    // A blob that has gone bad is not passed on.
    for (const auto& entry : fs::directory_iterator(rtctl_.root() / "blobs/sha256"))
        if (entry.file_size() > 100'000) {
            const int fd = ::open(entry.path().c_str(), O_WRONLY | O_CLOEXEC);
            ASSERT_EQ(::pwrite(fd, "damage", 6, 50'000), 6);
            ::close(fd);
        }
    EXPECT_THAT(rtctl_({"save", "-o", file, "busybox"}).err, HasSubstr("is damaged"));
    EXPECT_EQ(rt::test::run_program({"cat", file}).out, "what was");
}

TEST_F(Outgoing, CommitMakesAnImageOfWhatChanged) {
    change_something("one");
    const auto made = rtctl_({"commit", "-a", "somebody", "-m", "a change", "-c", "ENV ADDED=1", "-c",
                              R"(CMD ["cat", "/tmp/new"])", "one", "changed:1"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_EQ(made.out, id_of("changed:1"));
    EXPECT_EQ(rtctl_({"run", "--rm", "changed:1"}).out, "new\n");
    const std::string look = "cat /etc/group; ls -A /home; grep -c x$ /etc/passwd; "
                             "test /tmp/new -ef /tmp/second && echo linked; echo $ADDED $FROM_IMAGE";
    const auto seen = rtctl_({"run", "--rm", "changed:1", "sh", "-c", look});
    EXPECT_EQ(seen.out, "1\nlinked\n1 yes\n") << seen.err;
    const json image = json::parse(rtctl_({"inspect", "changed:1"}).out)[0];
    EXPECT_EQ(image["Author"], "somebody");
    EXPECT_EQ(image["Config"]["Cmd"], (json{"cat", "/tmp/new"}));
    EXPECT_EQ(image["RootFS"]["Layers"].size(), 2U);
    const auto history = rtctl_({"history", "--format", "{{.Comment}}", "changed:1"});
    EXPECT_THAT(history.out, StartsWith("a change\n"));
    // On top of that once more, without a change: no layer.
    ASSERT_EQ(rtctl_({"create", "--name", "two", "changed:1"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"container", "commit", "two", "changed:2"}).exit_code, 0);
    EXPECT_EQ(json::parse(rtctl_({"inspect", "changed:2"}).out)[0]["RootFS"]["Layers"].size(), 2U);
    ASSERT_EQ(rtctl_({"rm", "one", "two"}).exit_code, 0);
    const fs::path file = rtctl_.directory() / "changed.tar";
    ASSERT_EQ(rtctl_({"save", "-o", file, "changed:1"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rmi", "changed:1", "changed:2"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"load", "-i", file}).exit_code, 0);
    EXPECT_EQ(rtctl_({"run", "--rm", "changed:1"}).out, "new\n");
    ASSERT_EQ(rtctl_({"rmi", "changed:1"}).exit_code, 0);
}

TEST_F(Outgoing, CommitOfARunningContainerLetsItGoOn) {
    const std::string since = rt::test::run_program({"date", "+%s.%N"}).out.substr(0, 20);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"exec", "one", "touch", "/tmp/here"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"commit", "-m", "why", "one", "paused"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"inspect", "-f", "{{.State.Status}}", "one"}).out, "running\n");
    const auto unnamed = rtctl_({"commit", "--pause=false", "one"});
    ASSERT_EQ(unnamed.exit_code, 0) << unnamed.err;
    EXPECT_EQ(rtctl_({"rmi", unnamed.out.substr(0, 19)}).exit_code, 0);
    EXPECT_EQ(rtctl_({"run", "--rm", "paused", "ls", "/tmp"}).out, "here\n");
    const auto events = rtctl_(
        {"events", "--since", since, "--until", "0s", "--filter", "container=one", "--format", "json"});
    std::vector<std::string> actions;
    std::istringstream lines(events.out);
    for (std::string line; std::getline(lines, line);) {
        const json event = json::parse(line);
        actions.push_back(event["Action"]);
        if (event["Action"] == "commit")
            actions.back() += " " + event["Actor"]["Attributes"].value("comment", "");
    }
    EXPECT_THAT(actions, testing::IsSupersetOf({"pause", "unpause", "commit why"})) << events.err;
    ASSERT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"commit", "one"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"rmi", "paused"}).exit_code, 0);
}

TEST_F(Outgoing, CommitRefusesWhatIsWrong) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"commit", "-c", "RUN true", "one"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"commit", "one", "Not:A:Name"}).exit_code, 1);
    EXPECT_EQ(names(), "busybox:latest\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Outgoing, PushBringsAnImageToARegistryAndKeepsItsDigest) {
    const Registry registry(rtctl_.directory() / "registry", Registry::Users::everybody);
    change_something("one");
    ASSERT_EQ(rtctl_({"commit", "one", "localhost:5000/a/b:1"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    const std::string id = id_of("localhost:5000/a/b:1");
    const auto pushed = rtctl_({"push", "localhost:5000/a/b:1"});
    ASSERT_EQ(pushed.exit_code, 0) << pushed.err;
    EXPECT_THAT(pushed.out, AllOf(StartsWith("The push refers to repository [localhost:5000/a/b]\n"),
                                  HasSubstr(": Pushed\n"), HasSubstr("\n1: digest: sha256:")));
    const std::string digest = pushed.out.substr(pushed.out.find("digest: ") + 8, 71);
    EXPECT_THAT(rtctl_({"images", "--digests"}).out, HasSubstr(digest));
    EXPECT_THAT(rtctl_({"push", "localhost:5000/a/b:1"}).out, HasSubstr(": Layer already exists\n"));
    // Another repository at the same registry gets the layers from there.
    ASSERT_EQ(rtctl_({"tag", "localhost:5000/a/b:1", "localhost:5000/c:x"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"tag", "localhost:5000/a/b:1", "localhost:5000/c:y"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"push", "--all-tags", "localhost:5000/c"}).out,
                AllOf(HasSubstr(": Mounted from a/b\n"), HasSubstr("\nx: digest: " + digest),
                      HasSubstr("\ny: digest: " + digest)));
    EXPECT_EQ(rtctl_({"image", "push", "-q", "localhost:5000/c:x"}).out, "localhost:5000/c:x\n");
    ASSERT_EQ(rtctl_({"rmi", "-f", id.substr(0, 19)}).exit_code, 0);
    ASSERT_EQ(rtctl_({"pull", "localhost:5000/c@" + digest}).exit_code, 0);
    EXPECT_EQ(rtctl_({"inspect", "-f", "{{.Id}}", "localhost:5000/c@" + digest}).out, id);
    EXPECT_EQ(rtctl_({"run", "--rm", "localhost:5000/c@" + digest, "cat", "/tmp/new"}).out, "new\n");
    ASSERT_EQ(rtctl_({"rmi", id.substr(0, 19)}).exit_code, 0);
}

TEST_F(Outgoing, PushRefusesWhatIsNotHere) {
    EXPECT_THAT(rtctl_({"push", "localhost:5000/none"}).err,
                HasSubstr("An image does not exist locally with the tag: localhost:5000/none"));
    EXPECT_EQ(rtctl_({"push", "-a", "busybox:latest"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"push", "busybox@sha256:" + std::string(64, '0')}).exit_code, 1);
    ASSERT_EQ(rtctl_({"tag", "busybox", "localhost:5000/box"}).exit_code, 0);
    const auto nobody = rtctl_({"push", "--platform", "linux/s390x", "localhost:5000/box"});
    EXPECT_THAT(nobody.err, HasSubstr("does not provide the specified platform"));
    EXPECT_EQ(rtctl_({"rmi", "localhost:5000/box"}).exit_code, 0);
}

TEST_F(Outgoing, LoginKeepsWhatThePushNeedsAndLogoutForgetsIt) {
    const Registry registry(rtctl_.directory() / "registry", Registry::Users::known);
    ASSERT_EQ(rtctl_({"tag", "busybox", "localhost:5000/box"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"push", "localhost:5000/box"}).err, HasSubstr("log in"));
    const auto wrong = rtctl_({"login", "-u", "me", "--password-stdin", "localhost:5000"}, "wrong\n");
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("unauthorized: incorrect username or password"));
    EXPECT_FALSE(fs::exists(rtctl_.directory() / "docker/config.json"));
    const auto right = rtctl_({"login", "-u", "me", "--password-stdin", "localhost:5000"}, "s3cret pass\n");
    EXPECT_EQ(right.exit_code, 0) << right.err;
    EXPECT_EQ(right.out, "Login Succeeded\n");
    EXPECT_THAT(right.err, HasSubstr("stored unencrypted"));
    EXPECT_EQ(rtctl_({"login", "localhost:5000"}).out, "Login Succeeded\n") << "with what is known";
    ASSERT_EQ(rtctl_({"push", "localhost:5000/box"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rmi", "localhost:5000/box"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"run", "--rm", "localhost:5000/box", "echo", "pulled"}).out, "pulled\n");
    EXPECT_THAT(rtctl_({"login", "-u", "me", "-p", "s3cret pass", "localhost:5000"}).err,
                StartsWith("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n"));
    EXPECT_EQ(rtctl_({"logout", "localhost:5000"}).out, "Removing login credentials for localhost:5000\n");
    EXPECT_EQ(rtctl_({"logout", "localhost:5000"}).out, "Not logged in to localhost:5000\n");
    EXPECT_EQ(rtctl_({"push", "localhost:5000/box"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"rmi", "localhost:5000/box"}).exit_code, 0);
}

TEST_F(Outgoing, LoginRefusesWhatItCannotAsk) {
    EXPECT_THAT(rtctl_({"login", "--password-stdin", "localhost:5000"}, "x").err,
                HasSubstr("Must provide --username with --password-stdin"));
    EXPECT_EQ(rtctl_({"login", "-u", "me", "-p", "x", "--password-stdin"}, "x").exit_code, 1);
    EXPECT_EQ(rtctl_({"login", "localhost:5000"}).exit_code, 1) << "there is no terminal";
    EXPECT_EQ(rtctl_({"login", "-u", "me", "-p", "x", "not a host"}).exit_code, 1);
}

TEST_F(Outgoing, SearchSaysWhereThereIsNone) {
    const Registry registry(rtctl_.directory() / "registry", Registry::Users::everybody);
    EXPECT_THAT(rtctl_({"search", "localhost:5000/x"}).err, HasSubstr("has no search"));
    EXPECT_EQ(rtctl_({"search", "--limit", "101", "localhost:5000/x"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"search", "--filter", "colour=red", "localhost:5000/x"}).exit_code, 1);
}

} // namespace
