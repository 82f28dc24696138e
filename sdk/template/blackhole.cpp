// SPDX-License-Identifier: Apache-2.0
// A network driver to copy and change. Containers get a network namespace with lo in it, and whatever they
// send elsewhere goes into a black hole: one route, made over netlink inside the namespace.
#include <rt/sdk/network.hpp>
#include <rt/sdk/rollback.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace {

using rt::sdk::Call;
using rt::sdk::Code;
using rt::sdk::fail;
using rt::sdk::fail_errno;
using rt::sdk::Host;
using rt::sdk::Result;
using rt::sdk::Rollback;
using rt::sdk::UniqueFd;

// A socket belongs to the namespace in which it was made: go in, make it, come back.
Result<UniqueFd> socket_in(int netns_fd, int family, int type) {
    const UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home) return fail_errno(errno, "open this thread's network namespace");
    if (::setns(netns_fd, CLONE_NEWNET) != 0)
        return fail_errno(errno, "enter the container's network namespace");
    Rollback back;
    back.add([&] { (void)::setns(home.get(), CLONE_NEWNET); }); // we were there: it cannot fail
    UniqueFd made(::socket(family, type | SOCK_CLOEXEC, 0));
    if (!made) return fail_errno(errno, "make a socket in the container's network namespace");
    return made;
}

// What a lookup of any outside address answers under each kind of route.
struct Hole {
    unsigned char type; // RTN_*
    int answer;         // errno
};

Hole hole_named(const std::string& name) {
    if (name == "unreachable") return {RTN_UNREACHABLE, EHOSTUNREACH};
    if (name == "prohibit") return {RTN_PROHIBIT, EACCES};
    return {RTN_BLACKHOLE, EINVAL};
}

// One request about a route; the kernel's answer as an errno, 0 for success.
Result<int> ask_kernel(int netns_fd, std::uint16_t message, std::uint16_t flags, unsigned char route_type) {
    struct Request {
        nlmsghdr header;
        rtmsg route;
        rtattr destination;
        std::uint32_t address;
    } request{};
    const bool is_lookup = message == RTM_GETROUTE;
    request.header = {
        static_cast<std::uint32_t>(is_lookup ? sizeof request : NLMSG_LENGTH(sizeof request.route)), message,
        static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags), 1, 0};
    request.route = {AF_INET, 0, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, route_type, 0};
    if (is_lookup) {
        request.route = {AF_INET, 32, 0, 0, 0, 0, 0, 0, 0};
        request.destination = {RTA_LENGTH(sizeof request.address), RTA_DST};
        request.address = htonl(0xC0000201U); // 192.0.2.1 is nobody's (RFC 5737)
    }
    RT_TRY_ASSIGN(const UniqueFd netlink, socket_in(netns_fd, AF_NETLINK, SOCK_RAW));
    if (::send(netlink.get(), &request, request.header.nlmsg_len, 0) < 0)
        return fail_errno(errno, "send a request about routes to the kernel");
    struct Answer {
        nlmsghdr header;
        nlmsgerr error;
        char rest[4096];
    } answer{};
    const ssize_t size = ::recv(netlink.get(), &answer, sizeof answer, 0);
    if (size < 0) return fail_errno(errno, "receive the kernel's answer about routes");
    return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : 0;
}

Result<void> bring_up_loopback(int netns_fd) {
    RT_TRY_ASSIGN(const UniqueFd fd, socket_in(netns_fd, AF_INET, SOCK_DGRAM));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0)
        return fail_errno(errno, "bring up lo in the container");
    return {};
}

class Blackhole {
public:
    static constexpr std::uint64_t features =
        0; // no ports can be published, the namespace is the container's

    Blackhole(Host host, Hole hole) : host_(host), hole_(hole) {}

    // config has been checked against the schema below, and holds its defaults.
    static Result<std::unique_ptr<Blackhole>> create(Host host, std::string_view config) {
        const auto json = nlohmann::json::parse(config);
        return std::make_unique<Blackhole>(host, hole_named(json.at("answer").get<std::string>()));
    }

    // Any kernel that has network namespaces has these routes.
    Result<std::string> probe(Call) {
        if (::access("/proc/self/ns/net", F_OK) != 0)
            return fail(Code::unsupported,
                        "this kernel has no network namespaces; use the network driver 'host'");
        return "{}";
    }

    // There is nothing on the host's side of this network, and no subnets: the host allocates no addresses.
    Result<std::string> create_network(Call, std::string_view) { return R"({"subnets": []})"; }
    Result<void> remove_network(Call, std::string_view) { return {}; }

    Result<std::string> attach(Call call, std::string_view, int netns_fd) {
        RT_TRY(call.check()); // nothing is done yet: the moment to give up
        RT_TRY(bring_up_loopback(netns_fd));
        RT_TRY_ASSIGN(const int problem,
                      ask_kernel(netns_fd, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, hole_.type));
        if (problem != 0) return fail_errno(problem, "add the default route of the container");
        host_.debug("attached", {{"operation", call.operation_id()}});
        return R"({"interfaces": [], "addresses": [], "ports": []})";
    }

    // Repeatable, and best effort: the route goes with the namespace anyway.
    Result<void> detach(Call, std::string_view, int netns_fd) {
        if (netns_fd < 0) return {};
        RT_TRY_ASSIGN(const int problem, ask_kernel(netns_fd, RTM_DELROUTE, 0, hole_.type));
        if (problem != 0 && problem != ESRCH)
            return fail_errno(problem, "remove the container's default route");
        return {};
    }

    Result<void> check(Call, std::string_view, int netns_fd) {
        RT_TRY_ASSIGN(const int answer, ask_kernel(netns_fd, RTM_GETROUTE, 0, 0));
        if (answer == hole_.answer) return {};
        return fail(Code::failed_precondition,
                    "the container's default route is not the one that was made: a "
                    "lookup gives '",
                    std::strerror(answer), "' in place of '", std::strerror(hole_.answer), "'");
    }

private:
    Host host_;
    Hole hole_;
};

} // namespace

RT_NETWORK_PLUGIN(Blackhole, "blackhole", "1.0.0", "Apache-2.0",
                  "containers can reach nothing but themselves",
                  R"({
    "type": "object",
    "additionalProperties": false,
    "properties": {
        "answer": {
            "type": "string",
            "enum": ["silence", "unreachable", "prohibit"],
            "default": "silence",
            "description": "what a program in the container gets to see when it sends something"
        }
    }
})");
