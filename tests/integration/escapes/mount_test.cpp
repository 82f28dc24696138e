// SPDX-License-Identifier: Apache-2.0
// A container that shares a directory with one that is being started, and swaps links into it meanwhile:
// mounts that go elsewhere (CVE-2021-30465), files and directories made on the host (CVE-2024-45310), paths
// that are not masked (CVE-2025-31133), a console that is another file (CVE-2025-52565), a /proc that is none
// (CVE-2025-52881).
#include "escapes/escapes.hpp"

#include <sys/mount.h>

namespace {

using rt::test::Outcome;
using testing::HasSubstr;

namespace fs = std::filesystem;

// A directory at a second place of the host (this test's own mounts) until the end of the scope.
class BoundOn {
public:
    BoundOn(const fs::path& directory, const char* place) : place_(place) {
        EXPECT_EQ(::mount(directory.c_str(), place, nullptr, MS_BIND, nullptr), 0);
    }
    BoundOn(const BoundOn&) = delete;
    BoundOn& operator=(const BoundOn&) = delete;
    ~BoundOn() { EXPECT_EQ(::umount2(place_, MNT_DETACH), 0); }

private:
    const char* place_;
};

class SwappedMounts : public Escapes {
protected:
    void SetUp() override {
        Escapes::SetUp();
        fs::create_directories(inner() / "directory");
        rt::test::write_file(inner() / "marker", "");
    }
    void start_swapping(const std::string& one, const std::string& other) {
        start("swapper", {"-v", shared().native() + ":/shared"},
              {"/attack/swap", "/shared/" + one, "/shared/" + other});
    }
    void TearDown() override {
        EXPECT_EQ(rtctl_({"inspect", "--format", "{{.State.Running}}", "swapper"}).out, "true\n")
            << log_of("swapper") << rtctl_({"logs", "swapper"}).err;
        Escapes::TearDown();
    }
    fs::path inner() const { return rtctl_.directory() / "inner"; }
    Words volume(const fs::path& source, const std::string& target) const {
        return {"-v", source.native() + ":" + target};
    }
    static Words joined(std::initializer_list<Words> parts) {
        Words all;
        for (const Words& part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    }
};

// A mount that has gone out of the container is not among those that it sees.
TEST_F(SwappedMounts, StayInTheContainerAndMakeNothingOutsideOfIt) {
    // The link leads somewhere on the host and in the container, so that either is a place to mount on.
    const BoundOn host_place(outside(), "/mnt");
    const fs::path decoy = rtctl_.directory() / "decoy";
    fs::create_directories(decoy / "there");
    fs::create_directories(shared() / "way/there");
    fs::create_directory_symlink("/mnt", shared() / "link");
    start_swapping("way", "link");
    int started = 0;
    int number = 0;
    const auto expect_mounts = [&](const Words& options, const std::string& count) {
        const Outcome outcome = attack(joined({volume(shared(), "/shared"), volume(decoy, "/mnt"), options}),
                                       {"grep", "-c", "/inner", "/proc/self/mountinfo"});
        if (outcome.exit_code != 0 && outcome.out.empty()) return; // refused: nothing was started
        ++started;
        EXPECT_EQ(outcome.out, count) << outcome.err;
    };
    race([&] {
        const std::string name = std::to_string(++number);
        expect_mounts(volume(inner(), "/shared/way/there"), "1\n");
        expect_mounts(joined({{"-w", "/shared/way/made/" + name},
                              volume(inner(), "/shared/way/deep/new" + name),
                              volume(inner() / "marker", "/shared/way/file" + name)}),
                      "2\n");
    });
    EXPECT_GT(started, 0);
}

TEST_F(SwappedMounts, OfAnothersDevDoNotDecideWhatMasksAPath) {
    start("maker", {"-v", shared().native() + ":/shared"},
          {"busybox", "mknod", "/shared/null", "c", "1", "3"});
    ASSERT_EQ(rtctl_({"wait", "maker"}).out, "0\n");
    fs::create_symlink("/proc/sys/kernel/core_pattern", shared() / "link");
    start_swapping("null", "link");
    race([&] {
        const Outcome outcome = attack(volume(shared(), "/dev"), {"stat", "-c", "%t:%T", "/proc/timer_list",
                                                                  "/proc/keys", "/proc/interrupts"});
        EXPECT_EQ(outcome.out, "1:3\n1:3\n1:3\n") << outcome.err;
    });
}

TEST_F(SwappedMounts, GiveNoOtherConsole) {
    fs::create_directories(shared() / "pts");
    rt::test::write_file(shared() / "pts/ptmx", "");
    rt::test::write_file(shared() / "ptmx", "");
    const Words targets{"/dev", "/dev/pts"};
    for (const std::string& target : targets) {
        const Outcome outcome = attack(joined({{"-t"}, volume(shared(), target)}), {"true"});
        EXPECT_EQ(outcome.exit_code, 125);
        EXPECT_THAT(outcome.err, HasSubstr("devpts"));
    }
    fs::create_symlink(outside() / "file", shared() / "console");
    fs::create_symlink(outside(), shared() / "link");
    start_swapping("pts", "link");
    race([&] {
        EXPECT_EQ(attack(joined({{"-t"}, volume(shared(), "/dev")}), {"true"}).exit_code, 125);
        const Outcome own = attack({"-t"}, {"stat", "-c", "%t:%T", "/dev/console"});
        EXPECT_EQ(own.out, "88:0\r\n") << own.err; // the first terminal of a devpts
    });
}

TEST_F(SwappedMounts, HideNothingOfProc) {
    fs::create_directories(shared() / "way/attr");
    fs::create_directories(shared() / "way/sys");
    fs::create_directory_symlink("/proc/self", shared() / "link");
    for (const char* target :
         {"/proc", "/proc/self/attr", "/proc/sys", "/proc/sys/kernel", "/proc/./sys/../self/attr",
          "/proc/thread-self/attr", "/shared/link/attr", "/shared/link/fd"}) {
        EXPECT_EQ(attack(joined({volume(shared(), "/shared"), volume(inner(), target)}), {"true"}).exit_code,
                  125)
            << target;
        EXPECT_EQ(attack(joined({volume(shared(), "/shared"), {"--tmpfs", target}}), {"true"}).exit_code, 125)
            << target;
    }
    start_swapping("way", "link");
    race([&] {
        const Outcome outcome = attack(joined({volume(shared(), "/shared"),
                                               volume(inner(), "/shared/way/attr"),
                                               {"--sysctl", "net.ipv4.ip_unprivileged_port_start=81"}}),
                                       {"sh", "-c",
                                        "grep -c '/inner /proc' /proc/self/mountinfo; "
                                        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"});
        if (outcome.exit_code == 125) return; // refused
        EXPECT_EQ(outcome.out, "0\n81\n") << outcome.err;
    });
}

} // namespace
