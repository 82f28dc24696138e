// SPDX-License-Identifier: Apache-2.0
// What the drivers that come with rt find of their own, and what they say of the host.
#include "fixture.hpp"

#include <signal.h>
#include <sys/mount.h>

#include <fstream>

namespace {

namespace fs = std::filesystem;
using rt::test::eventually;
using rt::test::kGhost;
using rt::test::kOtherGhost;
using rt::test::write_file;

class DoctorDrivers : public rt::test::Doctor {
protected:
    std::vector<fs::path> cgroups() const {
        return rt::test::cgroup_directories("/sys/fs/cgroup", rtctl_.directory().path().filename());
    }
    // The same engine, wired otherwise; members: what the file has besides.
    fs::path rewired(const std::string& members) {
        std::string text = rt::test::read_file(rtctl_.directory() / "config.json");
        text.insert(text.rfind('}'), ", " + members);
        const fs::path file = rtctl_.directory() / "rewired.json";
        write_file(file, text);
        return file;
    }
    static rt::test::Outcome doctor(const fs::path& config) {
        return rt::test::run_program(
            {RT_BUILD_DIR "/bin/rtctl", "--config", config, "doctor", "--format", "json"});
    }
    std::string bridge() { return "rt-br" + network_.substr(0, 8); }
    std::string make_veth(const std::string& endpoint, const std::string& bridge) {
        const std::string link = "rtv" + endpoint.substr(0, 12);
        host("ip link add " + link + " type veth peer name peer" + endpoint.substr(0, 4) +
             " && ip link set " + link + " alias 'rt endpoint " + endpoint + "' master " + bridge);
        return link;
    }
    static bool has_link(const std::string& name) {
        return fs::exists("/sys/class/net") &&
               rt::test::run_program({"ip", "link", "show", name}).exit_code == 0;
    }
};

TEST_F(DoctorDrivers, FindAWritableLayerOfNone) {
    const std::string id = "c-" + kGhost.substr(0, 32);
    fs::create_directories(storage() / "active" / id / "etc");
    fs::create_directories(storage() / "work" / id);
    expect_found_and_repaired("storage.snapshot", id);
    EXPECT_FALSE(fs::exists(storage() / "active" / id));
}

TEST_F(DoctorDrivers, FindRemovedSnapshotsAndTrialsThatWereKilled) {
    fs::create_directories(storage() / "trash" / "c-gone~0" / "etc");
    fs::create_directories(storage() / "probe~1-0" / "a");
    fs::create_directories(storage() / "l");
    fs::create_symlink("../committed/layer-gone", storage() / "l" / "layer-gone");
    EXPECT_EQ(of(look(), "storage.leftover").size(), 3U);
    expect_found_and_repaired("storage.leftover", "trash/c-gone~0");
    EXPECT_FALSE(fs::exists(storage() / "probe~1-0"));
    EXPECT_FALSE(fs::is_symlink(storage() / "l" / "layer-gone"));
    fs::remove(storage() / "l"); // it stays
}

TEST_F(DoctorDrivers, FindAMountOfASnapshotThatNobodyHas) {
    const fs::path point = rtctl_.directory() / "point";
    fs::create_directories(point);
    for (const char* name : {"active/c-gone", "work/c-gone", "committed/layer-gone"})
        fs::create_directories(storage() / name);
    const std::string options = "upperdir=" + (storage() / "active/c-gone").native() +
                                ",workdir=" + (storage() / "work/c-gone").native() +
                                ",lowerdir=" + (storage() / "committed/layer-gone").native();
    ASSERT_EQ(::mount("overlay", point.c_str(), "overlay", 0, options.c_str()), 0);
    expect_found_and_repaired("storage.leftover", point);
    EXPECT_TRUE(fs::is_empty(point));
    EXPECT_FALSE(fs::exists(storage() / "active/c-gone"));
}

TEST_F(DoctorDrivers, TakeNoMountOfOthersThatLiesOnTheirs) {
    const fs::path point = rtctl_.directory() / "point";
    for (const fs::path& path : {point, storage() / "active/c-gone"}) fs::create_directories(path);
    ASSERT_EQ(::mount((storage() / "active/c-gone").c_str(), point.c_str(), nullptr, MS_BIND, nullptr), 0);
    const auto found = of(look(), "storage.leftover");
    ASSERT_EQ(found.size(), 1U);
    ASSERT_EQ(::mount("theirs", point.c_str(), "tmpfs", 0, nullptr), 0);
    write_file(point / "precious", "x");
    (void)look({"--repair"});
    EXPECT_TRUE(fs::exists(point / "precious"));
    ASSERT_EQ(::umount(point.c_str()), 0);
    expect_found_and_repaired("storage.leftover", point);
    EXPECT_EQ(::umount(point.c_str()), -1);
}

TEST_F(DoctorDrivers, FindALinkOfAnEndpointThatIsGone) {
    const std::string link = make_veth(kGhost, bridge());
    expect_found_and_repaired("network.leftover", link);
    EXPECT_FALSE(has_link(link));
    EXPECT_NE(host("ip -o link show master " + bridge()), ""); // the bystander's
}

TEST_F(DoctorDrivers, LeaveLinksOfOthersAlone) {
    host("ip link add theirs type bridge && ip link set theirs alias 'rt network " + kOtherGhost + "'");
    const std::string link = make_veth(kGhost, "theirs");
    const Look seen = look({"--repair"});
    EXPECT_TRUE(seen.findings.empty()) << seen.out;
    EXPECT_TRUE(has_link(link));
    host("ip link del " + link + " && ip link del theirs");
}

TEST_F(DoctorDrivers, FindAPublishedPortOfAnEndpointThatIsGone) {
    const std::string gateway = host("ip -o -4 addr show dev " + bridge() + " | sed 's/.*inet //; s,/.*,,'");
    const std::string holder = gateway.substr(0, gateway.rfind('.')) + ".99";
    host("nft add element inet rt-bridge ports_any '{ tcp . 7777 comment \"rt endpoint " + kGhost +
         "\" : " + holder + " . 80 }'");
    const auto is_published = [&] { // the protocol is a number where there is no /etc/protocols
        return host("nft list table inet rt-bridge").find(" . 7777 ") != std::string::npos;
    };
    ASSERT_TRUE(is_published());
    expect_found_and_repaired("network.leftover", "0.0.0.0:7777/tcp");
    EXPECT_FALSE(is_published());
    EXPECT_NE(host("nft list table inet rt-bridge").find("18099"), std::string::npos); // the bystander's
}

TEST_F(DoctorDrivers, FindANetworkThatNobodyKnows) {
    const std::string link = "rt-br" + kGhost.substr(0, 8);
    const fs::path reserved = rtctl_.root() / "network" / "bridge" / "subnets" / kGhost;
    fs::create_symlink("10.88.240.0/20", reserved);
    host("ip link add " + link + " type bridge && ip link set " + link + " alias 'rt network " + kGhost +
         "'");
    host("nft add element inet rt-bridge bridges '{ \"" + link + "\" }'");
    expect_found_and_repaired("network.leftover", "network '" + kGhost);
    EXPECT_FALSE(fs::is_symlink(reserved));
    EXPECT_FALSE(has_link(link));
    EXPECT_EQ(host("nft list table inet rt-bridge").find(link), std::string::npos);
}

// With a process in it that nobody else would ever end.
TEST_F(DoctorDrivers, FindACgroupOfAContainerThatIsGoneAndEndWhatRunsThere) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    const std::string id = id_of("one");
    ASSERT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    const pid_t left = std::stoi(host("sleep 1000 >/dev/null 2>&1 & echo $!")); // nobody's child
    ASSERT_FALSE(cgroups().empty());
    for (const fs::path& parent : cgroups()) {
        fs::create_directory(parent / id);
        std::ofstream(parent / id / "cgroup.procs") << left; // cpusets that are empty take none
        fs::create_directory(parent / kGhost); // of another engine that has the same parent, for all we know
    }
    expect_found_and_repaired("isolation.leftover", id);
    EXPECT_TRUE(eventually([&] { return ::kill(left, 0) != 0; }));
    for (const fs::path& parent : cgroups()) {
        EXPECT_FALSE(fs::exists(parent / id));
        EXPECT_TRUE(fs::remove(parent / kGhost)) << "was not ours";
    }
}

TEST_F(DoctorDrivers, FindACgroupOfAContainerAtRest) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    ASSERT_FALSE(cgroups().empty());
    fs::create_directory(cgroups().front() / id_of("one"));
    expect_found_and_repaired("isolation.leftover", id_of("one"));
    EXPECT_EQ(rtctl_({"start", "-a", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(DoctorDrivers, AreMissedWhereSomethingNeedsThem) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "--network", "none", "busybox", "true"}).exit_code, 0);
    sql("UPDATE containers SET storage = 'bulk' WHERE name = 'one'"); // as if the wiring had had such an
                                                                      // instance
    expect_found_and_left("driver.missing", "storage driver 'bulk'", [&] {
        sql("UPDATE containers SET storage = 'overlayfs' WHERE name = 'one'");
        EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    });
}

TEST_F(DoctorDrivers, ThatAreBrokenAreFound) {
    const auto seen = doctor(rewired(R"("network": {"drivers": {"odd": {"plugin": "no-such"}}})"));
    EXPECT_EQ(seen.exit_code, 1) << seen.err;
    EXPECT_THAT(seen.out,
                testing::AllOf(testing::HasSubstr(R"("driver.fault")"), testing::HasSubstr("'no-such'")));
}

TEST_F(DoctorDrivers, WarnOfAnotherFirewallThatDropsWhatIsForwarded) {
    host(
        "nft add table ip theirs && nft 'add chain ip theirs FORWARD { type filter hook forward priority 0 ; "
        "policy drop ; }'");
    expect_found_and_left("driver.warning", "network driver 'bridge'",
                          [&] { host("nft delete table ip theirs"); });
}

} // namespace
