// SPDX-License-Identifier: Apache-2.0
// What holds for repairs as a whole.
#include "fixture.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace {

namespace fs = std::filesystem;
using rt::test::eventually;
using rt::test::kGhost;
using rt::test::write_file;
using testing::HasSubstr;

class DoctorRepair : public rt::test::Doctor {
protected:
    void leave_things() {
        ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
        const pid_t shim = shim_of(id_of("one"));
        ASSERT_GT(shim, 0);
        ::kill(shim, SIGKILL);
        fs::create_directories(storage() / "active" / ("c-" + kGhost.substr(0, 32)) / "etc");
        fs::create_directories(rtctl_.run() / "containers" / kGhost);
        write_file(rtctl_.root() / "logs" / (kGhost + "-json.log"), "x\n");
        write_file(rtctl_.root() / "blobs" / "sha256" / kGhost, "x");
        sql("INSERT INTO leases VALUES ('" + network_ + "', 174588007, '" + kGhost + "')");
    }
};

TEST_F(DoctorRepair, KilledAtAnyMomentIsRepeatedAndThenNothingIsLeft) {
    for (int number = 0; number < 12; ++number) {
        leave_things();
        const pid_t pid = rtctl_.start({"doctor", "--repair", "--discard"});
        ::usleep(static_cast<useconds_t>(number) * 12'000); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        const Look repaired = look({"--repair", "--discard"});
        for (const auto& finding : repaired.findings) EXPECT_EQ(finding["Repaired"], true) << finding;
        const Look after = look();
        EXPECT_TRUE(after.findings.empty()) << number << after.out;
        EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    }
}

// Beside it containers come and go, and volumes, networks and images with them: nothing of theirs is taken
// for a leftover.
TEST_F(DoctorRepair, TouchesNothingOfCommandsThatRunBesideIt) {
    std::atomic<bool> over = false;
    std::thread others([&] {
        for (int number = 0; number < 12; ++number) {
            const std::string name = "one" + std::to_string(number);
            const auto run = rtctl_({"run", "-d", "--name", name, "--network", "back", "-v", name + ":/data",
                                     "-p", "9", "busybox", "sleep", "1000"});
            EXPECT_EQ(run.exit_code, 0) << run.err;
            EXPECT_EQ(rtctl_({"exec", name, "touch", "/data/x"}).exit_code, 0);
            EXPECT_EQ(rtctl_({"restart", "-t", "0", name}).exit_code, 0);
            EXPECT_EQ(rtctl_({"rm", "-f", name}).exit_code, 0);
            EXPECT_EQ(rtctl_({"volume", "rm", name}).exit_code, 0);
        }
        over = true;
    });
    while (!over) {
        const Look seen = look({"--repair"});
        EXPECT_TRUE(seen.findings.empty()) << seen.out;
    }
    others.join();
}

TEST_F(DoctorRepair, TellsPeopleWhatItIsAndWhatToDo) {
    fs::create_directories(rtctl_.run() / "containers" / kGhost);
    const auto seen = rtctl_({"doctor"});
    EXPECT_EQ(seen.exit_code, 1);
    EXPECT_THAT(seen.out, HasSubstr("leftover  container.run-directory  directory '"));
    EXPECT_THAT(seen.out, HasSubstr("    there is no such container\n    of: container " + kGhost +
                                    "\n    do: rtctl doctor --repair\n"));
    const auto repaired = rtctl_({"doctor", "--repair"});
    EXPECT_THAT(repaired.out, HasSubstr("repaired  container.run-directory  directory '"));
    EXPECT_THAT(repaired.out, HasSubstr(", 1 repaired\n"));
}

// What has no record may be somebody's all the same: the record may be an old one.
TEST_F(DoctorRepair, RemovesDataOnRequestAlone) {
    const auto log = rtctl_.root() / "logs" / (kGhost + "-json.log");
    write_file(log, "x\n");
    EXPECT_EQ(of(look({"--repair"}), "container.log").size(), 1U);
    EXPECT_TRUE(fs::exists(log));
    EXPECT_EQ(rtctl_({"doctor", "--discard"}).exit_code, 125);
    EXPECT_EQ(of(look({"--repair", "--discard"}), "container.log").at(0)["Repaired"], true);
    EXPECT_FALSE(fs::exists(log));
}

TEST_F(DoctorRepair, TakesNothingFromAContainerThatAnOlderDatabaseDoesNotKnow) {
    const auto kept = rtctl_.directory() / "kept";
    fs::create_directories(kept);
    for (const char* name : {"rt.db", "rt.db-wal"}) // while nobody has it open
        if (fs::exists(rtctl_.root() / name)) fs::copy_file(rtctl_.root() / name, kept / name);
    const auto started = rtctl_({"run", "-d", "--name", "newer", "--network", "back", "busybox", "sh", "-c",
                                 "echo here > /file; echo said; sleep 1000"});
    ASSERT_EQ(started.exit_code, 0) << started.err;
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "newer"}).out == "said\n"; }));
    const auto newer = rtctl_.directory() / "newer";
    fs::create_directories(newer);
    const auto swap = [&](const fs::path& out, const fs::path& in) {
        for (const char* name : {"rt.db", "rt.db-wal", "rt.db-shm"}) {
            if (fs::exists(rtctl_.root() / name)) fs::rename(rtctl_.root() / name, out / name);
            if (fs::exists(in / name)) fs::rename(in / name, rtctl_.root() / name);
        }
    };
    swap(newer, kept);
    const Look seen = look({"--repair", "--discard"});
    EXPECT_EQ(of(seen, "container.unrecorded").size(), 1U) << seen.out;
    fs::create_directories(kept);
    swap(kept, newer);
    EXPECT_EQ(rtctl_({"exec", "newer", "cat", "/file"}).out, "here\n");
    EXPECT_EQ(rtctl_({"logs", "newer"}).out, "said\n");
    EXPECT_EQ(rtctl_({"exec", "newer", "ip", "addr", "show", "eth0"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "newer"}).exit_code, 0);
}

} // namespace
