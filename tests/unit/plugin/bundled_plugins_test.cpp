// SPDX-License-Identifier: Apache-2.0
// What holds for every plugin that comes with rt: one symbol, a sound entry, a schema within the subset.
#include "fixtures.hpp"

#include "core/config/schema.hpp"
#include "core/plugin/plugin_file.hpp"
#include "core/plugin/survey.hpp"

#include <rtp/leftovers.h>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::ElementsAre;

class BundledPlugins : public PluginTest {
protected:
    // Copies, since the build directory may belong to another user.
    std::vector<Path> plugins() {
        std::vector<Path> copies;
        for (const auto& entry : std::filesystem::directory_iterator(RT_PLUGIN_DIR)) {
            if (entry.path().extension() != ".so") continue;
            copies.push_back(directory_ / entry.path().filename().native());
            std::filesystem::copy_file(entry.path(), copies.back());
            std::filesystem::permissions(copies.back(), std::filesystem::perms(0755));
        }
        EXPECT_EQ(copies.size(), RT_BUNDLED_COUNT) << "in " RT_PLUGIN_DIR;
        return copies;
    }
};

TEST_F(BundledPlugins, EachExportsOneSymbolAndLoads) {
    for (const Path& file : plugins()) {
        SCOPED_TRACE(file);
        const auto read = read_plugin_file(file);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_THAT(read->exports, ElementsAre(RTP_ENTRY_SYMBOL));
        EXPECT_TRUE(load_plugin(file));
    }
}

TEST_F(BundledPlugins, EachHasASchemaThatWorksWithoutAnyConfig) {
    for (const Path& file : plugins()) {
        SCOPED_TRACE(file);
        const auto read = read_plugin_file(file);
        ASSERT_TRUE(read);
        const auto schema = parse_schema(read->config_schema, read->id, SchemaCheck::thorough);
        ASSERT_TRUE(schema) << schema.error().message;
        Json config = Json::object();
        const auto applied = apply_schema(*schema, config);
        EXPECT_TRUE(applied) << applied.error().text;
    }
}

TEST_F(BundledPlugins, EachSaysUnderWhichLicenceItIs) {
    for (const Path& file : plugins()) {
        const auto read = read_plugin_file(file);
        ASSERT_TRUE(read);
        EXPECT_TRUE(read->license.starts_with("Apache-2.0")) << file << ": " << read->license;
        EXPECT_FALSE(read->description.empty());
        EXPECT_FALSE(read->description.starts_with("Apache")) << file << ": the texts are swapped";
    }
}

// An interface that the survey does not know is not shown to anybody.
TEST_F(BundledPlugins, EachShowsEveryInterfaceThatItHas) {
    Wiring wiring = built_in_wiring();
    wiring.root = directory_ / "root";
    const std::vector<Path> files = plugins();
    const auto shown = [&](const std::string& id) {
        for (const Path& file : files)
            if (file.stem() == id) {
                const auto plugin = read_plugin_file(file);
                return survey_plugin(wiring, file, *plugin).interfaces;
            }
        return std::vector<std::string>();
    };
    EXPECT_THAT(shown("bridge"), ElementsAre(RTP_NETWORK_V1, RTP_NETWORK_ROUTES_V1, RTP_NETWORK_PORTS_V1,
                                             RTP_NETWORK_NAMES_V1, RTP_NETWORK_STATS_V1, RTP_LEFTOVERS_V1));
    EXPECT_THAT(shown("namespaces"),
                ElementsAre(RTP_ISOLATION_V1, RTP_ISOLATION_NETNS_V1, RTP_ISOLATION_FREEZE_V1,
                            RTP_ISOLATION_STATS_V1, RTP_ISOLATION_UPDATE_V1, RTP_ISOLATION_PROCESSES_V1,
                            RTP_LEFTOVERS_V1));
    EXPECT_THAT(shown("overlayfs"), ElementsAre(RTP_STORAGE_V1, RTP_STORAGE_USAGE_V1, RTP_LEFTOVERS_V1));
    EXPECT_THAT(shown("vfs"), ElementsAre(RTP_STORAGE_V1, RTP_STORAGE_USAGE_V1, RTP_LEFTOVERS_V1));
}

} // namespace
} // namespace rt::test
