// SPDX-License-Identifier: Apache-2.0
// The network driver `none`: a container has a network namespace with nothing in it but lo, which is up.
#include <rt/network/netns.hpp>
#include <rt/sdk/network.hpp>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace {

using rt::sdk::Call;
using rt::sdk::Code;
using rt::sdk::fail;
using rt::sdk::fail_errno;
using rt::sdk::Result;

// The flags of lo in the namespace, after those in also were set.
Result<int> loopback_flags(int netns_fd, int also) {
    RT_TRY_ASSIGN(const auto fd, rt::network::open_socket_in(netns_fd, AF_INET, SOCK_DGRAM, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    if (::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0)
        return fail_errno(errno, "look at lo in the container");
    if ((request.ifr_flags & also) == also) return request.ifr_flags;
    request.ifr_flags = static_cast<short>(request.ifr_flags | also);
    if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0)
        return fail_errno(errno, "bring up lo in the container");
    return request.ifr_flags;
}

class NoNetwork {
public:
    static constexpr std::uint64_t features = 0;

    static Result<std::unique_ptr<NoNetwork>> create(rt::sdk::Host, std::string_view) {
        return std::make_unique<NoNetwork>();
    }
    Result<std::string> probe(Call) { return "{}"; }
    Result<std::string> create_network(Call, std::string_view) { return "{}"; }
    Result<void> remove_network(Call, std::string_view) { return {}; }
    Result<std::string> attach(Call, std::string_view, int netns_fd) {
        RT_TRY(loopback_flags(netns_fd, IFF_UP));
        return R"({"interfaces":[],"addresses":[],"ports":[]})";
    }
    Result<void> detach(Call, std::string_view, int) { return {}; }
    Result<void> check(Call, std::string_view, int netns_fd) {
        RT_TRY_ASSIGN(const int flags, loopback_flags(netns_fd, 0));
        if ((flags & IFF_UP) == 0) return fail(Code::failed_precondition, "lo is down in the container");
        return {};
    }
};

} // namespace

RT_NETWORK_PLUGIN(NoNetwork, "none", "0.1.0", "Apache-2.0",
                  "containers have no network but their own loopback",
                  R"({"type": "object", "properties": {}, "additionalProperties": false})");
