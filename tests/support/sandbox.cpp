// SPDX-License-Identifier: Apache-2.0
#include "support/sandbox.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

namespace rt::test {
namespace {

void must(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

void bring_up_loopback() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd, "socket");
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    const int result = ::ioctl(fd, SIOCSIFFLAGS, &request);
    ::close(fd);
    must(result, "bring up lo");
}

} // namespace

void enter_sandbox() {
    must(::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    if (const char* const memory = std::getenv("RT_TEST_MEMORY"))
        must(::mount("none", memory, "tmpfs", 0, "mode=755"), "mount a tmpfs");
    bring_up_loopback();
}

} // namespace rt::test
