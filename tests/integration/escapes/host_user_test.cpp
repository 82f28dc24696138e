// SPDX-License-Identifier: Apache-2.0
// What a user of the host without privileges can reach of containers: their files (with setuid programs of
// theirs among them), the sockets of shims, logs, environments, and what a crash leaves.
#include "escapes/escapes.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <sstream>

namespace {

using rt::test::Outcome;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

// Which of the paths a user without privileges can open, list or connect to.
std::string reachable_by_nobody(const std::vector<std::string>& paths) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(1);
        for (const std::string& path : paths) {
            int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
            if (fd < 0) fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            if (fd < 0 && path.size() < sizeof address.sun_path) {
                std::strcpy(address.sun_path, path.c_str());
                fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
                if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
                    fd = -1; // NOLINT
            }
            const std::string line = path + "\n";
            if (fd >= 0) (void)!::write(ends[1], line.data(), line.size());
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string found;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        found.append(buffer, static_cast<std::size_t>(count));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return found;
}

class HostUser : public Escapes {
protected:
    void SetUp() override {
        Escapes::SetUp();
        // As /var/lib and /run are: what protects is rt's own directories.
        ASSERT_EQ(::chmod(rtctl_.directory().path().c_str(), 0755), 0);
        // A careless caller: no mode is left to the umask.
        Words words{"sh", "-c", "umask 0; exec \"$@\"", "sh"};
        for (const auto& word : rtctl_.command({"run", "-d", "--name", "box", "-e", "SECRET=of-the-container",
                                                "-v", "data:/data", "busybox", "sh", "-c", program()}))
            words.push_back(word);
        ASSERT_EQ(rt::test::run_program(words).exit_code, 0);
        ASSERT_TRUE(rt::test::eventually([&] { return log_of("box") == "said\n"; }));
        std::istringstream(rtctl_({"inspect", "--format", "{{.State.Pid}}", "box"}).out) >> container_;
        const auto directory = fs::directory_iterator(rtctl_.run() / "containers")->path();
        std::istringstream text(rt::test::read_file(directory / "shim.pid"));
        std::string word;
        text >> word >> shim_;
        ASSERT_GT(container_, 0);
        ASSERT_GT(shim_, 0);
    }
    void TearDown() override {
        remove("box");
        EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
        Escapes::TearDown();
    }
    static std::string program() {
        return "for at in /setuid /data/setuid; do busybox cp /bin/busybox $at; chmod 4755 $at; done; echo "
               "said; "
               "exec sleep 1000";
    }
    std::vector<std::string> everything() const {
        std::vector<std::string> paths{rtctl_.root(), rtctl_.run()};
        for (const fs::path& directory : {rtctl_.root(), rtctl_.run()})
            for (const auto& entry : fs::recursive_directory_iterator(directory))
                paths.push_back(entry.path());
        return paths;
    }
    pid_t container_ = 0;
    pid_t shim_ = 0;
};

TEST_F(HostUser, ReachesNothingOfTheStateAndOfTheRunDirectory) {
    const auto paths = everything();
    EXPECT_GT(paths.size(), 20U);
    EXPECT_TRUE(std::ranges::any_of(paths, [](const auto& path) { return path.ends_with("/setuid"); }));
    EXPECT_TRUE(std::ranges::any_of(paths, [](const auto& path) { return path.ends_with("/shim.sock"); }));
    EXPECT_EQ(reachable_by_nobody(paths), "");
}

// Should somebody open the two directories to others: what must not be read or changed is closed by itself.
TEST_F(HostUser, FindsNothingToReadOrChangeBehindOpenDoors) {
    ASSERT_EQ(::chmod(rtctl_.root().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(rtctl_.run().c_str(), 0755), 0);
    EXPECT_THAT(
        reachable_by_nobody(everything()),
        Not(testing::AnyOf(HasSubstr("/setuid\n"), HasSubstr("shim.sock\n"), HasSubstr("rt.db"),
                           HasSubstr("-json.log\n"), HasSubstr("config.json\n"), HasSubstr("/blobs/"))));
    for (const std::string& path : everything()) {
        struct stat status{};
        ASSERT_EQ(::lstat(path.c_str(), &status), 0) << path;
        const bool of_container = path.find("/storage/") != path.npos; // /tmp of the image is open to all
        EXPECT_TRUE(S_ISLNK(status.st_mode) || of_container || (status.st_mode & 022U) == 0)
            << path << " " << std::oct << status.st_mode;
    }
}

TEST_F(HostUser, ReadsNoEnvironmentAndEntersNoProcess) {
    std::vector<std::string> paths;
    for (const pid_t pid : {shim_, container_})
        for (const char* name :
             {"environ", "mem", "maps", "fd", "fdinfo", "root", "cwd", "exe", "ns/net", "auxv"})
            paths.push_back("/proc/" + std::to_string(pid) + "/" + name);
    EXPECT_EQ(reachable_by_nobody(paths), "");
    const std::string proc = "/proc/" + std::to_string(shim_);
    EXPECT_THAT(rt::test::read_file(proc + "/cmdline"), Not(HasSubstr("of-the-container")));
    EXPECT_THAT(rt::test::read_file(proc + "/environ"), Not(HasSubstr("of-the-container")));
    EXPECT_EQ(rt::test::read_file(proc + "/environ").find('\0'),
              rt::test::read_file(proc + "/environ").size() - 1); // PATH alone, nothing of who called
}

} // namespace
