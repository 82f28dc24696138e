// SPDX-License-Identifier: Apache-2.0
// cp, export and diff, of containers that run and of those that do not.
#include "with_busybox.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// A container "cc" that has run the line: it has ended, or sleeps on.
class Copy : public WithBusybox, public testing::WithParamInterface<bool> {
protected:
    void make(const std::string& line) {
        const bool runs = GetParam();
        std::vector<std::string> words{"run", "--name", "cc"};
        if (runs) words.emplace_back("-d");
        words.insert(words.end(),
                     {"busybox", "sh", "-c", line + (runs ? "; touch /done; exec sleep 100" : "")});
        ASSERT_EQ(rtctl_(words).exit_code, 0);
        const auto is_done = [&] { return rtctl_({"exec", "cc", "test", "-e", "/done"}).exit_code == 0; };
        if (runs) {
            ASSERT_TRUE(rt::test::eventually(is_done));
        }
        fs::create_directories(local());
    }
    void TearDown() override {
        rtctl_({"rm", "-f", "cc"});
        WithBusybox::TearDown();
    }
    fs::path local() const { return rtctl_.directory().path() / "local"; }
    rt::test::Outcome cp(std::vector<std::string> words) {
        words.insert(words.begin(), "cp");
        return rtctl_(words);
    }
};
INSTANTIATE_TEST_SUITE_P(OfContainers, Copy, testing::Bool(),
                         [](const auto& instance) { return instance.param ? "ThatRun" : "ThatHaveEnded"; });

TEST_P(Copy, AFileComesOutAndGoesInAgain) {
    make("echo text > /root/file; chmod 640 /root/file");
    auto outcome = cp({"cc:/root/file", local() / "copy"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(text_of(local() / "copy"), "text\n");
    struct stat status{};
    ASSERT_EQ(::stat((local() / "copy").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640U);

    std::ofstream(local() / "copy") << "new";
    outcome = cp({local() / "copy", "cc:/root/file"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    ASSERT_EQ(cp({"cc:/root/file", local()}).exit_code, 0);
    EXPECT_EQ(text_of(local() / "file"), "new");
}

TEST_P(Copy, DirectoriesGoByDockersRules) {
    make("mkdir -p /d/e; echo 1 > /d/e/f; ln -s f /d/e/l; ln /d/e/f /d/e/h");
    ASSERT_EQ(cp({"cc:/d", local() / "fresh"}).exit_code, 0); // not there: the copy is called so
    EXPECT_EQ(text_of(local() / "fresh/e/f"), "1\n");
    EXPECT_EQ(fs::read_symlink(local() / "fresh/e/l"), "f");
    EXPECT_TRUE(fs::equivalent(local() / "fresh/e/f", local() / "fresh/e/h"));
    ASSERT_EQ(cp({"cc:/d", local() / "fresh"}).exit_code, 0); // there: into it
    EXPECT_EQ(text_of(local() / "fresh/d/e/f"), "1\n");
    fs::create_directory(local() / "content");
    ASSERT_EQ(cp({"cc:/d/.", local() / "content"}).exit_code, 0); // what is in it
    EXPECT_EQ(text_of(local() / "content/e/f"), "1\n");
    ASSERT_EQ(cp({"cc:/d/.", local() / "named"}).exit_code, 0);
    EXPECT_EQ(text_of(local() / "named/e/f"), "1\n");
    ASSERT_EQ(cp({local() / "content", "cc:/in"}).exit_code, 0);
    ASSERT_EQ(cp({"cc:/in/e/f", local() / "back"}).exit_code, 0);
    EXPECT_EQ(text_of(local() / "back"), "1\n");
}

TEST_P(Copy, LinksAreKeptOrFollowedInsideTheContainer) {
    make("ln -s /etc/passwd /root/link; ln -s ../../../../../../etc /root/up");
    ASSERT_EQ(cp({"cc:/root/link", local() / "kept"}).exit_code, 0);
    EXPECT_EQ(fs::read_symlink(local() / "kept"), "/etc/passwd");
    ASSERT_EQ(cp({"-L", "cc:/root/link", local() / "followed"}).exit_code, 0);
    EXPECT_THAT(text_of(local() / "followed"), HasSubstr("web:")); // its own passwd
    ASSERT_EQ(cp({"cc:/root/up/passwd", local() / "inside"}).exit_code, 0);
    EXPECT_THAT(text_of(local() / "inside"), HasSubstr("web:"));
}

TEST_P(Copy, NoLinkOfTheContainerLeadsAWriteToTheHost) {
    make("true");
    const fs::path victim = local() / "victim";
    fs::create_directory(victim);
    std::ofstream(local() / "file") << "evil";
    fs::create_symlink(victim, local() / "way");
    ASSERT_EQ(cp({local() / "way", "cc:/way"}).exit_code, 0); // an absolute link to what the host has
    EXPECT_NE(cp({local() / "file", "cc:/way/file"}).exit_code, 0);
    EXPECT_TRUE(fs::is_empty(victim));
}

TEST_P(Copy, ArchivesGoThroughStandardInputAndOutput) {
    make("mkdir /d; echo 1 > /d/f; chown 1000:2000 /d/f; mkdir /to");
    const auto tar = rtctl_({"cp", "cc:/d", "-"});
    ASSERT_EQ(tar.exit_code, 0) << tar.err;
    const auto in = rtctl_({"cp", "-", "cc:/to"}, tar.out);
    ASSERT_EQ(in.exit_code, 0) << in.err;
    ASSERT_EQ(cp({"-a", "cc:/to/d/f", local() / "f"}).exit_code, 0);
    struct stat status{};
    ASSERT_EQ(::stat((local() / "f").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 1000U);
    EXPECT_EQ(status.st_gid, 2000U);
    ASSERT_EQ(cp({"cc:/to/d/f", local() / "mine"}).exit_code, 0);
    ASSERT_EQ(::stat((local() / "mine").c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, ::getuid());
}

TEST_P(Copy, WhatCannotBeIsSaidByName) {
    make("mkdir /d; touch /f");
    EXPECT_THAT(cp({"nobody:/f", local()}).err, HasSubstr("nobody"));
    EXPECT_THAT(cp({"cc:/no/such", local()}).err, HasSubstr("'/no/such'"));
    EXPECT_THAT(cp({"cc:/f/", local()}).err, HasSubstr("/f/"));
    std::ofstream(local() / "file") << "x";
    EXPECT_THAT(cp({"cc:/d", local() / "file"}).err, HasSubstr("cannot copy a directory"));
    EXPECT_THAT(cp({local() / "file", "cc:/none/"}).err, HasSubstr("no such directory"));
    EXPECT_THAT(cp({local() / "file", "cc:/none/x"}).err, HasSubstr("no such directory"));
    EXPECT_EQ(cp({local() / "file", local() / "other"}).exit_code, 1);
    ASSERT_EQ(::mkfifo((local() / "pipe").c_str(), 0600), 0); // as a device would be
    EXPECT_THAT(cp({"cc:/f", local() / "pipe"}).err, HasSubstr("neither a file nor a directory"));
    EXPECT_TRUE(fs::is_fifo(local() / "pipe"));
    fs::create_directories(local() / "n/f"); // a directory where the container has a file
    EXPECT_THAT(cp({(local() / "n").string() + "/.", "cc:/"}).err, HasSubstr("cannot overwrite"));
}

TEST_P(Copy, ExportHoldsTheWholeRoot) {
    make("echo exported > /root/file");
    const fs::path file = local() / "tar";
    const auto outcome = rtctl_({"export", "-o", file, "cc"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    ASSERT_EQ(
        rt::test::run_program({"/bin/tar", "-xf", file, "-C", local(), "root/file", "etc/passwd"}).exit_code,
        0);
    EXPECT_EQ(text_of(local() / "root/file"), "exported\n");
    EXPECT_EQ(rtctl_({"export", "cc"}).out.size() % 512, 0U);
}

TEST_P(Copy, ExportSaysWhatItCannotWriteAndLeavesNothing) {
    const auto refused = [&](const std::string& container, const fs::path& file) {
        const auto outcome = rtctl_({"export", "-o", file, container});
        EXPECT_NE(outcome.exit_code, 0) << file;
        return outcome.err;
    };
    fs::create_directories(local() / "there");
    ASSERT_EQ(::mkfifo((local() / "pipe").c_str(), 0600), 0);
    fs::create_symlink("/dev/null", local() / "link");
    for (const char* name : {"none/tar", "there", "pipe", "link"})
        EXPECT_THAT(refused("cc", local() / name), HasSubstr("write '" + (local() / name).string() + "'"));
    EXPECT_THAT(refused("nobody", local() / "tar"), HasSubstr("No such container"));
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(local())) names.insert(entry.path().filename());
    for (const char* name : {"link", "pipe", "there"}) EXPECT_EQ(names.erase(name), 1U);
    for (const std::string& name : names) EXPECT_FALSE(name.starts_with('.') || name == "tar") << name;
}

TEST_P(Copy, DiffTellsWhatWasAddedChangedAndDeleted) {
    make("mkdir /new; touch /new/file; echo x >> /etc/passwd; rm /etc/group");
    const auto outcome = rtctl_({"diff", "cc"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, std::string("") + (GetParam() ? "A /done\n" : "") +
                               "C /etc\nD /etc/group\nC /etc/passwd\nA /new\nA /new/file\n");
}

TEST_F(WithBusybox, ACopyGoesIntoWhatIsMountedAndNotIntoWhatIsReadOnly) {
    const fs::path host = rtctl_.directory().path() / "host";
    fs::create_directory(host);
    std::ofstream(host / "file") << "mounted";
    for (const std::string line : {"true", "exec sleep 100"}) {
        const std::string mode = line == "true" ? "" : "-d";
        std::vector<std::string> words{"run", "--name", "cc", "--read-only", "-v", host.string() + ":/data"};
        if (!mode.empty()) words.push_back(mode);
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        ASSERT_EQ(rtctl_(words).exit_code, 0);
        const std::string fresh = "fresh-" + std::to_string(line.size());
        EXPECT_EQ(rtctl_({"cp", host / "file", "cc:/data/" + fresh}).exit_code, 0);
        EXPECT_EQ(text_of(host / fresh), "mounted");
        const auto refused = rtctl_({"cp", host / "file", "cc:/root/x"});
        EXPECT_EQ(refused.exit_code, 1);
        EXPECT_THAT(refused.err, HasSubstr("read-only"));
        rtctl_({"rm", "-f", "cc"});
    }
}

} // namespace
