// SPDX-License-Identifier: Apache-2.0
// By ioctl() and not by netlink, for the sake of the container's end: the kernel frees a closed netlink
// socket only after an RCU grace period (10 ms and more), and the socket holds its namespace until then. A
// container that ends sooner would leave a namespace that looks alive, and its links would have to be deleted
// one by one, which takes two more such periods. A datagram socket that was never bound is freed at once.
#include "container_side.hpp"

#include "links.hpp"
#include "netlink_socket.hpp"

#include <rt/network/netns.hpp>

#include <linux/netlink.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace rt::bridge {
namespace {

void put_address(sockaddr& target, Ipv4 address) {
    sockaddr_in value{};
    value.sin_family = AF_INET;
    value.sin_addr.s_addr = address.network_order();
    std::memcpy(&target, &value, sizeof value);
}

ifreq request_for(const std::string& link) {
    ifreq request{};
    link.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

sdk::Result<void> bring_up(int fd, const std::string& link, int other_flags) {
    ifreq request = request_for(link);
    request.ifr_flags = static_cast<short>(IFF_UP | other_flags);
    if (::ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        return sdk::fail_errno(errno, "bring up '", link, "' in the container");
    return {};
}

// Both while the link is down: the route to the subnet is made when it comes up, for the right prefix.
sdk::Result<void> set_address(int fd, const std::string& link, const Ipv4Prefix& address) {
    ifreq request = request_for(link);
    put_address(request.ifr_addr, address.address);
    if (::ioctl(fd, SIOCSIFADDR, &request) != 0)
        return sdk::fail_errno(errno, "give '", link, "' in the container the address '", address.text(),
                               "'");
    put_address(request.ifr_netmask, Ipv4{address.mask()});
    if (::ioctl(fd, SIOCSIFNETMASK, &request) != 0)
        return sdk::fail_errno(errno, "give '", link, "' in the container the prefix of '", address.text(),
                               "'");
    return {};
}

// gateway 0.0.0.0: any.
rtentry default_route(Ipv4 gateway) {
    rtentry route{};
    put_address(route.rt_dst, {});
    put_address(route.rt_genmask, {});
    route.rt_flags = RTF_UP;
    if (gateway.value == 0) return route;
    put_address(route.rt_gateway, gateway);
    route.rt_flags |= RTF_GATEWAY;
    return route;
}

// As long as there is such a one.
sdk::Result<void> delete_default_routes(int fd, Ipv4 gateway) {
    constexpr int kMost = 64;
    rtentry route = default_route(gateway);
    for (int i = 0; i < kMost; ++i) {
        if (::ioctl(fd, SIOCDELRT, &route) == 0) continue;
        if (errno == ESRCH) return {};
        return sdk::fail_errno(errno, "remove the container's default route");
    }
    return {};
}

sdk::Result<void> add_default_route(int fd, Ipv4 gateway) {
    rtentry route = default_route(gateway);
    if (::ioctl(fd, SIOCADDRT, &route) != 0 && errno != EEXIST)
        return sdk::fail_errno(errno, "set the container's default route through '", gateway.text(), "'");
    return {};
}

} // namespace

sdk::Result<void> configure_inside(int netns_fd, const SysctlView& sysctls, const std::string& link,
                                   const Ipv4Prefix& address, std::optional<Ipv4> gateway) {
    sdk::UniqueFd fd;
    RT_TRY(network::inside_namespace(netns_fd, [&]() -> sdk::Result<void> {
        fd.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (!fd) return sdk::fail_errno(errno, "open a socket in the container's network namespace");
        return sysctls.disable_ipv6(link); // of the namespace the thread is in
    }));
    RT_TRY(bring_up(fd.get(), "lo", 0));
    RT_TRY(set_address(fd.get(), link, address));
    RT_TRY(bring_up(fd.get(), link, IFF_MULTICAST));
    return gateway ? add_default_route(fd.get(), *gateway) : sdk::Result<void>();
}

sdk::Result<void> add_addresses(int netns_fd, const std::string& link, const std::vector<Ipv4Prefix>& more) {
    if (more.empty()) return {};
    RT_TRY_ASSIGN(NetlinkSocket inside, NetlinkSocket::open(NETLINK_ROUTE, netns_fd));
    RT_TRY_ASSIGN(const auto found, find_link(inside, link));
    if (!found) return sdk::fail(sdk::Code::not_found, "the container has no link '", link, "'");
    Batch batch;
    for (const Ipv4Prefix& address : more) add_address(batch, found->index, address);
    return inside.send_all(batch, sdk::cat("give '", link, "' in the container its link-local addresses"));
}

sdk::Result<void> replace_default_route(int netns_fd, Ipv4 gateway) {
    RT_TRY_ASSIGN(const sdk::UniqueFd fd, network::open_socket_in(netns_fd, AF_INET, SOCK_DGRAM, 0));
    RT_TRY(delete_default_routes(fd.get(), {}));
    return add_default_route(fd.get(), gateway);
}

sdk::Result<void> remove_default_route(int netns_fd, Ipv4 gateway) {
    RT_TRY_ASSIGN(const sdk::UniqueFd fd, network::open_socket_in(netns_fd, AF_INET, SOCK_DGRAM, 0));
    return delete_default_routes(fd.get(), gateway);
}

} // namespace rt::bridge
