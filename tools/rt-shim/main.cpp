// SPDX-License-Identifier: Apache-2.0
// rt-shim CONTAINER-ID, with a socket to the engine as descriptor 3; if there are, with the container's lock
// as descriptor 4 and the mount that it was started from as descriptor 5. The id on the command line is for
// people who look at the process list; everything else comes over the socket.
#include "shim.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace {

constexpr int kLauncher = 3;
constexpr int kLock = 4;
constexpr int kProgramMount = 5;

bool is_socket(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

// Nothing of who started us: not its terminal, directory or umask.
bool detach() {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || ::chdir("/") != 0) return false;
    for (int fd = 0; fd <= 2; ++fd)
        if (::dup2(null, fd) < 0) return false;
    ::close(null);
    ::umask(022);
    (void)::fcntl(kProgramMount, F_SETFD, FD_CLOEXEC); // there may be none
    return ::fcntl(kLauncher, F_SETFD, FD_CLOEXEC) == 0;
}

} // namespace

int main(int count, char** /*arguments*/) {
    // Big buffers live only while there is output: they come from mmap and go back with free().
    ::mallopt(M_MMAP_THRESHOLD, 64 << 10);
    ::mallopt(M_TRIM_THRESHOLD, 16 << 10);
    if (count != 2 || !is_socket(kLauncher)) {
        constexpr char kText[] = "rt-shim: this program is run by rtctl and rtd, not by hand\n";
        (void)!::write(STDERR_FILENO, kText, sizeof kText - 1); // what else is there to do
        return 2;
    }
    // It knows the environments of containers: no core file holds them, and what it starts is closed to
    // others until it executes a program.
    rt::UniqueFd lock(::fcntl(kLock, F_SETFD, FD_CLOEXEC) == 0 ? kLock : -1);
    if (!detach() || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
    rt::shim::Shim shim;
    return shim.run(rt::UniqueFd(kLauncher), std::move(lock)) ? 0 : 1;
}
