// SPDX-License-Identifier: Apache-2.0
// An isolation mechanism as a plain C++ class. RT_ISOLATION_PLUGIN(Class, ...) makes the plugin of it. The
// class has
//
//   static constexpr std::uint64_t features = 0;
//   static Result<std::unique_ptr<Class>> create(Host host, std::string_view config_json);
//   Result<std::string> probe(Call call);                                     // facts, a JSON object
//   Result<Process> create(Call call, const Bundle& bundle);
//   Result<void> start(Call call, std::string_view id);
//   Result<Process> exec(Call call, std::string_view id, const Exec& exec);
//   Result<void> signal(Call call, std::string_view id, int number, SignalScope scope);
//   Result<void> destroy(Call call, std::string_view id, std::string_view config_json);
//
// and, for the optional interface rt.isolation.netns,
//
//   Result<UniqueFd> make_network_namespace(Call call);
//
// What each means, its codes and its threads: <rtp/isolation.h>. A stray exception becomes RTP_INTERNAL.
#pragma once

#include <rt/sdk/detail/guard.hpp>
#include <rt/sdk/unique_fd.hpp>
#include <rtp/entry.h>
#include <rtp/isolation.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::sdk {

struct Bundle {
    std::string_view id;
    std::string_view directory;
    std::string_view config_json;
    std::vector<Mount> rootfs;
    std::array<int, 3> stdio; // borrowed; -1 each with a terminal
};

struct Exec {
    std::string_view process_json;
    std::array<int, 3> stdio; // borrowed; -1 each with a terminal
};

struct Process {
    int pid = 0;
    UniqueFd pidfd;
    UniqueFd console; // empty without a terminal
    UniqueFd netns;   // create() only; empty where there is no new network namespace, or it was made ahead
};

enum class SignalScope : std::int32_t {
    first_process = RTP_SIGNAL_FIRST_PROCESS,
    all_processes = RTP_SIGNAL_ALL_PROCESSES
};

namespace detail {

inline rtp_process hand_over(Process process) {
    return {process.pid, process.pidfd.release(), process.console.release(), process.netns.release()};
}

template <class Driver>
concept MakesNetworkNamespaces = requires(Driver& driver, Call call) {
    { driver.make_network_namespace(call) } -> std::same_as<Result<UniqueFd>>;
};

template <class Driver>
struct IsolationThunks {
    static rtp_status create(void* self, const rtp_call* call, const rtp_bundle* in, rtp_process* out,
                             rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            Bundle bundle{view(in->id),
                          view(in->directory),
                          view(in->config_json),
                          {},
                          {in->stdin_fd, in->stdout_fd, in->stderr_fd}};
            for (const rtp_mount& mount : std::span(in->rootfs, in->rootfs_count))
                bundle.rootfs.push_back(own(mount));
            RT_TRY_ASSIGN(Process process, static_cast<Driver*>(self)->create(Call(call), bundle));
            *out = hand_over(std::move(process));
            return {};
        });
    }
    static rtp_status start(void* self, const rtp_call* call, const char* id, rtp_error* error) noexcept {
        return guard(error, [&] { return static_cast<Driver*>(self)->start(Call(call), view(id)); });
    }
    static rtp_status exec(void* self, const rtp_call* call, const char* id, const rtp_exec* in,
                           rtp_process* out, rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            const Exec exec{view(in->process_json), {in->stdin_fd, in->stdout_fd, in->stderr_fd}};
            RT_TRY_ASSIGN(Process process, static_cast<Driver*>(self)->exec(Call(call), view(id), exec));
            *out = hand_over(std::move(process));
            return {};
        });
    }
    static rtp_status signal(void* self, const rtp_call* call, const char* id, std::int32_t number,
                             std::int32_t scope, rtp_error* error) noexcept {
        return guard(error, [&] {
            return static_cast<Driver*>(self)->signal(Call(call), view(id), number,
                                                      static_cast<SignalScope>(scope));
        });
    }
    static rtp_status destroy(void* self, const rtp_call* call, const char* id, const char* config,
                              rtp_error* error) noexcept {
        return guard(error,
                     [&] { return static_cast<Driver*>(self)->destroy(Call(call), view(id), view(config)); });
    }
    static rtp_status make(void* self, const rtp_call* call, std::int32_t* netns_fd,
                           rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(UniqueFd netns, static_cast<Driver*>(self)->make_network_namespace(Call(call)));
            *netns_fd = netns.release();
            return {};
        });
    }
    static const void* get_interface(void*, const char* interface_id) noexcept {
        static constexpr rtp_isolation_v1 table{Driver::features, create, start, exec, signal, destroy};
        if constexpr (MakesNetworkNamespaces<Driver>) {
            static constexpr rtp_isolation_netns_v1 netns{make};
            if (view(interface_id) == RTP_ISOLATION_NETNS_V1) return &netns;
        }
        return view(interface_id) == RTP_ISOLATION_V1 ? &table : nullptr;
    }
    static constexpr rtp_plugin_api api{probe_thunk<Driver>, get_interface, destroy_thunk<Driver>};
};

} // namespace detail
} // namespace rt::sdk

// Once per shared object, outside every namespace. Texts are string literals; schema is a JSON Schema (closed
// object).
#define RT_ISOLATION_PLUGIN(Driver, id, version, license, description, schema)                               \
    RT_SDK_ENTRY(Driver, RTP_KIND_ISOLATION, IsolationThunks, id, version, license, description, schema)
