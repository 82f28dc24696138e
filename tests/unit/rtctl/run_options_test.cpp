// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/run_options.hpp"

#include "core/container/option_values.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace {

using namespace rt::cli;

using testing::ElementsAre;

const Command kRun = {"run", "", "", nullptr};

rt::Result<RunRequest> request(const Arguments& words) {
    auto parsed = parse(kRun, run_options(), words, Operands::end_options, 1, SIZE_MAX);
    if (!parsed) return std::unexpected(parsed.error().error);
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

TEST(RunOptions, EveryThemeReachesTheSpec) {
    const auto r = request({"--restart",
                            "on-failure:3",
                            "--stop-timeout",
                            "-1",
                            "--label",
                            "a=b",
                            "-l",
                            "c",
                            "--health-cmd",
                            "true",
                            "--health-interval",
                            "5s",
                            "--mount",
                            "type=tmpfs,dst=/t",
                            "--tmpfs",
                            "/u",
                            "-v",
                            "named:/v",
                            "--ulimit",
                            "core=0",
                            "--memory-swap",
                            "-1",
                            "--memory-swappiness",
                            "-1",
                            "--device",
                            "/dev/null",
                            "--sysctl",
                            "net.core.somaxconn=1",
                            "--expose",
                            "80",
                            "-P",
                            "--add-host",
                            "a=1.2.3.4",
                            "--network",
                            "name=n,alias=x,ip=10.0.0.1",
                            "--sig-proxy=false",
                            "--pull=never",
                            "-q",
                            "--security-opt",
                            "systempaths=unconfined",
                            "--pid",
                            "host",
                            "-c",
                            "5",
                            "--init",
                            "--runtime",
                            "i",
                            "image",
                            "--sig-proxy"});
    ASSERT_TRUE(r) << r.error().message;
    const rt::ContainerSpec& spec = r->spec;
    EXPECT_EQ(spec.restart_policy, (rt::RestartPolicy{"on-failure", 3}));
    EXPECT_EQ(spec.stop_timeout, -1);
    EXPECT_EQ(spec.labels, (rt::StringMap{{"a", "b"}, {"c", ""}}));
    EXPECT_THAT(spec.healthcheck->test, ElementsAre("CMD-SHELL", "true"));
    EXPECT_EQ(spec.healthcheck->interval, 5'000'000'000);
    ASSERT_EQ(spec.mounts.size(), 3U);
    EXPECT_EQ(spec.mounts[0].type, rt::MountType::volume);
    EXPECT_EQ(spec.ulimits.front().name, "core");
    EXPECT_EQ(spec.memory_swap, -1);
    EXPECT_FALSE(spec.memory_swappiness.has_value());
    EXPECT_THAT(spec.exposed_ports, ElementsAre("80/tcp"));
    EXPECT_TRUE(spec.publish_all_ports && spec.init.value_or(false));
    EXPECT_THAT(spec.extra_hosts, ElementsAre("a:1.2.3.4"));
    EXPECT_EQ(spec.network + spec.networks.front().ipv4_address + spec.isolation, "n10.0.0.1i");
    EXPECT_FALSE(r->proxy_signals);
    EXPECT_TRUE(r->quiet && r->pull == rt::PullPolicy::never);
    EXPECT_TRUE(spec.masked_paths && spec.masked_paths->empty());
    EXPECT_EQ(spec.cpu_shares, 5);
    EXPECT_THAT(spec.command, ElementsAre("--sig-proxy"));
}

TEST(RunOptions, SeveralNetworksKeepTheirOrderAndWhatIsSaidOfEach) {
    const auto several =
        request({"--network", "name=a,alias=x,\"driver-opt=k=v\",gw-priority=-2", "--network", "b",
                 "--network-alias", "y", "--mac-address", "02:42:0A:00:00:05", "i"});
    EXPECT_EQ(several.error().code, rt::Code::invalid_argument) << "the alias is given twice";
    const auto r = request({"--network", "name=a,alias=x,alias=z,driver-opt=k=v,gw-priority=-2", "--network",
                            "b", "--mac-address", "02:42:0A:00:00:05", "i"});
    ASSERT_TRUE(r) << r.error().message;
    const rt::ContainerSpec& spec = r->spec;
    EXPECT_EQ(spec.network, "a");
    ASSERT_EQ(spec.networks.size(), 2U);
    EXPECT_THAT(spec.networks[0].aliases, ElementsAre("x", "z"));
    EXPECT_EQ(spec.networks[0].driver_opts, (rt::StringMap{{"k", "v"}}));
    EXPECT_EQ(spec.networks[0].gw_priority, -2);
    EXPECT_EQ(spec.networks[1], rt::EndpointSettings{.network = "b"});
    EXPECT_EQ(spec.mac_address, "02:42:0A:00:00:05");
    EXPECT_TRUE(request({"--network", "a", "i"})->spec.networks.empty());
}

TEST(RunOptions, WhatExcludesEachOtherIsRefused) {
    for (const Arguments& words :
         {Arguments{"-d", "-a", "stdout", "i"}, Arguments{"-a", "nowhere", "i"},
          Arguments{"--no-healthcheck", "--health-cmd", "x", "i"}, Arguments{"--pull", "often", "i"},
          Arguments{"--runtime", "a", "--isolation", "b", "i"}, Arguments{"--label", "=x", "i"},
          Arguments{"--log-opt", "x", "i"}, Arguments{"--restart", "sometimes", "i"},
          Arguments{"--health-retries", "99999999999", "i"}, Arguments{"--network", "alias=x", "i"}}) {
        const auto r = request(words);
        ASSERT_FALSE(r) << words[0] << " " << words[1];
        EXPECT_EQ(r.error().code, rt::Code::invalid_argument) << r.error().message;
    }
    EXPECT_EQ(request({"--platform", "linux/s390x", "i"}).error().code, rt::Code::unsupported);
    EXPECT_EQ(request({"--network", "name=a,ip=10.0.0.1", "--ip", "10.0.0.2", "i"}).error().code,
              rt::Code::invalid_argument);
}

TEST(RunOptions, FilesWithAssignmentsHaveComments) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "labels", "\xef\xbb\xbf# c\n  a=1\r\n\nb\n");
    EXPECT_EQ(request({"--label-file", (dir / "labels").native(), "i"})->spec.labels,
              (rt::StringMap{{"a", "1"}, {"b", ""}}));
    rt::test::write_file(dir / "bad", "a b=1\n");
    EXPECT_EQ(request({"--env-file", (dir / "bad").native(), "i"}).error().code, rt::Code::invalid_argument);
    EXPECT_EQ(request({"--env-file", (dir / "none").native(), "i"}).error().code, rt::Code::not_found);
}

} // namespace
