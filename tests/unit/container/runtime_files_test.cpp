// SPDX-License-Identifier: Apache-2.0
#include "core/container/runtime_files.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

TEST(RuntimeFiles, NameTheContainerInHosts) {
    const rt::test::TempDir dir;
    ASSERT_TRUE(rt::write_runtime_files({dir.path(), "box", {"10.88.0.5/20"}, true}));
    EXPECT_NE(rt::test::read_file(dir / "hosts").find("10.88.0.5\tbox\n"), std::string::npos);
    EXPECT_EQ(rt::test::read_file(dir / "hostname"), "box\n");
    EXPECT_TRUE(std::filesystem::exists(dir / "resolv.conf"));
}

TEST(RuntimeFiles, DoNotFollowALinkThatStandsInTheirPlace) {
    const rt::test::TempDir dir;
    rt::test::write_file(dir / "target", "keep");
    std::filesystem::create_symlink(dir / "target", dir / "hosts");
    EXPECT_FALSE(rt::write_runtime_files({dir.path(), "box", {}, true}));
    EXPECT_EQ(rt::test::read_file(dir / "target"), "keep");
}

TEST(ResolvConf, LosesServersOnTheLoopback) {
    EXPECT_EQ(rt::container_resolv_conf(
                  "# c\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nnameserver ::1\nsearch x\n",
                  "nameserver 8.8.8.8\n"),
              "# c\nnameserver 9.9.9.9\nsearch x\n");
}

TEST(ResolvConf, TakesTheServersBehindALocalResolverWhenNoneIsLeft) {
    EXPECT_EQ(rt::container_resolv_conf("nameserver 127.0.0.53\n", "nameserver 10.0.0.2\nsearch y\n"),
              "nameserver 10.0.0.2\nsearch y\n");
    EXPECT_EQ(rt::container_resolv_conf("nameserver 127.0.0.53\n", ""), "");
}

TEST(ResolvConf, TheUsersWordsTakeThePlaceOfTheHosts) {
    const std::string host = "nameserver 9.9.9.9\nsearch x y\noptions ndots:5\n";
    rt::RuntimeFiles files;
    EXPECT_EQ(rt::with_dns(host, files), host);
    files.dns = {"1.1.1.1", "::2"};
    EXPECT_EQ(rt::with_dns(host, files), "search x y\noptions ndots:5\nnameserver 1.1.1.1\nnameserver ::2\n");
    files.dns = {};
    files.dns_search = {"."};
    files.dns_options = {"rotate", "ndots:1"};
    EXPECT_EQ(rt::with_dns(host, files), "nameserver 9.9.9.9\noptions rotate ndots:1\n");
}

TEST(RuntimeFiles, HaveTheUsersHostsAndTheDomain) {
    const rt::test::TempDir dir;
    rt::RuntimeFiles files{dir.path(), "box", {"10.88.0.5/20"}, true};
    files.domainname = "lan";
    files.extra_hosts = {"db:10.0.0.7", "six:::1", "me:host-gateway"};
    EXPECT_EQ(rt::write_runtime_files(files).error().code, rt::Code::failed_precondition);
    files.host_gateway = "10.88.0.1";
    ASSERT_TRUE(rt::write_runtime_files(files));
    const std::string hosts = rt::test::read_file(dir / "hosts");
    for (const char* line : {"10.88.0.5\tbox.lan box\n", "10.0.0.7\tdb\n", "::1\tsix\n", "10.88.0.1\tme\n"})
        EXPECT_NE(hosts.find(line), std::string::npos) << line;
}

TEST(ResolvConf, OfAContainerWithANameServerOfItsOwnNamesThatAlone) {
    EXPECT_EQ(rt::with_own_name_server("# c\nnameserver 9.9.9.9\nsearch x y\noptions edns0\n"),
              "nameserver 127.0.0.11\nsearch x y\noptions edns0 ndots:0\n");
    EXPECT_EQ(rt::with_own_name_server("options ndots:2\n"), "nameserver 127.0.0.11\noptions ndots:2\n");
}

} // namespace
