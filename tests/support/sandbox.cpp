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

// Not below /tmp: plugins and state are only trusted below directories that root alone can write to.
std::string& place() {
    static std::string directory = "/var/lib";
    return directory;
}

void mount_memory() {
    std::string directory = place() + "/rt-test-XXXXXX";
    must(::mkdtemp(directory.data()) == nullptr ? -1 : 0, "make a directory for a tmpfs");
    must(::mount("none", directory.c_str(), "tmpfs", 0, "mode=755,size=1g"), "mount a tmpfs");
    place() = directory;
}

} // namespace

const std::string& directory_of_tests() {
    return place();
}

void leave_sandbox() {
    if (std::getenv("RT_TEST_IN_MEMORY") == nullptr) return;
    ::umount2(place().c_str(), MNT_DETACH);
    ::rmdir(place().c_str());
}

void enter_sandbox() {
    must(::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    if (std::getenv("RT_TEST_IN_MEMORY") != nullptr) mount_memory();
    bring_up_loopback();
}

} // namespace rt::test
