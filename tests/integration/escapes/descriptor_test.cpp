// SPDX-License-Identifier: Apache-2.0
// CVE-2024-21626: a directory of the host that stays open in the container's process is a way out, as a
// working directory (-w, WORKDIR) and as a part of the program's path.
#include "escapes/escapes.hpp"

namespace {

using rt::test::Outcome;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kFirst = 3;
constexpr int kLast = 24;

class Descriptors : public Escapes {
protected:
    static std::string of(int number) { return "/proc/self/fd/" + std::to_string(number); }
};

// Where the descriptor is a directory, the program "DIRECTORY/." is one, and refused for that.
void expect_no_directory(const Outcome& outcome, int number) {
    EXPECT_NE(outcome.exit_code, 0) << number;
    EXPECT_THAT(outcome.err, AnyOf(HasSubstr("no such file"), HasSubstr("not a directory"))) << number;
}

TEST_F(Descriptors, OfTheHostAreNoWayToAProgramForRun) {
    for (int number = kFirst; number <= kLast; ++number)
        expect_no_directory(attack({}, {of(number) + "/."}), number);
}

TEST_F(Descriptors, OfTheHostAreNoWayToAProgramForExec) {
    start("box", {}, {"sleep", "1000"});
    for (int number = kFirst; number <= kLast; ++number)
        expect_no_directory(exec({"box", of(number) + "/."}), number);
}

TEST_F(Descriptors, OfTheHostAreNoWorkingDirectoryForRun) {
    std::filesystem::create_directory_symlink("/proc/self/fd", shared() / "link");
    for (int number = kFirst; number <= kLast; ++number) {
        EXPECT_NE(attack({"-w", of(number)}, {"pwd"}).exit_code, 0) << number;
        const std::string by_link = "/shared/link/" + std::to_string(number);
        EXPECT_NE(attack({"-w", by_link, "-v", shared().native() + ":/shared"}, {"pwd"}).exit_code, 0)
            << number;
    }
}

// That the place is looked at afterwards is the second line: here already there is nothing to enter.
TEST_F(Descriptors, OfTheHostAreNoWorkingDirectoryForExec) {
    start("box", {}, {"sleep", "1000"});
    for (int number = kFirst; number <= kLast; ++number) {
        const Outcome outcome = exec({"-w", of(number), "box", "pwd"});
        EXPECT_NE(outcome.exit_code, 0) << number;
        EXPECT_THAT(outcome.err, Not(HasSubstr("outside"))) << number;
    }
}

// The second line: a directory that is reached but is not below the container's root. Its own, of a mount
// that is gone, is the only one that a container can make.
TEST_F(Descriptors, AWorkingDirectoryOutsideTheRootIsRefused) {
    start("box", {"--cap-add", "SYS_ADMIN"},
          {"sh", "-c",
           "mkdir /tmp/m && mount -t tmpfs none /tmp/m && cd /tmp/m && busybox umount -l /tmp/m && "
           "touch /tmp/done; exec sleep 1000"});
    ASSERT_TRUE(
        rt::test::eventually([&] { return exec({"box", "test", "-e", "/tmp/done"}).exit_code == 0; }));
    const Outcome outcome = exec({"-w", "/proc/1/cwd", "box", "ls"});
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_THAT(outcome.err, HasSubstr("outside the container"));
}

} // namespace
