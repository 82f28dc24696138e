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
// and, each for an optional interface, those of the following that it can do:
//
//   Result<UniqueFd> make_network_namespace(Call call);                                  // netns
//   Result<void> pause(Call call, std::string_view id);                                  // freeze: both
//   Result<void> resume(Call call, std::string_view id);
//   Result<std::string> stats(Call call, std::string_view id);                           // stats: JSON
//   Result<void> update(Call call, std::string_view id, std::string_view resources_json); // update
//   Result<std::vector<int>> processes(Call call, std::string_view id);                  // processes
//   Result<std::string> find_leftovers(Call call, std::string_view known);     // leftovers: both; found JSON
//   Result<void> remove_leftover(Call call, std::string_view known, std::string_view leftover);
//
// What each means, its codes and its threads: <rtp/isolation.h>. A stray exception becomes RTP_INTERNAL.
#pragma once

#include <rt/sdk/detail/guard.hpp>
#include <rt/sdk/detail/leftovers.hpp>
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
concept Freezes = requires(Driver& driver, Call call, std::string_view id) {
    { driver.pause(call, id) } -> std::same_as<Result<void>>;
    { driver.resume(call, id) } -> std::same_as<Result<void>>;
};

template <class Driver>
concept HasStats = requires(Driver& driver, Call call, std::string_view id) {
    { driver.stats(call, id) } -> std::same_as<Result<std::string>>;
};

template <class Driver>
concept Updates = requires(Driver& driver, Call call, std::string_view id, std::string_view resources_json) {
    { driver.update(call, id, resources_json) } -> std::same_as<Result<void>>;
};

template <class Driver>
concept ListsProcesses = requires(Driver& driver, Call call, std::string_view id) {
    { driver.processes(call, id) } -> std::same_as<Result<std::vector<int>>>;
};

// The optional interfaces; only those that the driver has are ever instantiated.
template <class Driver>
struct OptionalIsolationThunks {
    static rtp_status make(void* self, const rtp_call* call, std::int32_t* netns_fd,
                           rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(UniqueFd netns, static_cast<Driver*>(self)->make_network_namespace(Call(call)));
            *netns_fd = netns.release();
            return {};
        });
    }
    static rtp_status pause(void* self, const rtp_call* call, const char* id, rtp_error* error) noexcept {
        return guard(error, [&] { return static_cast<Driver*>(self)->pause(Call(call), view(id)); });
    }
    static rtp_status resume(void* self, const rtp_call* call, const char* id, rtp_error* error) noexcept {
        return guard(error, [&] { return static_cast<Driver*>(self)->resume(Call(call), view(id)); });
    }
    static rtp_status stats(void* self, const rtp_call* call, const char* id, const rtp_sink* json,
                            rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::string text, static_cast<Driver*>(self)->stats(Call(call), view(id)));
            put(json, text);
            return {};
        });
    }
    static rtp_status update(void* self, const rtp_call* call, const char* id, const char* resources_json,
                             rtp_error* error) noexcept {
        return guard(error, [&] {
            return static_cast<Driver*>(self)->update(Call(call), view(id), view(resources_json));
        });
    }
    static rtp_status processes(void* self, const rtp_call* call, const char* id, const rtp_pid_sink* out,
                                rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::vector<int> pids,
                          static_cast<Driver*>(self)->processes(Call(call), view(id)));
            for (const int pid : pids) out->add(out->context, pid);
            return {};
        });
    }
    static const void* find(std::string_view interface_id) noexcept {
        if constexpr (MakesNetworkNamespaces<Driver>) {
            static constexpr rtp_isolation_netns_v1 table{make};
            if (interface_id == RTP_ISOLATION_NETNS_V1) return &table;
        }
        if constexpr (Freezes<Driver>) {
            static constexpr rtp_isolation_freeze_v1 table{pause, resume};
            if (interface_id == RTP_ISOLATION_FREEZE_V1) return &table;
        }
        if constexpr (HasStats<Driver>) {
            static constexpr rtp_isolation_stats_v1 table{stats};
            if (interface_id == RTP_ISOLATION_STATS_V1) return &table;
        }
        if constexpr (Updates<Driver>) {
            static constexpr rtp_isolation_update_v1 table{update};
            if (interface_id == RTP_ISOLATION_UPDATE_V1) return &table;
        }
        if constexpr (ListsProcesses<Driver>) {
            static constexpr rtp_isolation_processes_v1 table{processes};
            if (interface_id == RTP_ISOLATION_PROCESSES_V1) return &table;
        }
        return LeftoverThunks<Driver>::find_interface(interface_id);
    }
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
    static const void* get_interface(void*, const char* interface_id) noexcept {
        static constexpr rtp_isolation_v1 table{Driver::features, create, start, exec, signal, destroy};
        if (view(interface_id) == RTP_ISOLATION_V1) return &table;
        return OptionalIsolationThunks<Driver>::find(view(interface_id));
    }
    static constexpr rtp_plugin_api api{probe_thunk<Driver>, get_interface, destroy_thunk<Driver>};
};

} // namespace detail
} // namespace rt::sdk

// Once per shared object, outside every namespace. Texts are string literals; schema is a JSON Schema (closed
// object).
#define RT_ISOLATION_PLUGIN(Driver, id, version, license, description, schema)                               \
    RT_SDK_ENTRY(Driver, RTP_KIND_ISOLATION, IsolationThunks, id, version, license, description, schema)
