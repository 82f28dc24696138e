// SPDX-License-Identifier: Apache-2.0
#include "core/container/option_values.hpp"

#include "core/container/host_facts.hpp"
#include "core/container/mount_parse.hpp"
#include "core/container/security_options.hpp"

#include <gmock/gmock.h>

namespace {

using testing::ElementsAre;

TEST(OptionValues, DurationsAreGos) {
    EXPECT_EQ(*rt::parse_duration("1m30s"), 90'000'000'000);
    EXPECT_EQ(*rt::parse_duration("1.5h"), 5'400'000'000'000);
    EXPECT_EQ(*rt::parse_duration("300ms"), 300'000'000);
    EXPECT_EQ(*rt::parse_duration("0"), 0);
    for (const char* bad : {"", "5", "-1s", "1x", "s", "1s2", "1e99h", "nan"})
        EXPECT_FALSE(rt::parse_duration(bad)) << bad;
}

TEST(OptionValues, SizesHaveDockersUnits) {
    EXPECT_EQ(*rt::parse_size("512MB"), 512 << 20);
    EXPECT_EQ(*rt::parse_size("1KiB"), 1024);
    EXPECT_EQ(*rt::parse_size("7b"), 7);
    EXPECT_EQ(*rt::parse_size_or_unlimited("-1"), -1);
    for (const char* bad : {"", "m", "1mm", "1xb", "-5", "ib"}) EXPECT_FALSE(rt::parse_size(bad)) << bad;
}

TEST(OptionValues, Ulimits) {
    EXPECT_EQ(*rt::parse_ulimit("nofile=1024"), (rt::Ulimit{"nofile", 1024, 1024}));
    EXPECT_EQ(*rt::parse_ulimit("core=0:-1"), (rt::Ulimit{"core", 0, -1}));
    for (const char* bad : {"nofile", "nofile=", "nofile=2:1", "nofile=-1:5", "files=1", "nofile=1:2:3"})
        EXPECT_FALSE(rt::parse_ulimit(bad)) << bad;
}

TEST(OptionValues, Devices) {
    EXPECT_EQ(*rt::parse_device("/dev/a"), (rt::DeviceMapping{"/dev/a", "/dev/a", "rwm"}));
    EXPECT_EQ(*rt::parse_device("/dev/a:r"), (rt::DeviceMapping{"/dev/a", "/dev/a", "r"}));
    EXPECT_EQ(*rt::parse_device("/dev/a:/dev/b:rw"), (rt::DeviceMapping{"/dev/a", "/dev/b", "rw"}));
    for (const char* bad : {"", "a", "/dev/a:b", "/dev/a:/b:x", "/a:/b:r:w", "/a:/b:"})
        EXPECT_FALSE(rt::parse_device(bad)) << bad;
    EXPECT_EQ(rt::parse_device("vendor.com/gpu=all").error().code, rt::Code::unsupported);
    EXPECT_TRUE(rt::is_device_rule("c 10:229 rwm") && rt::is_device_rule("a *:* r"));
    for (const char* bad : {"", "c 1:3", "d 1:3 r", "c 1 r", "c x:3 r", "c 1:3 rwx", "c  1:3 r"})
        EXPECT_FALSE(rt::is_device_rule(bad)) << bad;
}

TEST(OptionValues, PortsAndHosts) {
    EXPECT_THAT(*rt::parse_exposed_ports("80"), ElementsAre("80/tcp"));
    EXPECT_THAT(*rt::parse_exposed_ports("8000-8001/udp"), ElementsAre("8000/udp", "8001/udp"));
    for (const char* bad : {"", "0", "70000", "9-8", "80/x"})
        EXPECT_FALSE(rt::parse_exposed_ports(bad)) << bad;
    EXPECT_EQ(*rt::parse_extra_host("db=[::1]"), "db:::1");
    EXPECT_EQ(*rt::parse_extra_host("db:10.0.0.1"), "db:10.0.0.1");
    EXPECT_FALSE(rt::parse_extra_host("db"));
}

TEST(OptionValues, CommaSeparatedWordsMayBeQuoted) {
    EXPECT_THAT(*rt::split_csv(R"(a,"b,""c""",d)"), ElementsAre("a", "b,\"c\"", "d"));
    EXPECT_FALSE(rt::split_csv("\"a"));
}

TEST(MountParse, BindsVolumesAndTmpfs) {
    const auto bind = rt::parse_bind("/srv:/data/../d/:ro,rslave");
    ASSERT_TRUE(bind);
    EXPECT_EQ(bind->target, "/d");
    EXPECT_TRUE(bind->read_only && bind->create_source);
    EXPECT_EQ(bind->propagation, "rslave");
    EXPECT_EQ(rt::parse_bind("vol:/d:nocopy")->type, rt::MountType::volume);
    EXPECT_EQ(rt::parse_bind("/d")->type, rt::MountType::volume);
    EXPECT_THAT(rt::parse_tmpfs("/t:size=1m,mode=700")->tmpfs_options, ElementsAre("size=1m", "mode=700"));
    for (const char* bad : {"", ":/a", "/a:", "/a:/b:x"}) EXPECT_FALSE(rt::parse_bind(bad)) << bad;
}

// The library's own idea of a normal path keeps them.
TEST(MountParse, TheRootIsTheRootWithHoweverManySlashes) {
    for (const char* const text : {"/", "//", "////", "/.", "//..", "/x:///", "v:/a/.."}) {
        const auto mount = rt::parse_bind(text);
        EXPECT_FALSE(mount && rt::validate_mounts({*mount})) << text;
    }
    EXPECT_EQ(rt::normal_path("///a//b/"), "/a/b");
    EXPECT_EQ(rt::normal_path("a//b"), "a/b");
    EXPECT_EQ(rt::normal_path(""), "");
}

TEST(MountParse, LongFormHasDockersKeys) {
    const auto bind = rt::parse_mount("type=bind,src=/a,dst=/b,readonly,bind-recursive=writable");
    ASSERT_TRUE(bind) << bind.error().message;
    EXPECT_TRUE(bind->read_only);
    EXPECT_FALSE(bind->create_source);
    EXPECT_EQ(bind->sub_mounts, rt::SubMounts::writable);
    const auto volume =
        rt::parse_mount("source=v,target=/v,volume-opt=o=x,volume-label=a=b,volume-subpath=s");
    ASSERT_TRUE(volume);
    EXPECT_EQ(volume->type, rt::MountType::volume);
    EXPECT_EQ(volume->driver_options.at("o"), "x");
    EXPECT_THAT(rt::parse_mount("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770")->tmpfs_options,
                ElementsAre("size=1048576", "mode=1770"));
    for (const char* bad : {"type=bind,dst=/b", "type=bind,src=/a", "type=x,dst=/b", "dst=/b,sorce=v",
                            "dst=/b,readonly=maybe", "type=tmpfs,dst=/t,tmpfs-mode=9"})
        EXPECT_FALSE(rt::parse_mount(bad)) << bad;
    EXPECT_EQ(rt::parse_mount("type=image,src=a,dst=/b").error().code, rt::Code::unsupported);
}

TEST(SecurityOptions, ALaterOneWinsAndAnUnknownOneIsNamed) {
    const auto options =
        rt::parse_security_options({"seccomp=/p.json", "seccomp=builtin", "no-new-privileges:true"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->seccomp, rt::SeccompChoice::builtin);
    EXPECT_TRUE(options->no_new_privileges);
    for (const char* bad : {"", "no-new-privilege", "seccomp=", "label=x", "label=type",
                            "apparmor=", "systempaths=x", "no-new-privileges=maybe"})
        EXPECT_EQ(rt::parse_security_options({bad}).error().code, rt::Code::invalid_argument) << bad;
    EXPECT_EQ(rt::parse_security_options({"writable-cgroups=true"}).error().code, rt::Code::unsupported);
}

TEST(HostFacts, DevicesAreLookedUpAndDirectoriesExpanded) {
    rt::ContainerSpec spec;
    EXPECT_TRUE(rt::look_at_host(spec)->devices.empty());
    spec.devices = {{"/dev/null", "/dev/nothing", "r"}};
    const auto facts = rt::look_at_host(spec);
    ASSERT_TRUE(facts) << facts.error().message;
    ASSERT_EQ(facts->devices.size(), 1U);
    EXPECT_EQ(facts->devices[0].path, "/dev/nothing");
    EXPECT_EQ(facts->devices[0].number, (rt::DeviceNumber{1, 3}));
    spec.devices = {{"/dev/there-is-none", "/dev/x", "r"}};
    EXPECT_EQ(rt::look_at_host(spec).error().code, rt::Code::not_found);
    spec.devices = {{"/etc/passwd", "/dev/x", "r"}};
    EXPECT_EQ(rt::look_at_host(spec).error().code, rt::Code::invalid_argument);
    spec.devices = {};
    spec.blkio_device_read_bps = {{"/dev/null", 1}};
    EXPECT_EQ(rt::look_at_host(spec).error().code, rt::Code::invalid_argument);
    spec.blkio_device_read_bps = {};
    spec.privileged = true;
    const auto all = rt::look_at_host(spec);
    ASSERT_TRUE(all);
    EXPECT_TRUE(
        std::ranges::any_of(all->devices, [](const auto& device) { return device.path == "/dev/null"; }));
}

} // namespace
