// SPDX-License-Identifier: Apache-2.0
// The network driver `host`: containers stay in the host's network namespace, so there is nothing to make or
// to remove.
#include <rt/sdk/network.hpp>

namespace {

using rt::sdk::Call;
using rt::sdk::Result;

class HostNetwork {
public:
    static constexpr std::uint64_t features = RTP_NETWORK_HOST_NAMESPACE;

    static Result<std::unique_ptr<HostNetwork>> create(rt::sdk::Host, std::string_view) {
        return std::make_unique<HostNetwork>();
    }
    Result<std::string> probe(Call) { return "{}"; }
    Result<std::string> create_network(Call, std::string_view) { return "{}"; }
    Result<void> remove_network(Call, std::string_view) { return {}; }
    // A namespace of the container's own would be a container without network: somebody did not read the
    // feature flag.
    Result<std::string> attach(Call, std::string_view, int netns_fd) {
        if (netns_fd >= 0)
            return rt::sdk::fail(
                rt::sdk::Code::invalid_argument,
                "the network driver 'host' cannot attach a network namespace of a container's own");
        return R"({"interfaces":[],"addresses":[],"ports":[]})";
    }
    Result<void> detach(Call, std::string_view, int) { return {}; }
    Result<void> check(Call, std::string_view, int) { return {}; }
};

} // namespace

RT_NETWORK_PLUGIN(HostNetwork, "host", "0.1.0", "Apache-2.0", "containers share the host's network",
                  R"({"type": "object", "properties": {}, "additionalProperties": false})");
