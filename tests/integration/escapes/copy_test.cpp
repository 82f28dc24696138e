// SPDX-License-Identifier: Apache-2.0
// `cp` with a container that works against it: links that are swapped in while the path is walked
// (CVE-2018-15664), and libraries of the container that are loaded by what copies (CVE-2019-14271).
#include "escapes/escapes.hpp"

#include <sstream>

namespace {

using rt::test::Outcome;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class CopyWithASwapper : public Escapes {
protected:
    void SetUp() override {
        Escapes::SetUp();
        fs::create_directory(local());
        rt::test::write_file(local() / "file", "of the user\n");
        // The link leads somewhere on the host and in the container, so that either can be read and written.
        const std::string decoy = outside().native();
        const std::string prepare = "mkdir -p /w/way/there " + decoy +
                                    "/there; echo of the container > /w/way/secret; " +
                                    "busybox cp /w/way/secret " + decoy + "/secret; ln -s " + decoy +
                                    " /w/link; exec /attack/swap /w/way /w/link";
        start("box", {}, {"sh", "-c", prepare});
        ASSERT_TRUE(
            rt::test::eventually([&] { return exec({"box", "test", "-e", "/w/link"}).exit_code == 0; }));
    }
    fs::path local() const { return rtctl_.directory() / "local"; }
    Outcome cp(const std::string& from, const std::string& to) { return rtctl_({"cp", from, to}); }
};

TEST_F(CopyWithASwapper, WritesNothingOutside) {
    int done = 0;
    race([&] {
        done += cp(local() / "file", "box:/w/way/file").exit_code == 0 ? 1 : 0;
        (void)cp(local() / "file", "box:/w/way/there/");
        (void)cp(local(), "box:/w/way");
    });
    EXPECT_GT(done, 0);
    // What lies outside is compared at the end of the test.
}

TEST_F(CopyWithASwapper, ReadsNothingOutside) {
    const fs::path got = rtctl_.directory() / "got";
    int done = 0;
    race([&] {
        fs::create_directory(got);
        done += cp("box:/w/way/secret", got / "file").exit_code == 0 ? 1 : 0;
        (void)cp("box:/w/way/.", got / "content");
        (void)cp("box:/w", got / "tree");
        for (const auto& [path, text] : content(got))
            EXPECT_THAT(text, Not(HasSubstr("of the host"))) << path;
        fs::remove_all(got);
    });
    EXPECT_GT(done, 0);
}

class CopyOfLibraries : public Escapes {};

TEST_F(CopyOfLibraries, LoadsNoneOfTheContainers) {
    for (const char* directory :
         {"lib", "lib64", "usr/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"}) {
        fs::create_directories(shared() / directory);
        for (const char* name : {"libnss_attack.so.2", "libnss_files.so.2", "libnss_dns.so.2"})
            fs::copy_file(RT_ATTACK_DIR "/libnss_attack.so.2", shared() / directory / name);
    }
    fs::create_directory(shared() / "etc");
    rt::test::write_file(shared() / "etc/nsswitch.conf",
                         "passwd: attack files\ngroup: attack files\nhosts: attack files\n");
    start("box", {}, {"sleep", "1000"});
    const std::string tree = shared().native() + "/.";
    ASSERT_EQ(rtctl_({"cp", tree, "box:/"}).exit_code, 0);
    const auto expect_nothing_loaded = [&] {
        EXPECT_EQ(exec({"box", "test", "-e", "/lib/libnss_attack.so.2"}).exit_code, 0);
        EXPECT_EQ(exec({"box", "test", "-e", "/library-was-loaded"}).exit_code, 1);
        EXPECT_FALSE(fs::exists("/library-was-loaded"));
    };
    EXPECT_EQ(rtctl_({"cp", "-a", "box:/etc", outside().parent_path() / "got"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"cp", "-a", outside() / "file", "box:/etc/"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"export", "-o", outside().parent_path() / "tar", "box"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"diff", "box"}).exit_code, 0);
    EXPECT_EQ(exec({"-u", "web:extra", "box", "true"}).exit_code, 0);
    expect_nothing_loaded();
}

} // namespace
