// SPDX-License-Identifier: Apache-2.0
// Everything that can be wrong with a plugin's file before it does anything: each gives one clear error.
#include "fixtures.hpp"

#include "core/plugin/loader.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace rt::test {
namespace {

using Loader = PluginTest;

TEST_F(Loader, LoadsASoundPlugin) {
    const auto entry = load_plugin(copy("sound"));
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_STREQ((*entry)->id, "sound");
    EXPECT_STREQ((*entry)->version, "2.1.0");
}

TEST_F(Loader, LoadsAPluginWrittenInC) {
    const auto entry = load_plugin(copy("raw-sound"));
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_STREQ((*entry)->kind, RTP_KIND_STORAGE);
}

TEST_F(Loader, RefusesDefectiveFilesWithAReason) {
    struct Case {
        const char* plugin;
        Code code;
        const char* reason;
    };
    for (const Case& c : {
             Case{"wrong-abi", Code::unsupported, "rtp_entry_v2"},
             Case{"not-a-plugin", Code::invalid_argument, "does not export 'rtp_entry_v1'"},
             Case{"needs-missing", Code::failed_precondition, "librt-fixture-gone.so"},
             Case{"undefined-symbol", Code::failed_precondition, "rt_fixture_gone"},
             Case{"misnamed", Code::invalid_argument, "somebody-else.so"},
             Case{"Bad_Id", Code::invalid_argument, "small letters"},
             Case{"unknown-kind", Code::invalid_argument, "toaster"},
             Case{"null-text", Code::invalid_argument, "'version'"},
             Case{"null-schema", Code::invalid_argument, "'config_schema'"},
             Case{"null-create", Code::invalid_argument, "'create'"},
         }) {
        SCOPED_TRACE(c.plugin);
        const Path file = copy(c.plugin);
        const auto entry = load_plugin(file);
        ASSERT_FALSE(entry);
        EXPECT_EQ(code_of(entry), name_of(c.code)) << entry.error().message;
        EXPECT_MESSAGE_HAS(entry, c.reason);
        EXPECT_MESSAGE_HAS(entry, file.native());
    }
}

TEST_F(Loader, NamesTheRemedyForAMissingLibrary) {
    const auto entry = load_plugin(copy("needs-missing"));
    ASSERT_FALSE(entry);
    EXPECT_MESSAGE_HAS(entry, "ldd ");
}

TEST_F(Loader, RefusesFilesThatAreNoSharedObject) {
    for (const char* text : {"", "#!/bin/sh\n",
                             "\x7f"
                             "ELF"}) {
        write_file(directory_ / "text.so", text);
        EXPECT_EQ(code_of(load_plugin(directory_ / "text.so")), "invalid-argument") << text;
    }
    std::filesystem::create_directory(directory_ / "directory.so");
    EXPECT_EQ(code_of(load_plugin(directory_ / "directory.so")), "invalid-argument");
    EXPECT_EQ(code_of(load_plugin(directory_ / "missing.so")), "not-found");
    EXPECT_EQ(code_of(load_plugin("sound.so")), "invalid-argument"); // relative
}

// The dynamic linker would map it, and die of SIGBUS when it touches what is missing.
TEST_F(Loader, RefusesAFileCutShort) {
    const std::string whole = read_file(copy("sound"));
    for (const std::size_t kept :
         {whole.size() / 2, std::size_t{20000}, std::size_t{4096}, std::size_t{64}}) {
        const Path file = directory_ / cat("cut-", kept, ".so");
        write_file(file, std::string_view(whole).substr(0, kept));
        EXPECT_EQ(code_of(load_plugin(file)), "invalid-argument") << kept;
    }
}

TEST_F(Loader, RefusesAFileThatOthersCanChange) {
    const Path file = copy("sound");
    for (const mode_t mode : {0775, 0757, 0777}) {
        ASSERT_EQ(::chmod(file.c_str(), mode), 0);
        const auto entry = load_plugin(file);
        EXPECT_EQ(code_of(entry), "permission-denied") << mode;
        EXPECT_MESSAGE_HAS(entry, "chmod go-w");
    }
}

TEST_F(Loader, RefusesADirectoryThatOthersCanChange) {
    std::filesystem::create_directories(directory_ / "a/b");
    const Path file = directory_ / "a/b/sound.so";
    std::filesystem::rename(copy("sound"), file);
    ASSERT_TRUE(load_plugin(file));
    ASSERT_EQ(::chmod((directory_ / "a").c_str(), 01777), 0); // sticky, as /tmp is
    const auto entry = load_plugin(file);
    EXPECT_EQ(code_of(entry), "permission-denied");
    EXPECT_MESSAGE_HAS(entry, (directory_ / "a").native());
}

TEST_F(Loader, RefusesAFileOfAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
    const Path file = copy("sound");
    ASSERT_EQ(::chown(file.c_str(), 12345, 0), 0);
    const auto entry = load_plugin(file);
    EXPECT_EQ(code_of(entry), "permission-denied");
    EXPECT_MESSAGE_HAS(entry, "12345");
    EXPECT_MESSAGE_HAS(entry, "chown root:root");
}

TEST_F(Loader, RefusesADirectoryOfAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
    std::filesystem::create_directory(directory_ / "theirs");
    const Path file = directory_ / "theirs/sound.so";
    std::filesystem::rename(copy("sound"), file);
    ASSERT_EQ(::chown((directory_ / "theirs").c_str(), 12345, 0), 0);
    EXPECT_EQ(code_of(load_plugin(file)), "permission-denied");
}

TEST_F(Loader, FollowsLinksOnlyWhereNobodyElseCanTurnThem) {
    std::filesystem::create_directory(directory_ / "real");
    std::filesystem::rename(copy("sound"), directory_ / "real/sound.so");
    std::filesystem::create_symlink("real/sound.so", directory_ / "sound.so");
    EXPECT_TRUE(load_plugin(directory_ / "sound.so"));
    std::filesystem::create_directory(directory_ / "open");
    std::filesystem::create_symlink("../real/sound.so", directory_ / "open/sound.so");
    ASSERT_EQ(::chmod((directory_ / "open").c_str(), 0777), 0);
    EXPECT_EQ(code_of(load_plugin(directory_ / "open/sound.so")), "permission-denied");
    std::filesystem::create_symlink("turn.so", directory_ / "turn.so");
    EXPECT_EQ(code_of(load_plugin(directory_ / "turn.so")), "failed-precondition"); // a loop
}

} // namespace
} // namespace rt::test
