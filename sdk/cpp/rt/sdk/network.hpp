// SPDX-License-Identifier: Apache-2.0
// A network backend as a plain C++ class. RT_NETWORK_PLUGIN(Class, ...) makes the plugin of it. The class has
//
//   static constexpr std::uint64_t features = 0;                              // RTP_NETWORK_*
//   static Result<std::unique_ptr<Class>> create(Host host, std::string_view config_json);
//   Result<std::string> probe(Call call);                                     // facts, a JSON object
//   Result<std::string> create_network(Call call, std::string_view network);  // result JSON
//   Result<void> remove_network(Call call, std::string_view network);
//   Result<std::string> attach(Call call, std::string_view endpoint, int netns_fd);
//   Result<void> detach(Call call, std::string_view endpoint, int netns_fd);
//   Result<void> check(Call call, std::string_view endpoint, int netns_fd);
// and, where it can, what makes the optional interfaces of it:
//   Result<void> set_default_route(Call call, std::string_view endpoint, int netns_fd, bool wanted);
//   Result<std::string> set_ports(Call call, std::string_view endpoint, int netns_fd);  // result JSON
//   Result<void> redirect_names(Call call, int netns_fd, std::uint16_t udp_port, std::uint16_t tcp_port);
//   Result<std::string> stats(Call call, std::string_view endpoint);
//   Result<std::string> find_leftovers(Call call, std::string_view known);  // found JSON; <rtp/leftovers.h>
//   Result<void> remove_leftover(Call call, std::string_view known, std::string_view leftover);
//
// What each means, the JSON, its codes and its threads: <rtp/network.h>. A stray exception becomes
// RTP_INTERNAL.
#pragma once

#include <rt/sdk/detail/guard.hpp>
#include <rt/sdk/detail/leftovers.hpp>
#include <rtp/entry.h>
#include <rtp/network.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rt::sdk::detail {

template <class Driver>
concept NetworkWithStats = requires(Driver& driver) { driver.stats(Call(nullptr), std::string_view{}); };

template <class Driver>
struct NetworkThunks {
    static rtp_status create_network(void* self, const rtp_call* call, const char* network,
                                     const rtp_sink* result, rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::string text,
                          static_cast<Driver*>(self)->create_network(Call(call), view(network)));
            put(result, text);
            return {};
        });
    }
    static rtp_status remove_network(void* self, const rtp_call* call, const char* network,
                                     rtp_error* error) noexcept {
        return guard(error,
                     [&] { return static_cast<Driver*>(self)->remove_network(Call(call), view(network)); });
    }
    static rtp_status attach(void* self, const rtp_call* call, const char* endpoint, std::int32_t netns_fd,
                             const rtp_sink* result, rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::string text,
                          static_cast<Driver*>(self)->attach(Call(call), view(endpoint), netns_fd));
            put(result, text);
            return {};
        });
    }
    static rtp_status detach(void* self, const rtp_call* call, const char* endpoint, std::int32_t netns_fd,
                             rtp_error* error) noexcept {
        return guard(
            error, [&] { return static_cast<Driver*>(self)->detach(Call(call), view(endpoint), netns_fd); });
    }
    static rtp_status check(void* self, const rtp_call* call, const char* endpoint, std::int32_t netns_fd,
                            rtp_error* error) noexcept {
        return guard(error,
                     [&] { return static_cast<Driver*>(self)->check(Call(call), view(endpoint), netns_fd); });
    }
    static rtp_status stats(void* self, const rtp_call* call, const char* endpoint, const rtp_sink* json,
                            rtp_error* error) noexcept
        requires NetworkWithStats<Driver>
    {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::string text,
                          static_cast<Driver*>(self)->stats(Call(call), view(endpoint)));
            put(json, text);
            return {};
        });
    }
    static const void* get_interface(void*, const char* interface_id) noexcept {
        static constexpr rtp_network_v1 table{Driver::features, create_network, remove_network,
                                              attach,           detach,         check};
        if (view(interface_id) == RTP_NETWORK_V1) return &table;
        if constexpr (NetworkWithStats<Driver>) {
            static constexpr rtp_network_stats_v1 stats_table{stats};
            if (view(interface_id) == RTP_NETWORK_STATS_V1) return &stats_table;
        }
        if constexpr (requires { &Driver::set_default_route; })
            if (view(interface_id) == RTP_NETWORK_ROUTES_V1) return &Routes::table;
        if constexpr (requires { &Driver::set_ports; })
            if (view(interface_id) == RTP_NETWORK_PORTS_V1) return &Ports::table;
        if constexpr (requires { &Driver::redirect_names; })
            if (view(interface_id) == RTP_NETWORK_NAMES_V1) return &Names::table;
        return LeftoverThunks<Driver>::find_interface(view(interface_id));
    }
    struct Routes {
        static rtp_status set_default_route(void* self, const rtp_call* call, const char* endpoint,
                                            std::int32_t netns_fd, std::int32_t wanted,
                                            rtp_error* error) noexcept {
            return guard(error, [&] {
                return static_cast<Driver*>(self)->set_default_route(Call(call), view(endpoint), netns_fd,
                                                                     wanted != 0);
            });
        }
        static constexpr rtp_network_routes_v1 table{set_default_route};
    };
    struct Ports {
        static rtp_status set_ports(void* self, const rtp_call* call, const char* endpoint,
                                    std::int32_t netns_fd, const rtp_sink* result,
                                    rtp_error* error) noexcept {
            return guard(error, [&]() -> Result<void> {
                RT_TRY_ASSIGN(const std::string text,
                              static_cast<Driver*>(self)->set_ports(Call(call), view(endpoint), netns_fd));
                put(result, text);
                return {};
            });
        }
        static constexpr rtp_network_ports_v1 table{set_ports};
    };
    struct Names {
        static rtp_status redirect_names(void* self, const rtp_call* call, std::int32_t netns_fd,
                                         std::uint16_t udp_port, std::uint16_t tcp_port,
                                         rtp_error* error) noexcept {
            return guard(error, [&] {
                return static_cast<Driver*>(self)->redirect_names(Call(call), netns_fd, udp_port, tcp_port);
            });
        }
        static constexpr rtp_network_names_v1 table{redirect_names};
    };
    static constexpr rtp_plugin_api api{probe_thunk<Driver>, get_interface, destroy_thunk<Driver>};
};

} // namespace rt::sdk::detail

// Once per shared object, outside every namespace. Texts are string literals; schema is a JSON Schema (closed
// object).
#define RT_NETWORK_PLUGIN(Driver, id, version, license, description, schema)                                 \
    RT_SDK_ENTRY(Driver, RTP_KIND_NETWORK, NetworkThunks, id, version, license, description, schema)
