// SPDX-License-Identifier: Apache-2.0
// The guides say what the code does: every wiring file that they print is accepted, and the table of codes is
// the code's.
#include "core/config/wiring.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rt::test {
namespace {

std::vector<std::string> json_blocks(const std::string& file) {
    const std::string text = read_file(std::string(RT_SOURCE_DIR "/docs/") + file);
    constexpr std::string_view kFence = "```json\n";
    std::vector<std::string> blocks;
    for (auto at = text.find(kFence); at != std::string::npos; at = text.find(kFence, at)) {
        at += kFence.size();
        blocks.push_back(text.substr(at, text.find("```", at) - at));
    }
    return blocks;
}

TEST(Docs, EveryWiringFileInTheGuidesIsAccepted) {
    for (const char* file : {"config.md", "plugins.md"}) {
        const auto blocks = json_blocks(file);
        EXPECT_FALSE(blocks.empty()) << file;
        for (const auto& block : blocks) {
            const auto wiring = parse_wiring(block, "/etc/rt/config.json");
            EXPECT_TRUE(wiring) << file << ": " << wiring.error().message;
        }
    }
}

TEST(Docs, TheFirstWiringFileIsTheBuiltInDefault) {
    const auto blocks = json_blocks("config.md");
    ASSERT_FALSE(blocks.empty());
    const auto shown = parse_wiring(blocks.front(), "/etc/rt/config.json");
    ASSERT_TRUE(shown) << shown.error().message;
    const Wiring built_in = built_in_wiring();
    EXPECT_EQ(shown->root, built_in.root);
    EXPECT_EQ(shown->run, built_in.run);
    for (const Role role : {Role::storage, Role::network, Role::isolation}) {
        EXPECT_EQ(shown->role(role).default_instance, built_in.role(role).default_instance);
        ASSERT_EQ(shown->role(role).drivers.size(), built_in.role(role).drivers.size());
        for (const auto& [name, driver] : built_in.role(role).drivers)
            EXPECT_EQ(shown->role(role).drivers.at(name).plugin, driver.plugin);
    }
}

TEST(Docs, TheTableOfCodesIsComplete) {
    const std::string text = read_file(RT_SOURCE_DIR "/docs/errors.md");
    for (int code = RTP_INVALID_ARGUMENT; code <= RTP_INTERNAL; ++code)
        EXPECT_NE(text.find(cat("| `", name_of(Code{code}), "` | ", code, " |")), std::string::npos) << code;
}

} // namespace
} // namespace rt::test
