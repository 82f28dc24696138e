// SPDX-License-Identifier: Apache-2.0
// Laws on several processes and on those that die: at any moment, what is listed can be used or removed.
#include "layer_writer.hpp"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <functional>
#include <random>
#include <utility>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Runs body in a child process; its result is the exit status.
pid_t run_in_child(const std::function<bool()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    return child;
}

bool succeeded(pid_t child) {
    int status = -1;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Kills the child at a random moment of its life of about `life`; the moment is the point, nothing is waited
// for.
void kill_at_random(pid_t child, Clock::duration life, std::mt19937& random) {
    const auto longest = std::chrono::duration_cast<std::chrono::nanoseconds>(life).count();
    const timespec pause{
        0, std::uniform_int_distribution<long>(0, std::min<long>(longest, 500'000'000))(random)};
    ::nanosleep(&pause, nullptr);
    ::kill(child, SIGKILL);
    (void)succeeded(child);
}

std::string file_name(int number) {
    return "d" + std::to_string(number % 5) + "/" + std::to_string(number);
}

void write_some_files(const fs::path& root) {
    for (int number = 0; number < 40; ++number) {
        const fs::path file = root / file_name(number);
        fs::create_directories(file.parent_path());
        write_file(file, std::string(10000, 'x'));
    }
}

// A snapshot that a crash left half-made cannot be mounted; one that can is whole, and a committed one always
// can.
void expect_whole_if_mountable(DriverUnderTest& driver, const std::string& id, const Ids& parents,
                               int state) {
    std::vector<sdk::Mount> mounts;
    const rtp_status status = driver.mounts(id, parents, RTP_MOUNT_READ_ONLY, mounts);
    EXPECT_TRUE(status == RTP_OK || (status == RTP_NOT_FOUND && state == RTP_SNAPSHOT_ACTIVE)) << id;
    if (status != RTP_OK) return;
    const Mounted view(driver, id, parents, RTP_MOUNT_READ_ONLY);
    for (int number = 0; number < 40; ++number)
        EXPECT_EQ(status_of(view / file_name(number)).st_size, 10000) << id;
}

} // namespace

TEST_P(CrashLaws, ManyProcessesUseTheSameStateAtOnce) {
    const Ids base = make_layer(driver, "base", {}, write_some_files);
    std::vector<pid_t> children;
    for (int process = 0; process < 8; ++process)
        children.push_back(run_in_child([&] {
            DriverUnderTest own(GetParam(), temp.path());
            for (int turn = 0; turn < 10; ++turn) {
                const std::string id = "p" + std::to_string(process) + "." + std::to_string(turn);
                if (own.prepare(id, base) != RTP_OK) return false;
                if (turn % 2 == 0 && own.commit(id) != RTP_OK) return false;
                if (turn > 0 && own.remove(id) != RTP_OK) return false;
            }
            return own.log().empty(); // removals meet in the trash, and nobody needs to know
        }));
    for (const pid_t child : children) EXPECT_TRUE(succeeded(child));
    EXPECT_EQ(driver.list().size(), 9U); // the base and turn 0 of each
    for (const auto& [id, state] : driver.list()) EXPECT_EQ(state, RTP_SNAPSHOT_COMMITTED) << id;
}

TEST_P(CrashLaws, OfManyWhoPrepareOneIdOneGetsIt) {
    std::vector<pid_t> children;
    for (int process = 0; process < 8; ++process)
        children.push_back(run_in_child([&] {
            DriverUnderTest own(GetParam(), temp.path());
            return own.prepare("same") == RTP_OK;
        }));
    int winners = 0;
    for (const pid_t child : children) winners += succeeded(child) ? 1 : 0;
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(driver.list().size(), 1U);
}

TEST_P(CrashLaws, AfterAKillAtAnyMomentWhatIsListedCanBeRemovedAndNothingStays) {
    const Ids base = make_layer(driver, "base", {}, write_some_files);
    ASSERT_EQ(driver.prepare("warm-up", base), RTP_OK);
    ASSERT_EQ(driver.remove("warm-up"), RTP_OK);
    const auto before = paths_below(driver.state());
    const auto life = [&] {
        return driver.prepare("c", base) == RTP_OK && driver.commit("c") == RTP_OK &&
               driver.remove("c") == RTP_OK;
    };
    const auto start = Clock::now();
    ASSERT_TRUE(succeeded(run_in_child(life)));
    const auto length = Clock::now() - start;
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int turn = 0; turn < 100 && !HasFailure(); ++turn) {
        kill_at_random(run_in_child(life), length, random);
        for (const auto& [id, state] : driver.list()) {
            expect_whole_if_mountable(driver, id, id == "c" ? base : Ids{}, state);
            if (id == "base") continue;
            EXPECT_EQ(driver.remove(id), RTP_OK) << driver.error().message;
        }
        ASSERT_EQ(driver.remove("anything"), RTP_OK); // cleans up after a killed removal too
        ASSERT_EQ(paths_below(driver.state()), before) << "turn " << turn;
    }
}

TEST_P(CrashLaws, AFullDiskIsAnErrorThatLeavesNothing) {
    fs::create_directory(temp / "small");
    ASSERT_EQ(::mount("tmpfs", (temp / "small").c_str(), "tmpfs", 0, "size=1m,nr_inodes=60"), 0);
    {
        DriverUnderTest small(GetParam(), temp / "small");
        const Ids base = make_layer(small, "base", {}, [](const fs::path& root) {
            write_file(root / "file", std::string(200'000, 'x'));
        });
        std::size_t made = 0;
        while (made < 100 && small.prepare("c" + std::to_string(made), base) == RTP_OK) ++made;
        ASSERT_LT(made, 100U);
        EXPECT_EQ(small.error().code, RTP_RESOURCE_EXHAUSTED) << small.error().message;
        EXPECT_EQ(small.list().size(), made + 1);
        ASSERT_EQ(small.remove("c0"), RTP_OK);
        EXPECT_EQ(small.prepare("c0", base), RTP_OK) << "what was freed can be used again";
    }
    EXPECT_EQ(::umount2((temp / "small").c_str(), MNT_DETACH), 0);
}

} // namespace rt::test
