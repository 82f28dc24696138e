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
        const pid_t pid = rtctl_.start({"doctor", "--repair"});
        ::usleep(static_cast<useconds_t>(number) * 12'000); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        const Look repaired = look({"--repair"});
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
    write_file(rtctl_.root() / "logs" / (kGhost + "-json.log"), "x\n");
    const auto seen = rtctl_({"doctor"});
    EXPECT_EQ(seen.exit_code, 1);
    EXPECT_THAT(seen.out, HasSubstr("leftover  container.log  file '"));
    EXPECT_THAT(seen.out, HasSubstr("    there is no such container\n    of: container " + kGhost +
                                    "\n    do: rtctl doctor --repair\n"));
    const auto repaired = rtctl_({"doctor", "--repair"});
    EXPECT_THAT(repaired.out, HasSubstr("repaired  container.log  file '"));
    EXPECT_THAT(repaired.out, HasSubstr(", 1 repaired\n"));
}

} // namespace
