// SPDX-License-Identifier: Apache-2.0
// A network driver through the C ABI, with statuses and JSON as values that tests compare.
#pragma once

#include "support/plugin_host.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace rt::test {

struct Answer {
    rtp_status status = RTP_OK;
    nlohmann::json json;
    std::string message;
};

class NetworkDriver {
public:
    explicit NetworkDriver(const std::string& name, const nlohmann::json& config = nlohmann::json::object())
        : host_(std::string(RT_PLUGIN_DIR "/") + name + ".so", directory_.path(), config.dump()),
          table_(host_.table<rtp_network_v1>(RTP_NETWORK_V1)) {}

    [[nodiscard]] const PluginHost& host() const { return host_; }
    [[nodiscard]] const rtp_network_v1& table() const { return table_; }
    Answer probe() {
        return answer([&](const rtp_sink* sink, rtp_error* error) {
            return host_.plugin().api->probe(host_.self(), &kCall, sink, error);
        });
    }
    Answer create_network(const nlohmann::json& network) {
        return answer([&](const rtp_sink* sink, rtp_error* error) {
            return table_.create_network(host_.self(), &kCall, network.dump().c_str(), sink, error);
        });
    }
    Answer remove_network(const nlohmann::json& network) {
        return answer([&](const rtp_sink*, rtp_error* error) {
            return table_.remove_network(host_.self(), &kCall, network.dump().c_str(), error);
        });
    }
    Answer attach(const nlohmann::json& endpoint, int netns_fd) {
        return answer([&](const rtp_sink* sink, rtp_error* error) {
            return table_.attach(host_.self(), &kCall, endpoint.dump().c_str(), netns_fd, sink, error);
        });
    }
    Answer detach(const nlohmann::json& endpoint, int netns_fd) {
        return answer([&](const rtp_sink*, rtp_error* error) {
            return table_.detach(host_.self(), &kCall, endpoint.dump().c_str(), netns_fd, error);
        });
    }
    Answer check(const nlohmann::json& endpoint, int netns_fd) {
        return answer([&](const rtp_sink*, rtp_error* error) {
            return table_.check(host_.self(), &kCall, endpoint.dump().c_str(), netns_fd, error);
        });
    }

    Answer set_ports(const nlohmann::json& endpoint, int netns_fd) {
        return answer([&](const rtp_sink* sink, rtp_error* error) {
            return host_.table<rtp_network_ports_v1>(RTP_NETWORK_PORTS_V1)
                .set_ports(host_.self(), &kCall, endpoint.dump().c_str(), netns_fd, sink, error);
        });
    }
    Answer stats(const nlohmann::json& endpoint) {
        return answer([&](const rtp_sink* sink, rtp_error* error) {
            return host_.table<rtp_network_stats_v1>(RTP_NETWORK_STATS_V1)
                .stats(host_.self(), &kCall, endpoint.dump().c_str(), sink, error);
        });
    }

private:
    template <class Call>
    static Answer answer(const Call& call) {
        std::string out;
        const rtp_sink sink = sink_to(out);
        rtp_error error{};
        Answer result{call(&sink, &error), {}, {}};
        result.message = error.message;
        if (!out.empty()) result.json = nlohmann::json::parse(out);
        return result;
    }

    TempDir directory_;
    PluginHost host_;
    const rtp_network_v1& table_;
};

} // namespace rt::test
