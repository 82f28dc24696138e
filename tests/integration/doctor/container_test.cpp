// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <signal.h>

namespace {

namespace fs = std::filesystem;
using rt::test::eventually;
using rt::test::kGhost;
using rt::test::write_file;
using DoctorContainers = rt::test::Doctor;

TEST_F(DoctorContainers, FindsOneWhoseShimWasKilledAndEndsIt) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "-p", "18098:9", "busybox", "sleep", "1000"}).exit_code,
              0);
    const std::string id = id_of("one");
    const pid_t shim = shim_of(id);
    ASSERT_GT(shim, 0);
    ::kill(shim, SIGKILL);
    ASSERT_TRUE(eventually([&] { return ::kill(shim, 0) != 0; }));
    expect_found_and_repaired("container.shim-dead", "'one'");
    EXPECT_EQ(sql_value("SELECT phase FROM containers WHERE name = 'one'"), "exited");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(DoctorContainers, FindsOneWhoseShimIsStoppedAndLetsItGoOn) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const std::string shim = std::to_string(shim_of(id_of("one")));
    ASSERT_EQ(::kill(std::stoi(shim), SIGSTOP), 0);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"exec", "one", "true"}, {"rm", "-f", "one"}}) {
        const auto refused = rtctl_(command); // does not wait for ever
        EXPECT_NE(refused.exit_code, 0);
        EXPECT_NE(refused.err.find("process " + shim + ", is stopped"), std::string::npos) << refused.err;
        EXPECT_NE(refused.err.find("'kill -CONT " + shim + "'"), std::string::npos) << refused.err;
    }
    expect_found_and_repaired("container.shim-stopped", "'one'");
    EXPECT_EQ(rtctl_({"exec", "one", "true"}).exit_code, 0);
    ::kill(std::stoi(shim), SIGCONT); // also where that failed: it can be removed, whatever was wrong
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(DoctorContainers, FindsOneThatWasKilledWhileItWasMade) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    sql("UPDATE containers SET phase = 'creating' WHERE name = 'one'"); // as it is until all of it is there
    expect_found_and_repaired("container.half-made", "'one'");
    EXPECT_EQ(id_of("one"), "");
}

TEST_F(DoctorContainers, FindsOneThatWasKilledWhileItWasRemoved) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    sql("UPDATE containers SET phase = 'removing' WHERE name = 'one'");
    expect_found_and_repaired("container.half-removed", "'one'");
    EXPECT_EQ(id_of("one"), "");
}

// The wiring file that its shim was told of is gone: the shim lives, tries again and again, and cannot.
TEST_F(DoctorContainers, FindsOneThatItsShimCannotHaveCleanedUp) {
    const fs::path config = rtctl_.directory() / "config.json", other = rtctl_.directory() / "other.json";
    fs::copy_file(config, other);
    const auto started = rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", other, "run", "-d",
                                                "--name", "one", "busybox", "sleep", "1000"});
    ASSERT_EQ(started.exit_code, 0) << started.err;
    fs::remove(other);
    ASSERT_EQ(rtctl_({"exec", "one", "kill", "1"}).exit_code, 0);
    const auto pid =
        std::stoi(sql_value("SELECT json_extract(start, '$.pid') FROM containers WHERE name = 'one'"));
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(eventually([&] { return !of(look(), "container.not-reaped").empty(); }));
    expect_found_and_repaired("container.not-reaped", "'one'");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(DoctorContainers, FindsAnInterruptedChangeOfNetworks) {
    write_file(rtctl_.run() / "containers" / bystander_ / "network-change", "");
    expect_found_and_repaired("container.network-change", "'bystander'");
    EXPECT_EQ(rtctl_({"exec", "bystander", "ip", "addr", "show", "eth0"}).exit_code, 0);
}

TEST_F(DoctorContainers, FindsAPlaceInANetworkOfOneThatDoesNotRun) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    leave_endpoint(id_of("one"));
    expect_found_and_repaired("container.endpoint", "'one'");
    EXPECT_EQ(sql_value("SELECT count(*) FROM endpoints"), "1");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(DoctorContainers, FindsARunDirectoryOfNone) {
    fs::create_directories(rtctl_.run() / "containers" / kGhost / "rootfs");
    expect_found_and_repaired("container.run-directory", kGhost);
    EXPECT_FALSE(fs::exists(rtctl_.run() / "containers" / kGhost));
}

TEST_F(DoctorContainers, FindsANameOfTheIndexThatLeadsNowhere) {
    fs::create_symlink(kGhost, rtctl_.run() / "names" / "ghost");
    expect_found_and_repaired("container.name-link", "ghost");
    EXPECT_FALSE(fs::is_symlink(rtctl_.run() / "names" / "ghost"));
    EXPECT_TRUE(fs::is_symlink(rtctl_.run() / "names" / "bystander"));
}

TEST_F(DoctorContainers, FindsLogsOfNone) {
    for (const char* end : {"-json.log", "-json.log.1"})
        write_file(rtctl_.root() / "logs" / (kGhost + end), "x\n");
    expect_found_and_repaired("container.log", kGhost + "-json.log.1");
}

TEST_F(DoctorContainers, FindsIdsOfTheHostThatNobodyHas) {
    sql("INSERT INTO id_ranges VALUES (1000000000, '" + kGhost + "')");
    expect_found_and_repaired("container.id-range", "1000000000");
    EXPECT_EQ(sql_value("SELECT count(*) FROM id_ranges"), "0");
}

TEST_F(DoctorContainers, SaysThatAWritableLayerIsGone) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    const std::string id = id_of("one");
    for (const char* part : {"active", "work"}) fs::remove_all(storage() / part / ("c-" + id.substr(0, 32)));
    expect_found_and_left("container.layer-missing", id.substr(0, 12),
                          [&] { EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0); });
}

// With the run directory everything goes that leads to the shim; what it holds has to be ended all the same.
TEST_F(DoctorContainers, FindsAShimThatNothingLeadsToAndEndsWhatItHolds) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const std::string id = id_of("one");
    const pid_t shim = shim_of(id);
    ASSERT_GT(shim, 0);
    fs::remove_all(rtctl_.run() / "containers" / id);
    expect_found_and_repaired("shim.orphan", std::to_string(shim));
    EXPECT_TRUE(eventually([&] { return ::kill(shim, 0) != 0; }));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

// Where drivers look for cgroups they would not find its one, and no process namespace ends with its shim.
TEST_F(DoctorContainers, EndsWhatAnOrphanHoldsInACgroupOfItsOwn) {
    const std::string parent = "/" + rtctl_.directory().path().filename().native() + "/own";
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "--cgroup-parent", parent, "--pid", "host", "busybox",
                      "sh", "-c", "sleep 1000 & echo $! $$; sleep 1000"})
                  .exit_code,
              0);
    ASSERT_TRUE(eventually([&] { return !rtctl_({"logs", "one"}).out.empty(); }));
    std::istringstream said(rtctl_({"logs", "one"}).out);
    pid_t child = 0, first = 0;
    said >> child >> first;
    ASSERT_TRUE(child > 1 && first > 1);
    ASSERT_EQ(::kill(child, 0), 0);
    const std::string id = id_of("one");
    const pid_t shim = shim_of(id);
    fs::remove_all(rtctl_.run() / "containers" / id);
    EXPECT_EQ(of(look({"--repair"}), "shim.orphan").size(), 1U);
    for (const pid_t pid : {shim, first, child})
        EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; })) << pid;
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    const std::string ours = rtctl_.directory().path().filename();
    for (const fs::path& cgroup : rt::test::cgroup_directories("/sys/fs/cgroup", ours))
        fs::remove(cgroup / "own"); // stays, as docker's do: it was named by the user
}

TEST_F(DoctorContainers, FindsLocksOfWhatIsGone) {
    for (const std::string& name : {kGhost, std::string("network-ghost"), std::string("volume-ghost")})
        write_file(rtctl_.run() / "locks" / name, "");
    expect_found_and_repaired("lock.unneeded", "network-ghost");
    EXPECT_FALSE(fs::exists(rtctl_.run() / "locks" / kGhost));
    EXPECT_FALSE(fs::exists(rtctl_.run() / "locks" / "volume-ghost"));
}

} // namespace
