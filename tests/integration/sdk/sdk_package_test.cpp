// SPDX-License-Identifier: Apache-2.0
// Follows docs/plugins.md: installs rt to a place of its own, builds the template out of the tree from
// nothing but what was installed, installs the plugin, and lets rtctl look at it.
#include "core/plugin/plugin_file.hpp"

#include "integration/support/rtctl.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace rt::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

struct Ran {
    int exit_code;
    std::string output; // both streams
};

Ran run(const std::string& command) {
    Ran ran{-1, ""};
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
    if (pipe == nullptr) return ran;
    std::array<char, 4096> buffer{};
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        ran.output.append(buffer.data(), size);
    const int status = ::pclose(pipe);
    ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
}

// Everything that the story below needs, made once.
class SdkPackage : public testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root: plugins must belong to root";
        must("cmake --install " RT_BUILD_DIR " --prefix " + prefix_.native());
        fs::copy(RT_SOURCE_DIR "/sdk/template", source_, fs::copy_options::recursive);
        write_file(config_, cat(R"({"root": ")", (directory_ / "root").native(), R"(", "run": ")",
                                (directory_ / "run").native(),
                                R"(", "network": {"drivers": {"hole": {"plugin": "blackhole",
                                "config": {"answer": "prohibit"}}}}})"));
    }

    static void must(const std::string& command) {
        const Ran ran = run(command);
        ASSERT_EQ(ran.exit_code, 0) << command << "\n" << ran.output;
    }

    [[nodiscard]] Ran rtctl(const std::string& arguments) const {
        return run((prefix_ / "bin/rtctl").native() + " --config " + config_.native() + " " + arguments);
    }

    TempDir directory_;
    fs::path prefix_ = directory_ / "prefix";
    fs::path source_ = directory_ / "source";
    fs::path build_ = directory_ / "build";
    fs::path config_ = directory_ / "config.json";
};

TEST_F(SdkPackage, BuildsAPluginThatRtctlUses) {
    // Without the source tree in sight: only what is below the prefix is found.
    must(
        "cmake -S " + source_.native() + " -B " + build_.native() +
        " -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS='-Wall -Wextra -pedantic -Werror' -DCMAKE_PREFIX_PATH=" +
        prefix_.native());
    must("cmake --build " + build_.native());
    must("cmake --install " + build_.native());
    const fs::path file = prefix_ / "lib/rt/plugins/blackhole.so";
    const auto plugin = read_plugin_file(file);
    ASSERT_TRUE(plugin) << plugin.error().message;
    EXPECT_THAT(plugin->exports, ElementsAre(RTP_ENTRY_SYMBOL));
    EXPECT_EQ(run("grep -rl " RT_SOURCE_DIR "/sdk " + build_.native() +
                  " --include=*.d --include=*.ninja "
                  "--include=*.make")
                  .output,
              "");

    const Ran list = rtctl("plugin ls --format json");
    EXPECT_EQ(list.exit_code, 0);
    EXPECT_THAT(list.output, HasSubstr(R"("Name":"blackhole")"));
    EXPECT_THAT(list.output, HasSubstr(R"("Status":"used by hole")"));

    const Ran inspect = rtctl("plugin inspect blackhole --format json");
    ASSERT_EQ(inspect.exit_code, 0) << inspect.output;
    const auto json = nlohmann::json::parse(inspect.output);
    EXPECT_EQ(json["Interfaces"], nlohmann::json::array({"rt.network/1"}));
    EXPECT_EQ(json["Instances"][0]["Instance"], "hole");
    EXPECT_EQ(json["Instances"][0]["Status"], "ok");
    EXPECT_EQ(json["File"], file.native()); // found relative to the program: the tree can be moved

    EXPECT_THAT(rtctl("config explain /network/drivers/hole/config").output, HasSubstr("\"prohibit\""));
    EXPECT_THAT(rtctl("config check").output, HasSubstr("blackhole 1.0.0"));

    const Rtctl with_hole(cat(R"("network": {"drivers": {"hole": {"plugin": ")", file.native(),
                              R"(", "config": {"answer": "prohibit"}}}})"));
    with_hole.import_busybox();
    const Outcome sent = with_hole({"run", "--rm", "--network", "hole", "busybox", "sh", "-c",
                                    "ip route; nc -w 1 192.0.2.9 80 < /dev/null"});
    EXPECT_THAT(sent.out, HasSubstr("prohibit default")) << sent.err;
    EXPECT_THAT(sent.err, HasSubstr("Permission denied"));
}

TEST_F(SdkPackage, RtctlRefusesAWiringThatIsWrongAndSaysWhere) {
    write_file(config_, "{\n  \"network\": {\"default\": \"brige\"}\n}");
    const Ran wrong_default = rtctl("config check");
    EXPECT_EQ(wrong_default.exit_code, 1);
    EXPECT_THAT(wrong_default.output, HasSubstr("line 2, /network/default"));
    EXPECT_THAT(wrong_default.output, HasSubstr("did you mean 'bridge'?"));

    write_file(config_, cat(R"({"root": ")", (directory_ / "root").native(), R"(", "run": ")",
                            (directory_ / "run").native(), "\",\n",
                            R"("network": {"drivers": {"bridge": {"config": {"pol": "10.0.0.0/8"}}}}})"));
    const Ran wrong_key = rtctl("config check");
    EXPECT_EQ(wrong_key.exit_code, 1);
    EXPECT_THAT(wrong_key.output, HasSubstr("line 2, /network/drivers/bridge/config/pol"));
    EXPECT_THAT(wrong_key.output, HasSubstr("did you mean 'pool'?"));
    EXPECT_EQ(rtctl("config show").exit_code, 1);

    fs::permissions(config_, fs::perms(0666));
    EXPECT_THAT(rtctl("config check").output, HasSubstr("chmod go-w"));
}

TEST_F(SdkPackage, HasTheUnitOfTheServiceCompletionAndManualPages) {
    const std::string unit = read_file(prefix_ / "lib/systemd/system/rt-boot.service");
    EXPECT_THAT(unit, HasSubstr(cat("ExecStart=", prefix_.native(), "/bin/rtctl system boot\n")));
    EXPECT_THAT(unit,
                HasSubstr(cat("ExecStop=", prefix_.native(), "/bin/rtctl system shutdown --timeout 840\n")));
    EXPECT_THAT(unit, HasSubstr("\nTimeoutStopSec=15min\n"));
    EXPECT_TRUE(fs::exists(prefix_ / "share/doc/rt/boot.md")); // that the unit names
    EXPECT_EQ(unit.find('@'), std::string::npos);
    const std::string daemon = read_file(prefix_ / "lib/systemd/system/rtd.service");
    EXPECT_THAT(daemon, HasSubstr(cat("ExecStart=", prefix_.native(), "/bin/rtd --host fd://\n")));
    EXPECT_EQ(daemon.find('@'), std::string::npos);
    EXPECT_TRUE(fs::exists(prefix_ / "lib/systemd/system/rtd.socket"));
    EXPECT_TRUE(fs::exists(prefix_ / "share/doc/rt/api.md"));
    const std::string page = run("gzip -dc " + (prefix_ / "share/man/man1/rtctl-logs.1.gz").native()).output;
    EXPECT_THAT(page, HasSubstr(".TH RTCTL\\-LOGS 1"));
    EXPECT_THAT(page, HasSubstr("\\-\\-timestamps"));
    for (const char* name : {"share/man/man1/rtctl.1.gz", "share/man/man1/rtctl-system-boot.1.gz",
                             "share/bash-completion/completions/rtctl", "share/zsh/site-functions/_rtctl",
                             "share/fish/vendor_completions.d/rtctl.fish"})
        EXPECT_GT(fs::file_size(prefix_ / name), 0U) << name;
}

// The plugin that the guide prints is the one that is built above.
TEST(SdkDocs, TheGuideShowsTheTemplateAsItIs) {
    const std::string guide = read_file(RT_SOURCE_DIR "/docs/plugins.md");
    for (const char* name : {"CMakeLists.txt", "blackhole.cpp"})
        EXPECT_NE(guide.find(read_file(fs::path(RT_SOURCE_DIR "/sdk/template") / name)), std::string::npos)
            << "docs/plugins.md does not hold sdk/template/" << name << " as it is";
}

} // namespace
} // namespace rt::test
