// SPDX-License-Identifier: Apache-2.0
// Volumes, from the command line to what programs see, and what is left of them on the host.
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rt::test::eventually;
using rt::test::Outcome;
using testing::HasSubstr;
using testing::Not;

class Volumes : public WithBusybox {
protected:
    void TearDown() override {
        std::istringstream ids(rtctl_({"ps", "-aq"}).out);
        for (std::string id; std::getline(ids, id);) rtctl_({"rm", "-f", id});
        EXPECT_EQ(rtctl_({"volume", "prune", "-af"}).exit_code, 0);
        EXPECT_EQ(volumes(), "");
        std::error_code none;
        EXPECT_TRUE(!fs::exists(rtctl_.root() / "volumes", none) || fs::is_empty(rtctl_.root() / "volumes"));
        rtctl_({"rmi", "-f", "filled"});
        WithBusybox::TearDown();
    }

    // An image "filled" that has a /data of its own, and says that it is a volume where asked to.
    void import_filled(const std::string& more = "true", const std::vector<std::string>& changes = {}) {
        const fs::path tree = rtctl_.directory() / "filled";
        const std::string script =
            "set -e; mkdir -p " + tree.native() + "/bin && cd " + tree.native() +
            " && cp /bin/busybox bin && for name in sh ls cat stat test touch find wc readlink sleep true; "
            "do "
            "ln -s busybox bin/$name; done; mkdir -p data/sub; echo one > data/file; ln data/file data/hard; "
            "ln -s file data/soft; echo two > data/sub/two; chown 1000:2000 data/file data; chmod 640 "
            "data/file; chmod 2750 data/sub; chmod 0711 data; touch -d @1000000000 data/file data/sub; " +
            more + "; tar -cf ../filled.tar .; rm -rf " + tree.native();
        const Outcome made = rt::test::run_program({"bash", "-c", script});
        ASSERT_EQ(made.exit_code, 0) << made.err;
        std::vector<std::string> words{"import"};
        for (const std::string& change : changes) words.insert(words.end(), {"--change", change});
        words.insert(words.end(), {rtctl_.directory() / "filled.tar", "filled"});
        const Outcome imported = rtctl_(words);
        ASSERT_EQ(imported.exit_code, 0) << imported.err;
    }
    Outcome filled(std::vector<std::string> options, const std::string& line) {
        options.insert(options.begin(), {"run", "--rm"});
        options.insert(options.end(), {"filled", "sh", "-c", line});
        return rtctl_(options);
    }
    std::string volumes(const std::vector<std::string>& options = {}) {
        std::vector<std::string> words{"volume", "ls", "-q"};
        words.insert(words.end(), options.begin(), options.end());
        return rtctl_(words).out;
    }
    fs::path data(const std::string& name) const { return rtctl_.root() / "volumes" / name / "_data"; }
    bool is_mounted(const std::string& name) const {
        std::ifstream mounts("/proc/self/mountinfo");
        for (std::string line; std::getline(mounts, line);)
            if (line.find(" " + data(name).native() + " ") != line.npos) return true;
        return false;
    }
};

TEST_F(Volumes, AreMadeListedShownAndRemoved) {
    EXPECT_EQ(rtctl_({"volume", "create", "--label", "a=b", "one"}).out, "one\n");
    EXPECT_EQ(rtctl_({"volume", "create", "one"}).out, "one\n"); // it is there
    const std::string anonymous = rtctl_({"volume", "create"}).out;
    EXPECT_EQ(anonymous.size(), 65U);
    EXPECT_THAT(rtctl_({"volume", "ls"}).out, testing::ContainsRegex("^DRIVER +VOLUME NAME\nlocal +"));
    EXPECT_EQ(volumes({"-f", "label=a=b"}), "one\n");
    EXPECT_EQ(volumes({"-f", "name=^on", "-f", "driver=local", "-f", "dangling=true"}), "one\n");
    EXPECT_EQ(volumes({"-f", "dangling=false"}), "");
    EXPECT_EQ(
        rtctl_({"volume", "ls", "--format", "{{.Name}} {{.Label \"a\"}} {{.Scope}}", "-f", "label=a"}).out,
        "one b local\n");
    const json shown = json::parse(rtctl_({"volume", "inspect", "one"}).out)[0];
    EXPECT_EQ(shown["Mountpoint"], data("one").native());
    EXPECT_EQ(shown["Labels"], json({{"a", "b"}}));
    EXPECT_EQ(shown["Options"], json());
    EXPECT_EQ(rtctl_({"volume", "inspect", "-f", "{{.Driver}}", "one"}).out, "local\n");
    EXPECT_EQ(rtctl_({"volume", "rm", "one"}).out, "one\n");
    EXPECT_FALSE(fs::exists(data("one")));
    const Outcome again = rtctl_({"volume", "rm", "one"});
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_THAT(again.err, HasSubstr("get one: no such volume"));
    EXPECT_EQ(rtctl_({"volume", "rm", "-f", "one"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"volume", "inspect", "one"}).err, HasSubstr("no such volume"));
}

TEST_F(Volumes, WhatCannotBeIsRefusedInDockersWords) {
    EXPECT_THAT(rtctl_({"volume", "create", "x"}).err, HasSubstr("volume name is too short"));
    EXPECT_THAT(rtctl_({"volume", "create", "../x"}).err, HasSubstr("includes invalid characters"));
    EXPECT_THAT(rtctl_({"volume", "create", "-d", "nfsplug", "one"}).err,
                HasSubstr("error looking up volume plugin nfsplug"));
    EXPECT_THAT(rtctl_({"volume", "create", "-o", "colour=red", "one"}).err,
                HasSubstr("invalid option: \"colour\""));
    EXPECT_THAT(rtctl_({"volume", "create", "-o", "type=tmpfs", "one"}).err,
                HasSubstr("missing required option: \"device\""));
    EXPECT_THAT(rtctl_({"volume", "create", "-o", "size=1m", "one"}).err, HasSubstr("no quota support"));
    EXPECT_THAT(sh("true", {"--volume-driver", "plug", "-v", "one:/x"}).err, HasSubstr("plug"));
    EXPECT_THAT(sh("true", {"--volumes-from", "nobody"}).err, HasSubstr("nobody"));
    EXPECT_THAT(sh("true", {"--volumes-from", "a:rx"}).err, HasSubstr("invalid volumes-from specification"));
    EXPECT_THAT(sh("true", {"-v", "one:/x:slave"}).err, HasSubstr("one:/x"));
    EXPECT_EQ(volumes(), "");
}

TEST_F(Volumes, TwoContainersShareOneAndNobodyRemovesItMeanwhile) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "writer", "-v", "shared:/w", "busybox", "sh", "-c",
                      "echo hello > /w/file; exec sleep 100"})
                  .exit_code,
              0);
    EXPECT_TRUE(eventually([&] { return sh("cat /r/file", {"-v", "shared:/r:ro"}).out == "hello\n"; }));
    EXPECT_NE(sh("touch /r/no", {"-v", "shared:/r:ro"}).exit_code, 0);
    EXPECT_EQ(sh("touch /r/yes", {"--mount", "source=shared,target=/r"}).exit_code, 0);
    EXPECT_TRUE(fs::exists(data("shared") / "yes"));
    const Outcome refused = rtctl_({"volume", "rm", "shared"});
    EXPECT_EQ(refused.exit_code, 1);
    const std::string id = json::parse(rtctl_({"inspect", "writer"}).out)[0]["Id"];
    EXPECT_THAT(refused.err, HasSubstr("remove shared: volume is in use - [" + id + "]"));
    EXPECT_EQ(volumes({"-f", "dangling=false"}), "shared\n");
    EXPECT_THAT(rtctl_({"ps", "--filter", "volume=shared", "--format", "{{.Names}} {{.Mounts}}"}).out,
                "writer shared\n");
    const json mount = json::parse(rtctl_({"inspect", "writer"}).out)[0]["Mounts"][0];
    EXPECT_EQ(mount, json({{"Type", "volume"},
                           {"Name", "shared"},
                           {"Source", data("shared").native()},
                           {"Destination", "/w"},
                           {"Driver", "local"},
                           {"Mode", "z"},
                           {"RW", true},
                           {"Propagation", ""}}));
    rtctl_({"stop", "-t", "0", "writer"});
    EXPECT_EQ(rtctl_({"volume", "rm", "shared"}).exit_code, 1); // it has ended and could be started
    EXPECT_EQ(rtctl_({"rm", "-v", "writer"}).exit_code, 0);     // which keeps what has a name
    EXPECT_EQ(rtctl_({"volume", "rm", "shared"}).exit_code, 0);
}

TEST_F(Volumes, TheImagesContentIsCopiedIntoAnEmptyOneOnce) {
    import_filled("setfattr -n user.mine -v x data/file 2>/dev/null || true");
    const std::string look = "cd /data; stat -c '%n %U %u:%g %a %Y %h %F' . file hard sub soft sub/two; "
                             "readlink soft; cat file";
    const std::string own = filled({}, look).out;
    ASSERT_THAT(own, HasSubstr("1000:2000"));
    // /data in a volume is as it is without one; the times of links and of what has just been written too.
    EXPECT_EQ(filled({"-v", "first:/data"}, look).out, own);
    EXPECT_EQ(filled({"-v", "first:/data"}, "echo changed > /data/file; cat /data/file").out, "changed\n");
    EXPECT_EQ(filled({"-v", "first:/data"}, "cat /data/file").out, "changed\n"); // not copied again
    EXPECT_EQ(filled({"-v", "bare:/data:nocopy"}, "ls -A /data").out, "");
    EXPECT_EQ(filled({"--mount", "source=bare2,target=/data,volume-nocopy"}, "ls -A /data").out, "");
    // Another image finds it full.
    EXPECT_EQ(sh("cat /x/file; ls -A /x", {"-v", "first:/x"}).out, "changed\nfile\nhard\nsoft\nsub\n");
    EXPECT_EQ(rtctl_({"create", "--name", "cc", "-v", "second:/data", "filled", "true"}).exit_code, 0);
    EXPECT_TRUE(fs::exists(data("second") / "sub/two")); // before it is started
}

TEST_F(Volumes, ALinkInTheImageLeadsTheCopyNoFurtherThanItsRoot) {
    const fs::path outside = rtctl_.directory() / "outside";
    fs::create_directory(outside);
    rt::test::write_file(outside / "secret", "s");
    import_filled("ln -s " + outside.native() + " out; ln -s ../../../data/sub in");
    EXPECT_EQ(filled({"-v", "escape:/out"}, "ls -A /out").out, "");
    EXPECT_FALSE(fs::exists(data("escape") / "secret"));
    EXPECT_EQ(filled({"-v", "inside:/in"}, "ls -A /in").out, "two\n");
}

TEST_F(Volumes, ThoseOfTheImageAreAnonymousAndGoWithRm) {
    import_filled("true", {"VOLUME /data"});
    EXPECT_EQ(filled({}, "cat /data/file").out, "one\n");
    EXPECT_EQ(volumes(), ""); // --rm
    ASSERT_EQ(rtctl_({"run", "--name", "cc", "-v", "/more", "filled", "true"}).exit_code, 0);
    std::istringstream names(volumes());
    std::vector<std::string> listed;
    for (std::string name; std::getline(names, name);) listed.push_back(name);
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0].size(), 64U);
    const json mounts = json::parse(rtctl_({"inspect", "cc"}).out)[0]["Mounts"];
    ASSERT_EQ(mounts.size(), 2U);
    EXPECT_EQ(mounts[0]["Mode"], "");
    EXPECT_EQ(mounts[0]["Name"].get<std::string>().size(), 64U);
    EXPECT_EQ(rtctl_({"start", "cc"}).exit_code, 0); // with the same ones
    EXPECT_EQ(rtctl_({"wait", "cc"}).out, "0\n");
    EXPECT_EQ(rtctl_({"rm", "cc"}).exit_code, 0);
    EXPECT_EQ(volumes({"-f", "dangling=true"}), volumes());
    EXPECT_NE(volumes(), "");
    EXPECT_EQ(rtctl_({"volume", "create", "named"}).exit_code, 0);
    const Outcome pruned = rtctl_({"volume", "prune"}, "y\n");
    EXPECT_THAT(pruned.out, testing::AllOf(HasSubstr("[y/N]"), HasSubstr("Deleted Volumes:\n"),
                                           HasSubstr(listed[1]), HasSubstr("Total reclaimed space: ")));
    EXPECT_EQ(volumes(), "named\n"); // without -a it is left alone
    ASSERT_EQ(rtctl_({"create", "--name", "cc", "filled", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-v", "cc"}).exit_code, 0);
    EXPECT_EQ(volumes(), "named\n");
    EXPECT_THAT(rtctl_({"volume", "prune", "-a"}, "n\n").out, Not(HasSubstr("Total")));
    EXPECT_EQ(volumes(), "named\n");
}

TEST_F(Volumes, EachPlaceOfOneIsMountedAndUnmountedInTheEvents) {
    ASSERT_EQ(rtctl_({"run", "--rm", "-v", "data:/a", "-v", "data:/b", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"events", "--since", "1h", "--until", "0s", "--filter", "volume=data", "--format",
                      "{{.Action}}"})
                  .out,
              "create\nmount\nmount\nunmount\nunmount\n");
    EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
}

TEST_F(Volumes, OnlyWhatNobodyHasIsPruned) {
    ASSERT_EQ(rtctl_({"create", "--name", "cc", "-v", "used:/u", "-v", "/a", "busybox", "true"}).exit_code,
              0);
    rtctl_({"volume", "create", "--label", "keep", "free"});
    EXPECT_THAT(rtctl_({"volume", "prune", "-af", "--filter", "label!=keep"}).out,
                "Total reclaimed space: 0B\n");
    EXPECT_THAT(rtctl_({"volume", "prune", "-f", "--filter", "all=1"}).out, HasSubstr("free\n"));
    EXPECT_THAT(volumes(), HasSubstr("used\n"));
}

TEST_F(Volumes, AContainerTakesThoseOfAnother) {
    ASSERT_EQ(rtctl_({"run", "--name", "giver", "-v", "named:/n", "-v", "/anon", "-v",
                      rtctl_.directory().path().native() + ":/host:ro", "--tmpfs", "/t", "busybox", "sh",
                      "-c", "echo 1 > /n/f; echo 2 > /anon/f"})
                  .exit_code,
              0);
    EXPECT_EQ(sh("cat /n/f /anon/f; test -e /host/config.json && test ! -e /t && echo yes",
                 {"--volumes-from", "giver"})
                  .out,
              "1\n2\nyes\n");
    EXPECT_NE(sh("touch /n/x", {"--volumes-from", "giver:ro"}).exit_code, 0);
    EXPECT_NE(sh("touch /host/x", {"--volumes-from", "giver:rw"}).exit_code, 0); // it was read-only there
    // One's own mount wins.
    EXPECT_EQ(sh("ls -A /n", {"--volumes-from", "giver", "-v", "other:/n"}).out, "");
    // --rm of a taker does not take the giver's away; but what only the taker has left goes with it.
    EXPECT_EQ(rtctl_({"start", "giver"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"wait", "giver"}).out, "0\n");
    ASSERT_EQ(rtctl_({"create", "--name", "taker", "--volumes-from", "giver", "busybox", "cat", "/anon/f"})
                  .exit_code,
              0);
    EXPECT_EQ(rtctl_({"rm", "-v", "giver"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"start", "-a", "taker"}).out, "2\n");
    EXPECT_EQ(rtctl_({"rm", "-v", "taker"}).exit_code, 0);
    EXPECT_EQ(volumes(), "named\nother\n");
}

TEST_F(Volumes, ASubpathIsPartOfOneAndNeverMore) {
    ASSERT_EQ(sh("mkdir -p /v/a/b; echo deep > /v/a/b/f; cd /v; ln -s a/b near; ln -s /etc abs; "
                 "ln -s ../../../../.. up",
                 {"-v", "vol:/v"})
                  .exit_code,
              0);
    const auto with = [&](const std::string& subpath) {
        return sh("cat /s/f", {"--mount", "type=volume,source=vol,target=/s,volume-subpath=" + subpath});
    };
    EXPECT_EQ(with("a/b").out, "deep\n");
    EXPECT_EQ(with("near").out, "deep\n");
    for (const char* escape : {"abs", "up", "up/etc", "a/../../x", "none"}) {
        const Outcome refused = with(escape);
        EXPECT_EQ(refused.exit_code, 125) << escape;
        EXPECT_THAT(refused.err, HasSubstr(escape));
    }
    // rtctl cp, of one that does not run, sees the same.
    ASSERT_EQ(rtctl_({"run", "--name", "cc", "--mount", "source=vol,target=/s,volume-subpath=a/b", "-v",
                      "vol:/v", "busybox", "true"})
                  .exit_code,
              0);
    const fs::path copy = rtctl_.directory() / "copy";
    EXPECT_EQ(rtctl_({"cp", "cc:/s/f", copy}).exit_code, 0);
    EXPECT_EQ(rt::test::read_file(copy), "deep\n");
    EXPECT_EQ(rtctl_({"cp", copy, "cc:/v/a/new"}).exit_code, 0);
    EXPECT_EQ(rt::test::read_file(data("vol") / "a/new"), "deep\n");
}

TEST_F(Volumes, WhatTheDriverMountsIsThereWhileAContainerRuns) {
    ASSERT_EQ(rtctl_({"volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o",
                      "o=size=1m,mode=700", "mem"})
                  .exit_code,
              0);
    EXPECT_FALSE(is_mounted("mem"));
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "-v", "mem:/m", "busybox", "sh", "-c",
                      "echo 1 > /m/f; exec sleep 100"})
                  .exit_code,
              0);
    EXPECT_TRUE(is_mounted("mem"));
    EXPECT_TRUE(eventually([&] { return sh("cat /m/f", {"-v", "mem:/m"}).out == "1\n"; }));
    EXPECT_THAT(sh("grep ' /m ' /proc/mounts", {"-v", "mem:/m"}).out, HasSubstr("size=1024k"));
    EXPECT_TRUE(is_mounted("mem")); // the first one still runs
    rtctl_({"stop", "-t", "0", "one"});
    EXPECT_FALSE(is_mounted("mem"));
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    EXPECT_TRUE(is_mounted("mem"));
    rtctl_({"rm", "-f", "one"});
    EXPECT_FALSE(is_mounted("mem"));
}

TEST_F(Volumes, ADirectoryOfTheHostAsAVolumeIsNeverRemovedWithIt) {
    const fs::path host = rtctl_.directory() / "host";
    fs::create_directory(host);
    rt::test::write_file(host / "precious", "p");
    const std::string mount = "type=volume,source=bound,target=/b,volume-opt=type=none,volume-opt=o=bind,"
                              "volume-opt=device=" +
                              host.native() + ",volume-label=l=1,volume-driver=local";
    EXPECT_EQ(sh("cat /b/precious; echo new > /b/new", {"--mount", mount}).out, "p");
    EXPECT_FALSE(is_mounted("bound"));
    EXPECT_EQ(volumes({"-f", "label=l=1"}), "bound\n");
    // Left mounted, as by a machine that was switched off in the middle.
    ASSERT_EQ(rt::test::run_program({"mount", "--bind", host, data("bound")}).exit_code, 0);
    EXPECT_EQ(rtctl_({"volume", "rm", "bound"}).exit_code, 0);
    EXPECT_TRUE(fs::exists(host / "precious"));
    EXPECT_TRUE(fs::exists(host / "new"));
    // What cannot be mounted is said, and leaves nothing.
    const Outcome refused =
        sh("true", {"--mount", "source=gone,target=/b,volume-opt=type=none,volume-opt=o=bind,"
                               "volume-opt=device=/no/such/place"});
    EXPECT_EQ(refused.exit_code, 125);
    EXPECT_THAT(refused.err,
                testing::AllOf(HasSubstr("failed to mount local volume"), HasSubstr("/no/such/place")));
}

TEST_F(Volumes, AShimThatIsKilledLeavesNoMount) {
    ASSERT_EQ(rtctl_({"volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "mem"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "-v", "mem:/m", "busybox", "sleep", "100"}).exit_code, 0);
    const std::string id = json::parse(rtctl_({"inspect", "one"}).out)[0]["Id"];
    std::ifstream file(rtctl_.run() / "containers" / id / "shim.pid");
    std::string key;
    pid_t shim = 0;
    ASSERT_TRUE(file >> key >> shim);
    ::kill(shim, SIGKILL);
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-q"}).out.empty(); }));
    EXPECT_FALSE(is_mounted("mem"));
}

// At any moment: what is copied half is copied again, what is moved half goes on, and nobody sees the parts.
TEST_F(Volumes, ACopyThatIsKilledInTheMiddleIsMadeAgain) {
    constexpr int kFiles = 1200;
    import_filled("cd data; rm -r *; for i in $(seq " + std::to_string(kFiles) +
                  "); do echo $i > $i; done; cd ..");
    int in_the_middle = 0;
    for (int round = 0; round < 3; ++round) {
        const fs::path part = rtctl_.root() / "volumes/vol/.rt-copy-part";
        const pid_t pid = rtctl_.start({"run", "--rm", "-v", "vol:/data", "filled", "true"});
        std::error_code problem;
        bool ended = false;
        ASSERT_TRUE(eventually([&] {
            ended = ::waitpid(pid, nullptr, WNOHANG) == pid;
            return ended || fs::exists(part / std::to_string(1 + 400 * round), problem);
        }));
        if (!ended) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        in_the_middle += fs::exists(part, problem) ? 1 : 0;
        // A container that wants no copy does not see the half of one.
        EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-aq"}).out.empty(); }));
        const Outcome bare = filled({"-v", "vol:/data:nocopy"}, "ls -A /data | wc -l");
        EXPECT_THAT(bare.out, testing::AnyOf("0\n", std::to_string(kFiles) + "\n"));
        EXPECT_EQ(filled({"-v", "vol:/data"}, "ls -A /data | wc -l; stat -c %a /data").out,
                  std::to_string(kFiles) + "\n711\n");
        EXPECT_EQ(rtctl_({"volume", "rm", "vol"}).exit_code, 0);
    }
    EXPECT_GT(in_the_middle, 0);
}

TEST_F(Volumes, KillingARunAtAnyMomentLeavesNoAnonymousVolume) {
    import_filled("true", {"VOLUME /data"});
    for (int round = 0; round < 15; ++round) {
        const pid_t pid = rtctl_.start({"run", "--rm", "-v", "/more", "filled", "true"});
        ::usleep(static_cast<useconds_t>(round) * 3000); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-aq"}).out.empty() && volumes().empty(); }))
        << volumes();
}

} // namespace
