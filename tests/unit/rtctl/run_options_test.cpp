// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/run_options.hpp"

#include "core/container/option_values.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace {

using namespace rt::cli;

using testing::ElementsAre;

const Command kCommand = {"run", "", "", nullptr};

rt::Result<RunRequest> request(const Arguments& words) {
    auto parsed = parse(kCommand, run_options(), words, Operands::end_options, 1, SIZE_MAX);
    if (!parsed) return std::unexpected(parsed.error());
    return run_request(**parsed);
}

TEST(RunOptions, ReachTheSpec) {
    const auto r = request({"--rm",
                            "-it",
                            "-d",
                            "--name",
                            "web",
                            "-e",
                            "A=b",
                            "-w",
                            "/w",
                            "-u",
                            "1:2",
                            "--entrypoint",
                            "/e",
                            "--hostname",
                            "h",
                            "-v",
                            "/s:/d:ro",
                            "-p",
                            "127.0.0.1:80:80/udp",
                            "-m",
                            "512m",
                            "--cpus",
                            "1.5",
                            "--pids-limit",
                            "99",
                            "--cap-add",
                            "NET_ADMIN",
                            "--cap-drop",
                            "ALL",
                            "--read-only",
                            "--storage",
                            "s",
                            "--network",
                            "n",
                            "--isolation",
                            "i",
                            "image",
                            "cmd",
                            "--rm"});
    ASSERT_TRUE(r) << r.error().message;
    const rt::ContainerSpec& spec = r->spec;
    EXPECT_TRUE(spec.auto_remove && spec.terminal && spec.open_stdin && r->detach && spec.read_only);
    EXPECT_EQ(spec.name, "web");
    EXPECT_THAT(spec.environment, ElementsAre("A=b"));
    EXPECT_EQ(spec.working_directory, "/w");
    EXPECT_EQ(spec.user, "1:2");
    EXPECT_THAT(*spec.entrypoint, ElementsAre("/e"));
    EXPECT_EQ(spec.hostname, "h");
    ASSERT_EQ(spec.mounts.size(), 1U);
    EXPECT_TRUE(spec.mounts[0].read_only);
    ASSERT_EQ(spec.ports.size(), 1U);
    EXPECT_EQ(spec.ports[0].protocol, "udp");
    EXPECT_EQ(spec.memory, 512 << 20);
    EXPECT_EQ(spec.nano_cpus, 1'500'000'000);
    EXPECT_EQ(spec.pids_limit, 99);
    EXPECT_THAT(spec.cap_add, ElementsAre("NET_ADMIN"));
    EXPECT_THAT(spec.cap_drop, ElementsAre("ALL"));
    EXPECT_EQ(spec.storage + spec.network + spec.isolation, "sni");
    EXPECT_EQ(spec.image, "image");
    EXPECT_THAT(spec.command, ElementsAre("cmd", "--rm"));
}

TEST(RunOptions, AnEmptyEntrypointTakesTheImagesAway) {
    EXPECT_TRUE(request({"--entrypoint", "", "image"})->spec.entrypoint->empty());
    EXPECT_FALSE(request({"image"})->spec.entrypoint.has_value());
}

TEST(RunOptions, AVariableWithoutValueIsTakenFromOurs) {
    ::setenv("RT_TEST_VARIABLE", "ours", 1);
    ::unsetenv("RT_TEST_NOT_SET");
    const auto r = request({"-e", "RT_TEST_VARIABLE", "-e", "RT_TEST_NOT_SET", "image"});
    EXPECT_THAT(r->spec.environment, ElementsAre("RT_TEST_VARIABLE=ours", "RT_TEST_NOT_SET"));
}

TEST(RunOptions, RefuseNonsense) {
    for (const Arguments& words :
         {Arguments{"-m", "lots", "i"}, Arguments{"-m", "-1", "i"}, Arguments{"-m", "5x", "i"},
          Arguments{"-m", "1e99g", "i"}, Arguments{"--cpus", "0.001", "i"}, Arguments{"--cpus", "nan", "i"},
          Arguments{"-m", "nan", "i"}, Arguments{"--cpus", "100000", "i"}, Arguments{"--cpus", "two", "i"},
          Arguments{"-v", "", "i"}, Arguments{"-v", "/a:/b:rx", "i"}, Arguments{"-v", ":/b", "i"},
          Arguments{"-p", "x", "i"}, Arguments{"-e", "=x", "i"}, Arguments{"--pids-limit", "many", "i"},
          Arguments{"--rm=maybe", "i"}}) {
        const auto r = request(words);
        ASSERT_FALSE(r) << words[1];
        EXPECT_EQ(r.error().code, rt::Code::invalid_argument) << words[1];
    }
}

TEST(RunOptions, SizesAreInPowersOf1024) {
    EXPECT_EQ(*rt::parse_size("1"), 1);
    EXPECT_EQ(*rt::parse_size("1k"), 1024);
    EXPECT_EQ(*rt::parse_size("1.5M"), 1'572'864);
    EXPECT_EQ(*rt::parse_size("2g"), 2'147'483'648);
}

} // namespace
