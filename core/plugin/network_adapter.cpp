// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/instance.hpp"

namespace rt {
namespace {

class NetworkAdapter final : public NetworkBackend {
public:
    NetworkAdapter(std::unique_ptr<PluginInstance> plugin, const rtp_network_v1* table,
                   const rtp_network_stats_v1* stats)
        : plugin_(std::move(plugin)), table_(table), stats_(stats) {}

    [[nodiscard]] const std::string& instance() const override { return plugin_->instance(); }
    [[nodiscard]] const std::string& plugin() const override { return plugin_->plugin(); }
    Result<std::string> probe(const Operation& operation) override { return plugin_->probe(operation); }

    [[nodiscard]] NetworkTraits traits() const override {
        return {(table_->features & RTP_NETWORK_HOST_NAMESPACE) != 0,
                (table_->features & RTP_NETWORK_PORTS) != 0};
    }

    [[nodiscard]] NetworkAbilities abilities() const override {
        return {.several = (table_->features & RTP_NETWORK_SEVERAL) != 0,
                .mac_addresses = (table_->features & RTP_NETWORK_MAC) != 0,
                .ipv6 = (table_->features & RTP_NETWORK_IPV6) != 0,
                .default_routes = find<rtp_network_routes_v1>(RTP_NETWORK_ROUTES_V1) != nullptr,
                .port_changes = find<rtp_network_ports_v1>(RTP_NETWORK_PORTS_V1) != nullptr,
                .names = find<rtp_network_names_v1>(RTP_NETWORK_NAMES_V1) != nullptr};
    }

    Result<std::string> create_network(const Operation& operation, const std::string& network) override {
        return plugin_->call_for_json(
            "create_network", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                return table_->create_network(plugin_->self(), call, network.c_str(), sink, error);
            });
    }

    Result<void> remove_network(const Operation& operation, const std::string& network) override {
        return plugin_->call("remove_network", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->remove_network(plugin_->self(), call, network.c_str(), error);
        });
    }

    Result<std::string> attach(const Operation& operation, const std::string& endpoint, int netns) override {
        return plugin_->call_for_json(
            "attach", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                return table_->attach(plugin_->self(), call, endpoint.c_str(), netns, sink, error);
            });
    }

    Result<void> detach(const Operation& operation, const std::string& endpoint, int netns) override {
        return plugin_->call("detach", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->detach(plugin_->self(), call, endpoint.c_str(), netns, error);
        });
    }

    Result<void> check(const Operation& operation, const std::string& endpoint, int netns) override {
        return plugin_->call("check", operation, [&](const rtp_call* call, rtp_error* error) {
            return table_->check(plugin_->self(), call, endpoint.c_str(), netns, error);
        });
    }

    Result<std::string> stats(const Operation& operation, const std::string& endpoint) override {
        if (stats_ == nullptr)
            return fail(Code::unsupported, "network driver '", instance(), "' (", plugin(),
                        ") does not count what goes over its endpoints");
        return plugin_->call_for_json(
            "stats", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                return stats_->stats(plugin_->self(), call, endpoint.c_str(), sink, error);
            });
    }

    Result<void> set_default_route(const Operation& operation, const std::string& endpoint, int netns,
                                   DefaultRoute wanted) override {
        const auto* table = find<rtp_network_routes_v1>(RTP_NETWORK_ROUTES_V1);
        if (table == nullptr) return lacks("change a container's default route");
        if (table->set_default_route == nullptr)
            return plugin_->broken("get_interface", "left a function of '", RTP_NETWORK_ROUTES_V1, "' null");
        return plugin_->call("set_default_route", operation, [&](const rtp_call* call, rtp_error* error) {
            return table->set_default_route(plugin_->self(), call, endpoint.c_str(), netns,
                                            wanted == DefaultRoute::yes ? 1 : 0, error);
        });
    }

    Result<std::string> set_ports(const Operation& operation, const std::string& endpoint,
                                  int netns) override {
        const auto* table = find<rtp_network_ports_v1>(RTP_NETWORK_PORTS_V1);
        if (table == nullptr) return lacks("change what an attached endpoint publishes");
        if (table->set_ports == nullptr)
            return plugin_->broken("get_interface", "left a function of '", RTP_NETWORK_PORTS_V1, "' null");
        return plugin_->call_for_json(
            "set_ports", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                return table->set_ports(plugin_->self(), call, endpoint.c_str(), netns, sink, error);
            });
    }

    Result<void> redirect_names(const Operation& operation, int netns, NamePorts ports) override {
        const auto* table = find<rtp_network_names_v1>(RTP_NETWORK_NAMES_V1);
        if (table == nullptr) return lacks("lead a container's questions for names to their server");
        if (table->redirect_names == nullptr)
            return plugin_->broken("get_interface", "left a function of '", RTP_NETWORK_NAMES_V1, "' null");
        return plugin_->call("redirect_names", operation, [&](const rtp_call* call, rtp_error* error) {
            return table->redirect_names(plugin_->self(), call, netns, ports.udp, ports.tcp, error);
        });
    }

private:
    template <class Table>
    [[nodiscard]] const Table* find(const char* id) const {
        return static_cast<const Table*>(plugin_->find(id));
    }
    [[nodiscard]] std::unexpected<Error> lacks(std::string_view what) const {
        return fail(Code::unsupported, "network driver '", plugin_->instance(), "' cannot ", what);
    }

    std::unique_ptr<PluginInstance> plugin_;
    const rtp_network_v1* table_;
    const rtp_network_stats_v1* stats_; // null: it has none
};

} // namespace

Result<std::shared_ptr<NetworkBackend>> make_network_backend(const DriverSpec& spec) {
    RT_TRY_ASSIGN(auto plugin, PluginInstance::make(spec, RTP_KIND_NETWORK));
    using Table = rtp_network_v1;
    RT_TRY_ASSIGN(const Table* table,
                  plugin->require(RTP_NETWORK_V1, &Table::create_network, &Table::remove_network,
                                  &Table::attach, &Table::detach, &Table::check));
    RT_TRY_ASSIGN(const rtp_network_stats_v1* stats,
                  plugin->require_if_there(RTP_NETWORK_STATS_V1, &rtp_network_stats_v1::stats));
    return std::make_shared<NetworkAdapter>(std::move(plugin), table, stats);
}

} // namespace rt
