// SPDX-License-Identifier: Apache-2.0
#include "rt/network/netns.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

namespace rt::network {

// Two setns() cost about 3 us, a thread of its own about 40 us. The way back needs no memory that a failing
// host could refuse in practice; should it fail nevertheless, this thread would go on configuring somebody
// else's network, so abort.
sdk::Result<void> inside_namespace(int netns_fd, const std::function<sdk::Result<void>()>& body) {
    if (netns_fd < 0)
        return sdk::fail(sdk::Code::invalid_argument, "no network namespace of a container was given");
    const sdk::UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home) return sdk::fail_errno(errno, "open '/proc/thread-self/ns/net'");
    if (::setns(netns_fd, CLONE_NEWNET) != 0)
        return sdk::fail_errno(errno, "enter the container's network namespace (descriptor ", netns_fd, ")");
    struct WayBack {
        int home;
        ~WayBack() {
            if (::setns(home, CLONE_NEWNET) != 0) std::abort();
        }
    } const way_back{home.get()};
    return body();
}

sdk::Result<sdk::UniqueFd> open_socket_in(int netns_fd, int domain, int type, int protocol) {
    sdk::UniqueFd fd;
    RT_TRY(inside_namespace(netns_fd, [&]() -> sdk::Result<void> {
        fd.reset(::socket(domain, type | SOCK_CLOEXEC, protocol));
        if (!fd) return sdk::fail_errno(errno, "open a socket in the container's network namespace");
        return {};
    }));
    return fd;
}

} // namespace rt::network
