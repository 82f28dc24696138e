// SPDX-License-Identifier: Apache-2.0
#include "support/rtctl.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace {

using rt::test::Rtctl;
using testing::HasSubstr;

TEST(CommandLine, EveryCommandHasHelpThatNamesIt) {
    const Rtctl rtctl;
    for (const std::string name :
         {"run",         "ps",           "top",           "port",    "stats", "update",    "container prune",
          "image prune", "system prune", "logs",          "inspect", "stop",  "kill",      "rm",
          "pull",        "load",         "import",        "images",  "rmi",   "plugin ls", "plugin inspect",
          "config show", "config check", "config explain"}) {
        std::vector<std::string> words;
        if (const auto space = name.find(' '); space != name.npos)
            words = {name.substr(0, space), name.substr(space + 1), "--help"};
        else
            words = {name, "--help"};
        const auto outcome = rtctl(words);
        EXPECT_EQ(outcome.exit_code, 0) << name;
        EXPECT_THAT(outcome.out, HasSubstr("Usage: rtctl " + name)) << name;
        EXPECT_THAT(rtctl({"--help"}).out, HasSubstr(name));
    }
}

TEST(CommandLine, UnknownWordsGetTheNearestOrTheList) {
    const Rtctl rtctl;
    EXPECT_THAT(rtctl({"rnu"}).err, HasSubstr("did you mean 'run'"));
    EXPECT_THAT(rtctl({"plugin"}).err, HasSubstr("plugin ls"));
    EXPECT_EQ(rtctl({"rnu"}).exit_code, 125);
    EXPECT_EQ(rtctl({}).exit_code, 125);
    EXPECT_THAT(rtctl({"--version"}).out, HasSubstr("rtctl"));
    EXPECT_EQ(rtctl({"--nonsense", "ps"}).exit_code, 125);
}

TEST(CommandLine, ABrokenConfigFileIsOneLineWithPlaceAndRemedy) {
    const Rtctl rtctl;
    const auto config = rtctl.directory() / "config.json";
    for (const char* text :
         {"{", "{\"rooot\": \"/x\"}", "{\"root\": 3}", "[]", "{\"storage\": {\"default\": \"none-such\"}}",
          "{\"root\": \"/a\", \"root\": \"/b\"}"}) {
        rt::test::write_file(config, text);
        const auto outcome = rtctl({"ps"});
        EXPECT_NE(outcome.exit_code, 0) << text;
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(config.native())) << text;
    }
    rt::test::write_file(config, "{}"); // for the end of the test, which looks for containers
    rt::test::write_file(config, "{\"root\": \"" + rtctl.root().native() + "\", \"run\": \"" +
                                     rtctl.run().native() + "\"}");
}

TEST(CommandLine, AMissingConfigFileIsAnError) {
    EXPECT_NE(rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", "/no/such/file", "ps"}).exit_code,
              0);
}

TEST(CommandLine, ListsAreTablesOrJson) {
    const Rtctl rtctl;
    rtctl.import_busybox();
    EXPECT_THAT(rtctl({"images"}).out, HasSubstr("REPOSITORY"));
    EXPECT_EQ(nlohmann::json::parse(rtctl({"images", "--format", "json"}).out)["Repository"], "busybox");
    EXPECT_EQ(rtctl({"images", "--format", "{{.Size"}).exit_code, 125);
    EXPECT_THAT(rtctl({"ps"}).out, HasSubstr("CONTAINER ID"));
}

} // namespace
