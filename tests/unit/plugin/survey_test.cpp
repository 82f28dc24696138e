// SPDX-License-Identifier: Apache-2.0
// What `rtctl config check`, `config explain` and `plugin ls` show.
#include "fixtures.hpp"

#include "core/plugin/effective.hpp"
#include "core/plugin/plugin_use.hpp"
#include "core/plugin/survey.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

#include <map>

namespace rt::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Survey : public PluginTest {
protected:
    Wiring wire(const std::string& storage, const std::string& isolation = "{}") {
        const std::string text = cat(
            R"({"root":")", (directory_ / "root").native(), R"(","run":")", (directory_ / "run").native(),
            R"(","plugin_path":[")", directory_.path().native(), R"("],"network":{"default":"n","drivers":{)",
            R"("bridge":null,"host":null,"none":null,"n":{"plugin":"breach-network"}}},)", R"("isolation":{)",
            R"("default":"i","drivers":{"namespaces":null,"i":{"plugin":"breach-isolation","config":)",
            isolation, "}}},\n", R"("storage":{"default":"s","drivers":{"overlayfs":null,"vfs":null,"s":)",
            storage, "}}}");
        copy("breach-network");
        copy("breach-isolation");
        auto wiring = parse_wiring(text, "/etc/rt/test.json");
        EXPECT_TRUE(wiring) << wiring.error().message;
        return wiring.value_or(Wiring{});
    }
};

TEST_F(Survey, TellsWhatWorksFromWhatCannotAndWhatIsBroken) {
    copy("sound");
    const Wiring wiring = wire(R"({"plugin":"sound"})", R"({"breach":"unsupported"})");
    const auto storage = survey_driver(wiring, Role::storage, "s");
    EXPECT_EQ(storage.status, DriverStatus::works) << storage.reason;
    EXPECT_EQ(storage.plugin, "sound 2.1.0");
    EXPECT_TRUE(storage.is_default);
    EXPECT_THAT(storage.interfaces, ElementsAre("rt.storage/1", "rt.storage.usage/1"));
    EXPECT_THAT(storage.features, ElementsAre("overlay-layers"));
    EXPECT_EQ(storage.facts, R"({"mode":"safe","size":8})");
    const auto isolation = survey_driver(wiring, Role::isolation, "i");
    EXPECT_EQ(isolation.status, DriverStatus::unusable);
    EXPECT_EQ(isolation.reason, "not on this host");
    const auto network = survey_driver(wire(R"({"plugin":"sound"})"), Role::network, "n");
    EXPECT_EQ(network.status, DriverStatus::works) << network.reason;
    EXPECT_THAT(network.features, ElementsAre("ports"));
    EXPECT_EQ(survey_drivers(wiring).size(), 3U);
}

TEST_F(Survey, BlamesThePluginOrTheWiringForTheRest) {
    struct Case {
        const char* plugin;
        const char* config;
        const char* reason;
    };
    for (const Case& c :
         {Case{"needs-missing", "{}", "librt-fixture-gone.so"}, Case{"null-function", "{}", "null"},
          Case{"wrong-abi", "{}", "rtp_entry_v2"}, Case{"sound", R"({"size":"x"})", "/size"},
          Case{"throwing", "{}", "thrown by probe"}, Case{"breach-network", "{}", "network driver"},
          Case{"rich-schema", "{}", "oneOf"}}) {
        SCOPED_TRACE(c.plugin);
        copy(c.plugin);
        const auto report = survey_driver(
            wire(cat(R"({"plugin":")", c.plugin, R"(","config":)", c.config, "}")), Role::storage, "s");
        EXPECT_EQ(report.status, DriverStatus::broken);
        EXPECT_THAT(report.reason, HasSubstr(c.reason));
    }
}

TEST_F(Survey, LeavesNothingOfAPluginThatNobodyUses) {
    const Wiring wiring = wire(R"({"plugin":"raw-sound"})");
    const Path file = copy("sound");
    const auto plugin = read_plugin_file(file);
    ASSERT_TRUE(plugin);
    const auto report = survey_plugin(wiring, file, *plugin);
    EXPECT_EQ(report.status, DriverStatus::works) << report.reason;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_ / "root"))
        ADD_FAILURE() << entry.path();
}

TEST_F(Survey, ExplainsWhereEachValueCameFrom) {
    copy("sound");
    const auto effective = explain_wiring(wire(R"({"plugin":"sound",
 "config":{"size":3}})"));
    EXPECT_THAT(effective.problems, IsEmpty());
    std::map<std::string, std::string> origins;
    for (const auto& [pointer, value, origin] : effective.values) origins[pointer] = cat(value, " ", origin);
    EXPECT_EQ(origins["/storage/drivers/s/config/size"], "3 /etc/rt/test.json:3");
    EXPECT_EQ(origins["/storage/drivers/s/config/mode"], "\"safe\" default of plugin 'sound'");
    EXPECT_EQ(origins["/storage/drivers/s/plugin"], "\"sound\" /etc/rt/test.json:2");
    EXPECT_EQ(origins["/storage/drivers/s/drafts"], "false built-in default");
    EXPECT_EQ(origins["/storage/default"], "\"s\" /etc/rt/test.json:2");
}

TEST_F(Survey, ShowsAFileThatMeansTheSame) {
    copy("sound");
    std::vector<std::string> problems;
    const Wiring wiring = wire(R"({"plugin":"sound","config":{"size":3}})");
    const Json shown = effective_json(wiring, problems);
    EXPECT_THAT(problems, IsEmpty());
    const auto again = parse_wiring(shown.dump(), "/etc/rt/test.json");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->root, wiring.root);
    EXPECT_EQ(again->storage.default_instance, "s");
    EXPECT_EQ(again->network.drivers.size(), 1U); // what was taken away stays away
    EXPECT_EQ(again->storage.drivers.at("s").config_json, R"({"mode":"safe","size":3})");
}

TEST_F(Survey, ExplainsAlsoWhenAPluginIsMissing) {
    const auto effective = explain_wiring(wire(R"({"plugin":"absent"})"));
    EXPECT_THAT(effective.problems, ElementsAre(HasSubstr("'absent'")));
    EXPECT_FALSE(effective.values.empty());
}

TEST_F(Survey, FindsTheFirstPluginOfANameAndKnowsThoseItHides) {
    copy("sound");
    Wiring wiring = wire(R"({"plugin":"sound"})");
    std::filesystem::create_directory(directory_ / "second");
    std::filesystem::copy_file(directory_ / "sound.so", directory_ / "second/sound.so");
    wiring.plugin_path.push_back(directory_ / "second");
    wiring.plugin_path.push_back(directory_ / "third"); // is not there
    EXPECT_EQ(find_plugin(wiring, "sound").value_or(""), directory_ / "sound.so");
    EXPECT_EQ(found_before(wiring, directory_ / "second/sound.so"), directory_ / "sound.so");
    EXPECT_EQ(found_before(wiring, directory_ / "sound.so"), "");
    EXPECT_THAT(instances_using(wiring, directory_ / "sound.so"), ElementsAre("s"));
    EXPECT_THAT(instances_using(wiring, directory_ / "second/sound.so"), IsEmpty());
    EXPECT_EQ(plugin_files(wiring).size(), 4U);
}

} // namespace
} // namespace rt::test
