// SPDX-License-Identifier: Apache-2.0
#include "support/rtctl.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <sstream>

namespace {

using rt::test::Rtctl;
using testing::HasSubstr;
using testing::StartsWith;

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
                                   "system df",
                                   "system prune",
                                   "logs",
                                   "inspect",
                                   "stop",
                                   "kill",
                                   "rm",
                                   "pull",
                                   "load",
                                   "import",
                                   "save",
                                   "commit",
                                   "push",
                                   "search",
                                   "login",
                                   "logout",
                                   "images",
                                   "rmi",
                                   "plugin ls",
                                   "plugin inspect",
                                   "config show",
                                   "config check",
                                   "config explain",
                                   "doctor",
                                   "events",
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
        // Those of two words are listed by their group.
        const auto list = words.size() == 2 ? rtctl({"--help"}) : rtctl({words[0]});
        EXPECT_THAT(list.out, HasSubstr("\n  " + words[words.size() - 2] + " ")) << name;
    }
}

TEST(CommandLine, AGroupAloneListsItsCommandsAsItsHelpDoes) {
    const Rtctl rtctl;
    for (const std::string group :
         {"container", "image", "network", "volume", "system", "plugin", "config"}) {
        const auto alone = rtctl({group});
        EXPECT_EQ(alone.exit_code, 0) << group;
        EXPECT_EQ(alone.err, "") << group;
        EXPECT_THAT(alone.out, StartsWith("Usage: rtctl " + group + " COMMAND\n"));
        EXPECT_EQ(rtctl({group, "--help"}).out, alone.out);
        EXPECT_EQ(rtctl({"help", group}).out, alone.out);
        const auto unknown = rtctl({group, "nonsense"});
        EXPECT_EQ(unknown.exit_code, 1);
        EXPECT_EQ(unknown.err, "rtctl: unknown command '" + group + " nonsense'; 'rtctl " + group +
                                   " --help' lists the commands\n");
    }
    EXPECT_THAT(rtctl({"volume", "inspetc"}).err, HasSubstr("did you mean 'volume inspect'?"));
    EXPECT_THAT(rtctl({"volme", "ls"}).err, HasSubstr("did you mean 'volume'?"));
}

TEST(CommandLine, DockersOtherWordsNameTheSameCommands) {
    const Rtctl rtctl;
    const std::vector<std::array<std::string, 3>> same = {
        {"container", "ps", "ps"},           {"container", "list", "ps"},
        {"container", "remove", "rm"},       {"image", "list", "images"},
        {"image", "remove", "rmi"},          {"network", "list", "network ls"},
        {"network", "remove", "network rm"}, {"volume", "list", "volume ls"},
        {"volume", "remove", "volume rm"},   {"plugin", "list", "plugin ls"},
        {"system", "events", "events"},      {"system", "info", "info"}};
    for (const auto& [group, word, command] : same)
        EXPECT_THAT(rtctl({group, word, "--help"}).out, StartsWith("Usage: rtctl " + command + " "));
}

TEST(CommandLine, HelpFitsAHundredColumns) {
    const Rtctl rtctl;
    for (const std::string group :
         {"--help", "container", "image", "network", "volume", "system", "plugin"}) {
        std::istringstream lines(rtctl({group}).out);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
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
    EXPECT_EQ(completed(rtctl, {"system", ""}), "boot\ndf\nevents\ninfo\nprune\nshutdown\n");
    EXPECT_EQ(completed(rtctl, {"container", "re"}), "remove\nrename\nrestart\n");
    EXPECT_EQ(completed(rtctl, {"container", "stop", "my-o"}), "my-one\n");
    EXPECT_EQ(completed(rtctl, {"image", "inspect", "busy"}), "busybox:latest\n");
    EXPECT_EQ(completed(rtctl, {"container", "inspect", "busy"}), "\n"); // no image
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
    EXPECT_EQ(completed(rtctl, {"run", "-v", "my"}), "my-data\n");
    ASSERT_EQ(rtctl({"volume", "rm", "my-data"}).exit_code, 0);
    EXPECT_EQ(completed(rtctl, {"run", "--network", "br"}), "bridge\n");
    EXPECT_EQ(completed(rtctl, {"run", "--network=br"}), "bridge\n");
    EXPECT_EQ(completed(rtctl, {"run", "--network", "=", "br"}), "bridge\n"); // as bash takes it apart
    EXPECT_EQ(completed(rtctl, {"run", "--volumes-from", "my-t"}), "my-two\n");
    EXPECT_EQ(completed(rtctl, {"run", "--restart", "un"}), "unless-stopped\n");
    EXPECT_EQ(completed(rtctl, {"update", "--restart", "al"}), "always\n");
    EXPECT_EQ(completed(rtctl, {"run", "--pid", "h"}), "host\n");
    EXPECT_EQ(completed(rtctl, {"run", "--pid", "container:my-o"}), "my-one\n");
    EXPECT_EQ(completed(rtctl, {"run", "--ipc", "container", ":", "my-o"}), "my-one\n");
    EXPECT_EQ(completed(rtctl, {"run", "--storage", ""}), "overlayfs\nvfs\n");
    EXPECT_EQ(completed(rtctl, {"run", "--isolation", "n"}), "namespaces\n");
    EXPECT_EQ(completed(rtctl, {"network", "create", "--driver", "br"}), "bridge\n");
    EXPECT_EQ(completed(rtctl, {"kill", "-s", "SIGUSR"}), "SIGUSR1\nSIGUSR2\n");
    EXPECT_EQ(completed(rtctl, {"ps", "--format", "j"}), "json\n");
    EXPECT_EQ(completed(rtctl, {"ps", "--filter", "na"}), "name=\n");
    EXPECT_EQ(completed(rtctl, {"ps", "-f", "status=ru"}), "running\n");
    EXPECT_EQ(completed(rtctl, {"container", "prune", "--filter", ""}), "label!=\nlabel=\nuntil=\n");
    EXPECT_EQ(completed(rtctl, {"image", "inspect", "busybox", ":", "la"}), "latest\n");
    EXPECT_EQ(completed(rtctl, {"--de"}), "--debug\n");
    EXPECT_EQ(completed(rtctl, {"run", "--name", "my"}), "\n"); // a value that nobody can guess
    EXPECT_THAT(rtctl({"completion", "zsh"}).out, HasSubstr("'container ls') _arguments"));
    EXPECT_THAT(rtctl({"completion", "fish"}).out,
                HasSubstr("'__fish_seen_subcommand_from container; and __fish_seen_subcommand_from ls'"));
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
    EXPECT_EQ(rtctl({"completion", "csh"}).exit_code, 1);
    EXPECT_EQ(rtctl({"rm", "my-one", "my-two"}).exit_code, 0);
}

TEST(CommandLine, UnknownWordsGetTheNearestOrTheList) {
    const Rtctl rtctl;
    EXPECT_THAT(rtctl({"rnu"}).err, HasSubstr("did you mean 'run'"));
    EXPECT_EQ(rtctl({"rnu"}).exit_code, 1);
    EXPECT_EQ(rtctl({}).out, rtctl({"--help"}).out);
    EXPECT_EQ(rtctl({}).exit_code, 0);
    EXPECT_THAT(rtctl({"--version"}).out, HasSubstr("rtctl"));
    EXPECT_EQ(rtctl({"--nonsense", "ps"}).exit_code, 125);
    for (const std::string option :
         {"-H", "--host=tcp://x", "-Htcp://x", "--context", "-c", "--tls", "--tlsverify", "--tlscacert=x"}) {
        const auto outcome = rtctl({option, "ps"});
        EXPECT_EQ(outcome.exit_code, 125) << option;
        EXPECT_THAT(outcome.err, HasSubstr("there is no daemon to connect to")) << option;
    }
    EXPECT_THAT(rtctl({"-l", "debug", "ps"}).err, HasSubstr("'--debug' shows what drivers log"));
    EXPECT_EQ(rtctl({"-D", "ps"}).exit_code, 0);
    const auto directory = rtctl({"--config", "/etc", "ps"});
    EXPECT_EQ(directory.exit_code, 125);
    EXPECT_THAT(directory.err, HasSubstr("here it is a wiring file"));
}

TEST(CommandLine, UnknownFiltersAreNamedAndTheKnownListed) {
    const Rtctl rtctl;
    using Words = std::vector<std::string>;
    for (const Words& command :
         {Words{"ps"}, Words{"images"}, Words{"events"}, Words{"network", "ls"}, Words{"volume", "ls"},
          Words{"network", "prune", "-f"}, Words{"volume", "prune", "-f"}, Words{"container", "prune", "-f"},
          Words{"image", "prune", "-f"}, Words{"system", "prune", "-f"}}) {
        Words words = command;
        words.insert(words.end(), {"--filter", "labell=x"});
        const auto outcome = rtctl(words);
        EXPECT_EQ(outcome.exit_code, 1) << command[0];
        EXPECT_THAT(outcome.err, HasSubstr("filter 'labell=x': unknown key 'labell', known are "))
            << command[0];
        EXPECT_THAT(outcome.err, HasSubstr("did you mean label?")) << command[0];
    }
    EXPECT_THAT(rtctl({"events", "--filter", "type=contianer"}).err,
                HasSubstr("'contianer' is not one of container, image, network, volume"));
    EXPECT_THAT(rtctl({"ps", "--filter", "status=runing"}).err, HasSubstr("did you mean running?"));
    EXPECT_THAT(rtctl({"network", "ls", "--filter", "type=own"}).err, HasSubstr("one of builtin, custom"));
    EXPECT_THAT(rtctl({"run", "-v", "data:", "x"}).err,
                HasSubstr("there is no path in the container behind the ':'; it is [VOLUME|/HOST:]/CTR"));
}

TEST(CommandLine, CommandsThatOnlyDockerHasAreNoTypos) {
    const Rtctl rtctl;
    for (const std::vector<std::string>& words : {std::vector<std::string>{"build", "."},
                                                  {"swarm", "init"},
                                                  {"service", "ls"},
                                                  {"stack", "ls"},
                                                  {"node", "ls"},
                                                  {"secret", "ls"},
                                                  {"context", "ls"},
                                                  {"buildx", "ls"},
                                                  {"builder", "prune"},
                                                  {"compose", "up"},
                                                  {"checkpoint", "ls"},
                                                  {"trust"},
                                                  {"manifest", "inspect"}}) {
        const auto outcome = rtctl(words);
        EXPECT_EQ(outcome.exit_code, 1) << words[0];
        EXPECT_THAT(outcome.err, StartsWith("rtctl: there is no command '" + words[0] + "'")) << words[0];
        EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    }
    for (const std::vector<std::string>& words : {std::vector<std::string>{"image", "build"},
                                                  {"plugin", "install"},
                                                  {"config", "ls"},
                                                  {"system", "dial-stdio"}})
        EXPECT_THAT(rtctl(words).err,
                    StartsWith("rtctl: there is no command '" + words[0] + " " + words[1] + "'"));
    EXPECT_THAT(rtctl({"help", "build"}).err, StartsWith("rtctl: there is no command 'build' yet"));
}

// As docker's client ends: 125 for options, 1 for the rest.
TEST(CommandLine, ExitCodesAreThoseOfDockersClient) {
    const Rtctl rtctl;
    using Words = std::vector<std::string>;
    for (const Words& words :
         {Words{"ps", "--nope"}, Words{"inspect", "--nope", "x"}, Words{"exec", "--nope"},
          Words{"update", "-m", "much", "x"}, Words{"ps", "-n", "x"}, Words{"ps", "--filter", "name"},
          Words{"images", "-f", "dangling"}, Words{"volume", "prune", "-f", "--filter", "label"},
          Words{"restart", "-t", "x", "y"}, Words{"run", "--network"}, Words{"run", "--memory", "much", "x"},
          Words{"run", "--pull", "never", "x"}, Words{"create", "-p", "70000:80", "x"},
          Words{"create", "--pull", "now", "x"}, Words{"--nope", "ps"}})
        EXPECT_EQ(rtctl(words).exit_code, 125) << words[0] << " " << words[1];
    for (const Words& words :
         {Words{"run"}, Words{"inspect"}, Words{"update", "x"}, Words{"volume", "nope"},
          Words{"cp", "a", "b"}, Words{"ps", "--filter", "nope=x"}, Words{"ps", "--format", "{{"},
          Words{"events", "--filter", "type=nope"}, Words{"images", "--filter", "nope=x"},
          Words{"kill", "-s", "nope", "x"}, Words{"create", "--pull", "never", "x"}, Words{"rename", "a"},
          Words{"inspect", "none-such"}, Words{"update", "-m", "64m", "none-such"}})
        EXPECT_EQ(rtctl(words).exit_code, 1) << words[0] << " " << words.back();
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
    EXPECT_EQ(rtctl({"images", "--format", "{{.Size"}).exit_code, 1);
    EXPECT_THAT(rtctl({"ps"}).out, HasSubstr("CONTAINER ID"));
}

TEST(CommandLine, VersionIsForPeopleScriptsAndTemplates) {
    const Rtctl rtctl;
    const auto value = nlohmann::json::parse(rtctl({"version", "--format", "json"}).out);
    EXPECT_EQ(rtctl({"--version"}).out, "rtctl " + value["Server"]["Version"].get<std::string>() + "\n");
    EXPECT_EQ(rtctl({"version", "-f", "{{.Client.Os}} {{.Server.Version}}"}).out,
              "linux " + value["Server"]["Version"].get<std::string>() + "\n");
    EXPECT_THAT(rtctl({"version"}).out, HasSubstr(value["Server"]["KernelVersion"].get<std::string>()));
    EXPECT_EQ(rtctl({"version", "-f", "{{"}).exit_code, 1);
}

TEST(CommandLine, InfoCountsWhatThereIsAndNamesTheDrivers) {
    const Rtctl rtctl;
    rtctl.import_busybox();
    ASSERT_EQ(rtctl({"create", "--name", "one", "busybox", "sleep", "600"}).exit_code, 0);
    ASSERT_EQ(rtctl({"run", "-d", "--name", "two", "busybox", "sleep", "600"}).exit_code, 0);
    const auto info = [&] { return nlohmann::json::parse(rtctl({"info", "--format", "json"}).out); };
    EXPECT_EQ(info()["Containers"], 2);
    EXPECT_EQ(info()["ContainersRunning"], 1);
    EXPECT_EQ(info()["ContainersStopped"], 1);
    EXPECT_EQ(info()["Images"], 1);
    EXPECT_EQ(info()["DockerRootDir"], rtctl.root().native());
    EXPECT_GT(info()["MemTotal"], 0);
    EXPECT_EQ(info()["Rt"]["Drivers"]["network"][0], "bridge");
    ASSERT_EQ(rtctl({"pause", "two"}).exit_code, 0);
    EXPECT_EQ(rtctl({"system", "info", "-f", "{{.ContainersRunning}} {{.ContainersPaused}}"}).out, "0 1\n");
    EXPECT_THAT(rtctl({"info"}).out,
                HasSubstr("Containers: 2\n Running: 0\n Paused: 1\n Stopped: 1\nImages: 1"));
    ASSERT_EQ(rtctl({"unpause", "two"}).exit_code, 0);
    EXPECT_EQ(rtctl({"rm", "-f", "one", "two"}).exit_code, 0);
}

} // namespace
