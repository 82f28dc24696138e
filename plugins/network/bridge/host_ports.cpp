// SPDX-License-Identifier: Apache-2.0
#include "host_ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace rt::bridge {

sdk::Result<sdk::UniqueFd> reserve_host_port(PortMapping& port) {
    const bool tcp = port.protocol == Protocol::tcp;
    sdk::UniqueFd fd(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
    if (!fd && errno == EMFILE)
        return sdk::fail_errno(errno, "see whether port '", port.text(),
                               "' is free: raise the limit of open files (ulimit -n) or publish fewer ports");
    if (!fd) return sdk::fail_errno(errno, "open a socket to see whether port '", port.text(), "' is free");
    // With SO_REUSEADDR connections that linger in TIME_WAIT do not count, listeners do (tcp(7)). For UDP it
    // would let two sockets share the port, so not there.
    const int on = 1;
    if (tcp) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port.host_port);
    address.sin_addr.s_addr = port.host_address.network_order();
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd.get(), raw, sizeof address) != 0 || (tcp && ::listen(fd.get(), 1) != 0)) {
        if (errno == EADDRINUSE)
            return sdk::fail_errno(
                errno, "cannot publish port '", port.text(),
                "': a program on this host uses it (see `ss -lnp`); stop it or choose another port");
        if (errno == EADDRNOTAVAIL)
            return sdk::fail(sdk::Code::failed_precondition, "cannot publish port '", port.text(), "': '",
                             port.host_address.text(), "' is not an address of this host");
        return sdk::fail_errno(errno, "see whether port '", port.text(), "' is free");
    }
    socklen_t size = sizeof address;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return sdk::fail_errno(errno, "ask for the port chosen by the kernel");
    port.host_port = ntohs(address.sin_port);
    return fd;
}

} // namespace rt::bridge
