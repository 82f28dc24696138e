// SPDX-License-Identifier: Apache-2.0
// Reading a plugin as data must agree with loading it.
#include "fixtures.hpp"

#include "core/plugin/plugin_file.hpp"

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using PluginFileTest = PluginTest;

TEST_F(PluginFileTest, SaysWhatLoadingSays) {
    for (const char* name : {"sound", "raw-sound", "throwing", "breach-network"}) {
        SCOPED_TRACE(name);
        const Path file = copy(name);
        const auto read = read_plugin_file(file);
        ASSERT_TRUE(read) << read.error().message;
        const auto loaded = load_plugin(file);
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(read->id, (*loaded)->id);
        EXPECT_EQ(read->version, (*loaded)->version);
        EXPECT_EQ(read->kind, (*loaded)->kind);
        EXPECT_EQ(read->sdk_version, (*loaded)->sdk_version);
        EXPECT_EQ(read->description, (*loaded)->description);
        EXPECT_EQ(read->license, (*loaded)->license);
        EXPECT_EQ(read->config_schema, (*loaded)->config_schema);
        EXPECT_THAT(read->exports, ElementsAre(RTP_ENTRY_SYMBOL));
    }
}

TEST_F(PluginFileTest, ReadsAPluginWhoseLibraryIsMissing) {
    const auto read = read_plugin_file(copy("needs-missing"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->id, "needs-missing");
    EXPECT_THAT(read->needed, Contains("librt-fixture-gone.so"));
}

TEST_F(PluginFileTest, RefusesWhatLoadingRefuses) {
    for (const char* name :
         {"wrong-abi", "not-a-plugin", "misnamed", "Bad_Id", "unknown-kind", "null-text", "null-schema"}) {
        SCOPED_TRACE(name);
        const Path file = copy(name);
        EXPECT_EQ(code_of(read_plugin_file(file)), code_of(load_plugin(file)));
        EXPECT_FALSE(read_plugin_file(file));
    }
}

// A hostile file may not crash the program that lists it: every byte of the tables is changed in turn.
TEST_F(PluginFileTest, SurvivesAnyDamage) {
    const Path file = copy("raw-sound");
    const std::string sound = read_file(file);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < sound.size(); at += at < 640 ? 1 : 313) {
        std::string damaged = sound;
        damaged[at] = static_cast<char>(~static_cast<unsigned char>(damaged[at]));
        write_file(file, damaged);
        if (!read_plugin_file(file)) ++refused;
    }
    EXPECT_GT(refused, 20U);
    for (std::size_t size = 0; size < sound.size(); size += 811) {
        write_file(file, sound.substr(0, size));
        EXPECT_FALSE(read_plugin_file(file)) << size;
    }
}

} // namespace
} // namespace rt::test
