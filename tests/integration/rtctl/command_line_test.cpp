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
    for (const std::string name : {"run",
                                   "ps",
                                   "top",
                                   "port",
                                   "stats",
                                   "update",
                                   "container prune",
                                   "image prune",
                                   "system prune",
                                   "logs",
                                   "inspect",
                                   "stop",
                                   "kill",
                                   "rm",
                                   "pull",
                                   "load",
                                   "import",
                                   "images",
                                   "rmi",
                                   "plugin ls",
                                   "plugin inspect",
                                   "config show",
                                   "config check",
                                   "config explain",
                                   "events",
                                   "system events",
                                   "system boot",
                                   "system shutdown",
                                   "wait",
                                   "completion"}) {
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

// What bash offers for a line, sorted; "" as last word: behind a space.
std::string completed(const Rtctl& rtctl, std::vector<std::string> words) {
    const auto wrapper = rtctl.directory() / "rtctl";
    std::string script = "#!/bin/sh\nexec";
    for (const std::string& word : rtctl.command({})) script += " '" + word + "'";
    rt::test::write_file(wrapper, script + " \"$@\"\n");
    std::filesystem::permissions(wrapper, std::filesystem::perms::owner_all);
    words.insert(words.begin(), wrapper.native());
    std::vector<std::string> line{"bash", "-c",
                                  "source <(\"$1\" completion bash); COMP_WORDS=(\"$@\"); "
                                  "COMP_CWORD=$(($# - 1)); _rtctl; printf '%s\\n' \"${COMPREPLY[@]}\" | sort",
                                  "bash"};
    line.insert(line.end(), words.begin(), words.end());
    const auto outcome = rt::test::run_program(line);
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
}

TEST(CommandLine, ABashCompletesCommandsOptionsAndNames) {
    const Rtctl rtctl;
    rtctl.import_busybox();
    ASSERT_EQ(rtctl({"create", "--name", "my-one", "busybox"}).exit_code, 0);
    ASSERT_EQ(rtctl({"create", "--name", "my-two", "busybox"}).exit_code, 0);
    EXPECT_EQ(completed(rtctl, {"unp"}), "unpause\n");
    EXPECT_EQ(completed(rtctl, {"container", "unp"}), "unpause\n");
    EXPECT_EQ(completed(rtctl, {"container", "rm", "my-o"}), "my-one\n");
    EXPECT_EQ(completed(rtctl, {"image", "l"}), "load\nls\n");
    EXPECT_EQ(completed(rtctl, {"system", ""}), "boot\nevents\nprune\nshutdown\n");
    EXPECT_EQ(completed(rtctl, {"logs", "--t"}), "--tail\n--timestamps\n");
    EXPECT_EQ(completed(rtctl, {"system", "events", "--un"}), "--until\n");
    EXPECT_EQ(completed(rtctl, {"stop", "my"}), "my-one\nmy-two\n");
    EXPECT_EQ(completed(rtctl, {"logs", "-f", "my-t"}), "my-two\n");
    EXPECT_EQ(completed(rtctl, {"run", "busy"}), "busybox:latest\n");
    EXPECT_EQ(completed(rtctl, {"inspect", "busy"}), "busybox:latest\n");
    EXPECT_EQ(completed(rtctl, {"inspect", "my-o"}), "my-one\n");
    ASSERT_EQ(rtctl({"volume", "create", "my-data"}).exit_code, 0);
    EXPECT_EQ(completed(rtctl, {"volume", "rm", "my"}), "my-data\n");
    EXPECT_EQ(completed(rtctl, {"volume", "create", "my"}), "\n");
    EXPECT_EQ(completed(rtctl, {"network", "inspect", "br"}), "bridge\n");
    EXPECT_EQ(completed(rtctl, {"network", "connect", "br"}), "bridge\n");
    EXPECT_EQ(completed(rtctl, {"network", "connect", "bridge", "my-t"}), "my-two\n");
    ASSERT_EQ(rtctl({"volume", "rm", "my-data"}).exit_code, 0);
    EXPECT_EQ(completed(rtctl, {"--de"}), "--debug\n");
    EXPECT_EQ(completed(rtctl, {"run", "--name", "my"}), "\n"); // a value that nobody can guess
    for (const char* shell : {"zsh", "fish"}) {
        const auto script = rtctl({"completion", shell});
        EXPECT_EQ(script.exit_code, 0);
        EXPECT_THAT(script.out, HasSubstr("timestamps"));
        EXPECT_THAT(script.out, HasSubstr("network ls --format")) << shell;
        EXPECT_THAT(script.out, HasSubstr("volume ls -q")) << shell;
        const std::string file = rtctl.directory() / "script";
        rt::test::write_file(file, script.out);
        if (rt::test::run_program({"sh", "-c", std::string("command -v ") + shell}).exit_code == 0) {
            EXPECT_EQ(rt::test::run_program({shell, "-n", file}).exit_code, 0) << shell;
        }
    }
    EXPECT_EQ(rtctl({"completion", "csh"}).exit_code, 125);
    EXPECT_EQ(rtctl({"rm", "my-one", "my-two"}).exit_code, 0);
}

TEST(CommandLine, UnknownWordsGetTheNearestOrTheList) {
    const Rtctl rtctl;
    EXPECT_THAT(rtctl({"rnu"}).err, HasSubstr("did you mean 'run'"));
    EXPECT_THAT(rtctl({"volume", "inspct"}).err, HasSubstr("'volume inspct'; did you mean 'volume inspect'"));
    EXPECT_THAT(rtctl({"volume", "zzzz"}).err, HasSubstr("'rtctl volume' lists those there are"));
    EXPECT_THAT(rtctl({"vulume", "ls"}).err, HasSubstr("did you mean 'volume'"));
    for (const char* group : {"container", "image", "network", "volume", "plugin", "system", "config"}) {
        const auto alone = rtctl({group});
        EXPECT_EQ(alone.exit_code, 0) << group;
        EXPECT_THAT(alone.out, HasSubstr(std::string("Usage: rtctl ") + group + " COMMAND"));
        EXPECT_EQ(rtctl({group, "--help"}).out, alone.out);
    }
    EXPECT_EQ(rtctl({"volume", "list", "-q"}).exit_code, 0);
    EXPECT_THAT(rtctl({"network", "remove", "nope"}).err, HasSubstr("network nope not found"));
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
