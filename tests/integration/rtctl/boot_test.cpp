// SPDX-License-Identifier: Apache-2.0
// The host goes down and comes up again: what is to run runs, and nothing of before is in its way.
#include "core/state/database.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class Boot : public WithBusybox {
protected:
    void SetUp() override {
        lose_networks(); // those of other tests in this namespace would be missed afterwards
        WithBusybox::SetUp();
    }
    json inspect(const std::string& name) { return json::parse(rtctl_({"inspect", name}).out)[0]; }
    std::string status(const std::string& name) { return inspect(name)["State"]["Status"]; }
    void run(const std::string& name, const std::string& policy, std::vector<std::string> program) {
        std::vector<std::string> words{"run", "-d", "--name", name, "--restart", policy, "busybox"};
        words.insert(words.end(), program.begin(), program.end());
        ASSERT_EQ(rtctl_(words).exit_code, 0) << name;
    }
    // All processes of the containers die at once, and what is kept in memory is gone: the run directory, the
    // kernel's network state, the cgroups.
    void lose_power() {
        for (const auto& entry : fs::directory_iterator(rtctl_.run() / "containers")) {
            std::ifstream file(entry.path() / "shim.pid");
            std::string key;
            if (pid_t pid = 0; file >> key >> pid) ::kill(pid, SIGKILL);
        }
        EXPECT_TRUE(eventually([&] { return kill_what_is_left(); }));
        for (const fs::path& directory : cgroups()) ::rmdir(directory.c_str());
        lose_networks();
        fs::remove_all(rtctl_.run());
    }

private:
    void lose_networks() const {
        const auto now = traces();
        for (const std::string& line : now)
            if (line.starts_with("link rt"))
                (void)rt::test::run_program({"ip", "link", "del", line.substr(5)});
        (void)rt::test::run_program({"nft", "flush", "ruleset"});
        rt::test::write_file("/proc/sys/net/ipv4/ip_forward", "0");
    }
    std::vector<fs::path> cgroups() const {
        std::vector<fs::path> found;
        const auto name = rtctl_.directory().path().filename();
        for (const fs::path& parent : rt::test::cgroup_directories("/sys/fs/cgroup", name))
            for (const auto& entry : fs::directory_iterator(parent))
                if (entry.is_directory()) found.push_back(entry.path());
        return found;
    }
    // False: something was, and may still be.
    bool kill_what_is_left() const {
        bool none = true;
        for (const fs::path& directory : cgroups()) {
            std::ifstream processes(directory / "cgroup.procs");
            for (pid_t pid = 0; processes >> pid; none = false) ::kill(pid, SIGKILL);
        }
        for (const std::string& line : traces()) {
            std::istringstream words(line);
            std::string word;
            pid_t pid = 0;
            if (words >> word >> pid && word == "process") {
                ::kill(pid, SIGKILL);
                none = false;
            }
        }
        return none;
    }
};

// The run directory has gone, and with it the word that it was to run again.
TEST_F(Boot, WhatWasToGoWithItsEndGoesWhereThePowerFailedInItsRestart) {
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    run("two", "no", {"true"});
    lose_power();
    ASSERT_TRUE(rt::Database::open(rtctl_.root())->run("UPDATE containers SET phase = 'exited'"));
    EXPECT_EQ(rtctl_({"system", "boot"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-a", "--format", "{{.Names}}"}).out, "two\n");
    EXPECT_EQ(rtctl_({"rm", "two"}).exit_code, 0);
    EXPECT_EQ(sh("true").exit_code, 0); // which makes the lost network again
}

TEST_F(Boot, StartsWhatIsToRunAfterTheHostHasGoneDown) {
    run("always", "always", {"sleep", "1000"});
    run("unless", "unless-stopped", {"sleep", "1000"});
    run("failure", "on-failure", {"sleep", "1000"});
    run("none", "no", {"sleep", "1000"});
    run("stopped", "unless-stopped", {"sleep", "1000"});
    run("stopped-always", "always", {"sleep", "1000"});
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "stopped", "stopped-always"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"create", "--name", "never", "--restart", "always", "busybox", "true"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "goes", "busybox", "sleep", "1000"}).exit_code, 0);
    lose_power();

    const auto booted = rtctl_({"system", "boot"});
    EXPECT_EQ(booted.exit_code, 0) << booted.err;
    std::istringstream lines(booted.out);
    const std::set<std::string> started{std::istream_iterator<std::string>(lines), {}};
    EXPECT_EQ(started, (std::set<std::string>{"always", "unless", "failure", "stopped-always"}));
    for (const std::string& name : started) EXPECT_EQ(status(name), "running") << name;
    EXPECT_EQ(status("none"), "exited");
    EXPECT_EQ(status("stopped"), "exited");
    EXPECT_EQ(status("never"), "created");
    EXPECT_NE(rtctl_({"inspect", "goes"}).exit_code, 0); // --rm
    // Their network works, with addresses that are not given out twice.
    std::set<std::string> addresses;
    for (const std::string& name : started)
        addresses.insert(inspect(name)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]);
    EXPECT_EQ(addresses.size(), started.size());
    EXPECT_EQ(rtctl_({"exec", "always", "ping", "-c", "1", "-W", "5",
                      inspect("unless")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]})
                  .exit_code,
              0);
    // Again: nothing is to be done.
    const auto again = rtctl_({"system", "boot"});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.out, "");
    EXPECT_EQ(
        rtctl_({"rm", "-f", "always", "unless", "failure", "none", "stopped", "stopped-always", "never"})
            .exit_code,
        0);
}

TEST_F(Boot, TellsEachFailureInALineAndStartsTheOthers) {
    const fs::path source = rtctl_.directory() / "source";
    rt::test::write_file(source, "x");
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "bad", "--restart", "always", "--mount",
                      "type=bind,source=" + source.native() + ",target=/x", "busybox", "sleep", "1000"})
                  .exit_code,
              0);
    run("good", "always", {"sleep", "1000"});
    lose_power();
    fs::remove(source);
    const auto booted = rtctl_({"system", "boot"});
    EXPECT_EQ(booted.exit_code, 1);
    EXPECT_EQ(booted.out, "good\n");
    EXPECT_THAT(booted.err, HasSubstr("rtctl: container 'bad' could not be started: "));
    EXPECT_EQ(std::ranges::count(booted.err, '\n'), 1) << booted.err;
    EXPECT_EQ(rtctl_({"rm", "-f", "bad", "good"}).exit_code, 0);
}

TEST_F(Boot, AShutdownStopsAllAndTheNextBootStartsThemAgain) {
    const std::string handles = "trap 'echo over; exit 0' TERM; while :; do sleep 0.1; done";
    run("orderly", "unless-stopped", {"sh", "-c", handles});
    run("restarting", "always", {"true"});
    run("none", "no", {"sh", "-c", handles});
    ASSERT_TRUE(eventually([&] { return status("restarting") == "restarting"; }));
    const auto down = rtctl_({"system", "shutdown"});
    EXPECT_EQ(down.exit_code, 0) << down.err;
    for (const char* name : {"orderly", "restarting", "none"}) EXPECT_EQ(status(name), "exited") << name;
    EXPECT_EQ(rtctl_({"logs", "orderly"}).out, "over\n");
    EXPECT_EQ(rtctl_({"system", "shutdown"}).out, ""); // nothing runs
    const auto booted = rtctl_({"system", "boot"});
    EXPECT_EQ(booted.exit_code, 0) << booted.err;
    EXPECT_THAT(booted.out, HasSubstr("orderly\n"));
    EXPECT_THAT(booted.out, HasSubstr("restarting\n"));
    EXPECT_EQ(status("orderly"), "running");
    EXPECT_EQ(status("none"), "exited");
    // After the shutdown restart policies are as they were.
    EXPECT_TRUE(eventually([&] { return inspect("restarting")["RestartCount"] > 1; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "orderly", "restarting", "none"}).exit_code, 0);
}

// What a driver keeps for its own network, which no command removes, included.
TEST_F(Boot, AShutdownTakesDownWhatNetworksAreOnTheHostAndTheyComeBack) {
    const auto of_networks = [&] {
        std::set<std::string> found;
        for (const std::string& line : traces())
            if ((line.starts_with("link ") && line != "link lo") || line.starts_with("nft "))
                found.insert(line);
        return found;
    };
    const auto forwards = [] { return rt::test::read_file("/proc/sys/net/ipv4/ip_forward"); };
    const auto subnet = [&](const char* name) {
        return rtctl_({"network", "inspect", "-f", "{{json .IPAM.Config}}", name}).out;
    };
    ASSERT_EQ(rtctl_({"network", "create", "mine"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "--restart", "always", "--network", "mine", "-p",
                      "127.0.0.1:18091:80", "busybox", "nc", "-ll", "-p", "80", "-e", "echo", "open"})
                  .exit_code,
              0);
    const std::string before = subnet("mine"), before_of_bridge = subnet("bridge");
    const auto with_networks = of_networks();
    EXPECT_EQ(forwards(), "1\n");
    ASSERT_EQ(rtctl_({"system", "shutdown", "--timeout", "0"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return of_networks().empty(); })) << testing::PrintToString(of_networks());
    EXPECT_EQ(forwards(), "0\n") << "as it was";
    EXPECT_EQ(rtctl_({"system", "shutdown"}).exit_code, 0) << "there is nothing to do any more";
    // They are there but for the kernel: nobody gets their subnets.
    EXPECT_EQ(subnet("mine"), before);
    ASSERT_EQ(rtctl_({"network", "create", "new"}).exit_code, 0);
    EXPECT_NE(subnet("new"), before);
    EXPECT_NE(subnet("new"), before_of_bridge);
    ASSERT_EQ(rtctl_({"network", "rm", "new"}).exit_code, 0);

    ASSERT_EQ(rtctl_({"system", "boot"}).out, "one\n");
    EXPECT_EQ(subnet("mine"), before);
    EXPECT_TRUE(
        eventually([&] { return sh("nc -w 2 127.0.0.1 18091", {"--network", "host"}).out == "open\n"; }));
    EXPECT_EQ(forwards(), "1\n");
    ASSERT_EQ(rtctl_({"run", "--rm", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(subnet("bridge"), before_of_bridge);
    ASSERT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "rm", "mine"}).exit_code, 0);
}

TEST_F(Boot, AShutdownGivesContainersNoMoreTimeThanItIsTold) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "stubborn", "--stop-timeout", "1000", "busybox", "sleep", "1000"})
            .exit_code,
        0);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "for-ever", "--stop-timeout", "-1", "busybox", "sleep", "1000"})
                  .exit_code,
              0);
    const auto down = rtctl_({"system", "shutdown", "-t", "1"}); // else the test's own limit ends it
    EXPECT_EQ(down.exit_code, 0) << down.err;
    for (const char* name : {"stubborn", "for-ever"})
        EXPECT_EQ(inspect(name)["State"]["ExitCode"], 137) << name;
    EXPECT_EQ(rtctl_({"system", "shutdown", "-t", "-1"}).exit_code, 125);
    ASSERT_EQ(rtctl_({"run", "--rm", "busybox", "true"}).exit_code,
              0); // its network is missed by the fixture
    EXPECT_EQ(rtctl_({"rm", "stubborn", "for-ever"}).exit_code, 0);
}

} // namespace
