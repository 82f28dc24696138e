// SPDX-License-Identifier: Apache-2.0
// From a wiring to driver instances.
#include "fixtures.hpp"

#include "core/plugin/registry.hpp"

#include <gmock/gmock.h>

namespace rt::test {
namespace {

using testing::ElementsAre;

class Registry : public PluginTest {
protected:
    // A wiring whose plugins are the fixtures named, below our own root and run directories. drivers is the
    // text of /storage/drivers.
    Wiring wire(std::string_view drivers, std::string_view preset = "main") {
        const std::string text =
            cat(R"({"root":")", (directory_ / "root").native(), R"(","run":")", (directory_ / "run").native(),
                R"(","plugin_path":[")", directory_.path().native(), "\"],\n", R"("storage":{"default":")",
                preset, "\",\n\"drivers\":", drivers, "}}");
        auto wiring = parse_wiring(text, "/etc/rt/test.json");
        EXPECT_TRUE(wiring) << wiring.error().message;
        return wiring.value_or(Wiring{});
    }
};

TEST_F(Registry, GivesTheDefaultAndKeepsIt) {
    copy("sound");
    const Wiring wiring = wire(R"({"main":{"plugin":"sound","config":{"size":3}}})");
    DriverRegistry registry(wiring);
    const auto driver = registry.storage("");
    ASSERT_TRUE(driver) << driver.error().message;
    EXPECT_EQ((*driver)->instance(), "main");
    EXPECT_EQ((*driver)->probe({}).value_or(""), R"({"mode":"safe","size":3})"); // defaults are filled in
    const auto again = registry.storage("main");
    ASSERT_TRUE(again);
    EXPECT_EQ(driver->get(), again->get());
}

TEST_F(Registry, OnePluginServesSeveralInstances) {
    copy("sound");
    const Wiring wiring =
        wire(R"({"main":{"plugin":"sound"},"bulk":{"plugin":"sound","config":{"mode":"fast"}}})");
    DriverRegistry registry(wiring);
    const auto main = registry.storage("main");
    const auto bulk = registry.storage("bulk");
    ASSERT_TRUE(main && bulk);
    EXPECT_NE(main->get(), bulk->get());
    EXPECT_NE((*main)->probe({}).value_or(""), (*bulk)->probe({}).value_or(""));
    EXPECT_TRUE(std::filesystem::is_directory(directory_ / "root/storage/bulk"));
}

TEST_F(Registry, ResolvesWithoutLoading) {
    copy("needs-missing"); // cannot be loaded, but says what it is
    const Wiring wiring = wire(R"({"main":{"plugin":"needs-missing"}})");
    DriverRegistry registry(wiring);
    const auto resolved = registry.resolve(Role::storage, "");
    ASSERT_TRUE(resolved) << resolved.error().message;
    EXPECT_EQ(resolved->file, directory_ / "needs-missing.so");
    EXPECT_EQ(resolved->state_dir, directory_ / "root/storage/main");
    EXPECT_EQ(resolved->run_dir, directory_ / "run/storage/main");
    EXPECT_EQ(code_of(registry.storage("")), "failed-precondition");
}

TEST_F(Registry, TellsWhichValuesAreThePluginsDefaults) {
    copy("sound");
    const Wiring wiring = wire(R"({"main":{"plugin":"sound","config":{"size":3}}})");
    const auto resolved = resolve_driver(wiring, Role::storage, "main");
    ASSERT_TRUE(resolved);
    EXPECT_THAT(resolved->defaulted, ElementsAre("/mode"));
}

TEST_F(Registry, TakesAPluginByItsPath) {
    std::filesystem::create_directory(directory_ / "elsewhere");
    std::filesystem::rename(copy("sound"), directory_ / "elsewhere/sound.so");
    const Wiring wiring =
        wire(cat(R"({"main":{"plugin":")", (directory_ / "elsewhere/sound.so").native(), R"("}})"));
    EXPECT_TRUE(DriverRegistry(wiring).storage(""));
}

TEST_F(Registry, NamesThePlaceInTheFile) {
    copy("sound");
    copy("breach-network");
    struct Case {
        const char* drivers;
        const char* code;
        const char* place;
        const char* reason;
    };
    for (const Case& c : {
             Case{R"({"main":
                        {"plugin":"sond"}})",
                  "not-found", "line 4, /storage/drivers/main/plugin", "'sound'?"},
             Case{R"({"main":{"plugin":"breach-network"}})", "invalid-argument",
                  "line 3, /storage/drivers/main/plugin", "network driver"},
             Case{R"({"main":{"plugin":"sound","config":{
                        "size":65}}})",
                  "invalid-argument", "line 4, /storage/drivers/main/config/size", "at most 64"},
             Case{R"({"main":{"plugin":"sound",
                        "config":{"siz":6}}})",
                  "invalid-argument", "line 4, /storage/drivers/main/config/siz", "did you mean 'size'?"},
         }) {
        SCOPED_TRACE(c.drivers);
        const Wiring wiring = wire(c.drivers);
        const auto driver = DriverRegistry(wiring).storage("");
        EXPECT_EQ(code_of(driver), c.code);
        EXPECT_MESSAGE_HAS(driver, "config file '/etc/rt/test.json'");
        EXPECT_MESSAGE_HAS(driver, c.place);
        EXPECT_MESSAGE_HAS(driver, c.reason);
    }
}

TEST_F(Registry, BlamesThePluginForASchemaThatGoesTooFar) {
    for (const char* name : {"open-schema", "rich-schema"}) {
        copy(name);
        const Wiring wiring = wire(cat(R"({"main":{"plugin":")", name, R"("}})"));
        const auto driver = DriverRegistry(wiring).storage("");
        EXPECT_EQ(code_of(driver), "invalid-argument");
        EXPECT_MESSAGE_HAS(driver, "the plugin's fault");
        EXPECT_MESSAGE_HAS(driver, name);
    }
}

TEST_F(Registry, NamesTheInstancesThatThereAre) {
    copy("sound");
    const Wiring wiring = wire(R"({"main":{"plugin":"sound"}})");
    const auto driver = DriverRegistry(wiring).storage("mai");
    EXPECT_EQ(code_of(driver), "not-found");
    EXPECT_MESSAGE_HAS(driver, "did you mean 'main'?");
    EXPECT_MESSAGE_HAS(driver, "'vfs'");
}

} // namespace
} // namespace rt::test
