// SPDX-License-Identifier: Apache-2.0
// clang-format off
// A storage driver as a plain C++ class. RT_STORAGE_PLUGIN(Class, ...) makes the plugin of it. The class has
//
//   static constexpr std::uint64_t features = 0;                              // RTP_STORAGE_*
//   static Result<std::unique_ptr<Class>> create(Host host, std::string_view config_json);
//   Result<std::string> probe(Call call);                                     // facts, a JSON object
//   Result<void> prepare(Call call, std::string_view id, const Parents& parents);
//   Result<std::vector<Mount>> mounts(Call call, std::string_view id, const Parents& parents, MountMode mode);
//   Result<void> commit(Call call, std::string_view id);
//   Result<void> remove(Call call, std::string_view id);
//   Result<std::vector<Snapshot>> list(Call call);
//   Result<Usage> usage(Call call, std::string_view id);                      // optional: "rt.storage.usage/1"
// and, for "rt.leftovers/1" (<rtp/leftovers.h>), both of:
//   Result<std::string> find_leftovers(Call call, std::string_view known);    // found JSON
//   Result<void> remove_leftover(Call call, std::string_view known, std::string_view leftover);
//
// What each means, its codes and its threads: <rtp/storage.h>. An exception that leaves a method becomes
// RTP_INTERNAL.
// clang-format on
#pragma once

#include <rt/sdk/detail/guard.hpp>
#include <rt/sdk/detail/leftovers.hpp>
#include <rtp/entry.h>
#include <rtp/storage.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::sdk {

using Parents = std::vector<std::string_view>; // ids of committed snapshots, the nearest first

enum class MountMode : std::int32_t {
    read_write = RTP_MOUNT_READ_WRITE,
    read_only = RTP_MOUNT_READ_ONLY,
    unsynced = RTP_MOUNT_UNSYNCED // read-write; only with the feature RTP_STORAGE_UNSYNCED
};
enum class SnapshotState : std::int32_t { active = RTP_SNAPSHOT_ACTIVE, committed = RTP_SNAPSHOT_COMMITTED };

struct Snapshot {
    std::string id;
    SnapshotState state;
};

struct Usage {
    std::uint64_t bytes = 0;
    std::uint64_t inodes = 0;
};

namespace detail {

template <class Driver>
struct StorageThunks {
    static rtp_status prepare(void* self, const rtp_call* call, const char* id, const char* const* parents,
                              std::size_t count, rtp_error* error) noexcept {
        return guard(error, [&] {
            return static_cast<Driver*>(self)->prepare(Call(call), view(id), views(parents, count));
        });
    }
    static rtp_status mounts(void* self, const rtp_call* call, const char* id, const char* const* parents,
                             std::size_t count, std::int32_t mode, const rtp_mount_sink* out,
                             rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::vector<Mount> list,
                          static_cast<Driver*>(self)->mounts(Call(call), view(id), views(parents, count),
                                                             static_cast<MountMode>(mode)));
            for (const Mount& mount : list) out->add(out->context, &MountView(mount).raw());
            return {};
        });
    }
    static rtp_status commit(void* self, const rtp_call* call, const char* id, rtp_error* error) noexcept {
        return guard(error, [&] { return static_cast<Driver*>(self)->commit(Call(call), view(id)); });
    }
    static rtp_status remove(void* self, const rtp_call* call, const char* id, rtp_error* error) noexcept {
        return guard(error, [&] { return static_cast<Driver*>(self)->remove(Call(call), view(id)); });
    }
    static rtp_status list(void* self, const rtp_call* call, const rtp_snapshot_sink* out,
                           rtp_error* error) noexcept {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const std::vector<Snapshot> list, static_cast<Driver*>(self)->list(Call(call)));
            for (const Snapshot& item : list)
                out->add(out->context, item.id.c_str(), static_cast<std::int32_t>(item.state));
            return {};
        });
    }
    static rtp_status usage(void* self, const rtp_call* call, const char* id, std::uint64_t* bytes,
                            std::uint64_t* inodes, rtp_error* error) noexcept
        requires requires(Driver& driver) { driver.usage(Call(nullptr), std::string_view{}); }
    {
        return guard(error, [&]() -> Result<void> {
            RT_TRY_ASSIGN(const Usage usage, static_cast<Driver*>(self)->usage(Call(call), view(id)));
            *bytes = usage.bytes;
            *inodes = usage.inodes;
            return {};
        });
    }
    static const void* get_interface(void*, const char* interface_id) noexcept {
        static constexpr rtp_storage_v1 table{Driver::features, prepare, mounts, commit, remove, list};
        if (view(interface_id) == RTP_STORAGE_V1) return &table;
        if constexpr (requires(Driver& driver) { driver.usage(Call(nullptr), std::string_view{}); }) {
            static constexpr rtp_storage_usage_v1 usage_table{usage};
            if (view(interface_id) == RTP_STORAGE_USAGE_V1) return &usage_table;
        }
        return LeftoverThunks<Driver>::find_interface(view(interface_id));
    }
    static constexpr rtp_plugin_api api{probe_thunk<Driver>, get_interface, destroy_thunk<Driver>};
};

} // namespace detail
} // namespace rt::sdk

// Once per shared object, outside every namespace. Texts are string literals; schema is a JSON Schema (closed
// object).
#define RT_STORAGE_PLUGIN(Driver, id, version, license, description, schema)                                 \
    RT_SDK_ENTRY(Driver, RTP_KIND_STORAGE, StorageThunks, id, version, license, description, schema)
