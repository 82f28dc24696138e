// SPDX-License-Identifier: Apache-2.0
#include "core/container/update.hpp"
#include "core/container/container_lock.hpp"

#include "core/container/container_events.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/host_facts.hpp"
#include "core/container/oci_parts.hpp"
#include "core/shim/client.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>

namespace rt {
namespace {

template <class... Parts>
std::unexpected<Error> conflict(const Parts&... parts) {
    return fail(Code::failed_precondition, parts...);
}

// CPUs are a quota of a period: who has set one way of saying it keeps to it.
Result<void> check_cpus(const ContainerSpec& spec, const ContainerUpdate& update) {
    if (update.nano_cpus != 0 && spec.cpu_period != 0)
        return conflict(
            "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set");
    if (update.nano_cpus != 0 && spec.cpu_quota != 0)
        return conflict("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set");
    if (update.cpu_period != 0 && spec.nano_cpus != 0)
        return conflict("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set");
    if (update.cpu_quota != 0 && spec.nano_cpus != 0)
        return conflict("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set");
    return {};
}

template <class Value>
void take(const Value& wanted, Value& target) {
    if (wanted != Value()) target = wanted;
}

Result<void> update_memory(ContainerSpec& spec, const ContainerUpdate& update) {
    const std::int64_t swap = oci::memory_and_swap(spec);
    if (update.memory > 0 && update.memory_swap == 0 && swap > 0) {
        if (update.memory > swap)
            return conflict("Memory limit should be smaller than already set memoryswap limit, update the "
                            "memoryswap at the same time");
        spec.memory_swap = swap; // it does not move with the memory limit that it came from
    }
    take(update.memory, spec.memory);
    take(update.memory_swap, spec.memory_swap);
    take(update.memory_reservation, spec.memory_reservation);
    return {};
}

Result<void> record(Engine::State& state, const Container& container, const std::string& spec) {
    return state.database.transaction([&] { return state.containers.set_spec(container.id, spec); });
}

// Where it runs. Empty: its shim has just ended.
Result<std::optional<ShimClient>> shim_of(Engine& engine, const Container& container) {
    const Path directory = engine.run_directory(container.id);
    auto shim = ShimClient::connect(directory);
    if (shim) return std::optional(std::move(*shim));
    if (shim_is_alive(directory)) return std::unexpected(std::move(shim).error());
    return std::optional<ShimClient>();
}

Result<std::vector<std::string>> bring_into_force(Engine& engine, const Container& container,
                                                  const Json& resources) {
    if (container.phase != Phase::running || resources.empty()) return std::vector<std::string>();
    RT_TRY_ASSIGN(auto shim, shim_of(engine, container));
    if (!shim) return std::vector<std::string>();
    return shim->update(Engine::new_operation(), resources.dump());
}

Result<std::vector<std::string>> update_locked(Engine& engine, const Container& container,
                                               const ContainerUpdate& update) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    if (container.phase == Phase::removing)
        return conflict("Container is marked for removal and cannot be \"update\"");
    RT_TRY_ASSIGN(ContainerSpec old, spec_from_json(container.spec));
    RT_TRY_ASSIGN(const ContainerSpec spec, updated_spec(std::move(old), update));
    RT_TRY(refuse_missing_cpus(spec));
    RT_TRY(record(*state, container, to_json(spec).dump(-1, ' ', false, Json::error_handler_t::replace)));
    auto warnings = bring_into_force(engine, container, update_resources(spec, update));
    if (!warnings) {
        if (const auto undone = record(*state, container, container.spec); !undone)
            warnings.error().message +=
                cat("; and the record could not be put back: ", undone.error().message);
        return warnings;
    }
    RT_TRY(state->database.transaction([&] { return note_event(*state, container, "update"); }));
    return warnings;
}

} // namespace

Result<ContainerSpec> updated_spec(ContainerSpec spec, const ContainerUpdate& update) {
    RT_TRY(check_cpus(spec, update));
    RT_TRY(update_memory(spec, update));
    take(update.nano_cpus, spec.nano_cpus);
    take(update.cpu_shares, spec.cpu_shares);
    take(update.cpu_period, spec.cpu_period);
    take(update.cpu_quota, spec.cpu_quota);
    take(update.cpu_realtime_period, spec.cpu_realtime_period);
    take(update.cpu_realtime_runtime, spec.cpu_realtime_runtime);
    take(update.cpuset_cpus, spec.cpuset_cpus);
    take(update.cpuset_mems, spec.cpuset_mems);
    take(update.blkio_weight, spec.blkio_weight);
    if (update.pids_limit) spec.pids_limit = std::max<std::int64_t>(0, *update.pids_limit);
    if (update.restart_policy) {
        if (spec.auto_remove && update.restart_policy->name != "no")
            return conflict(
                "Restart policy cannot be updated because AutoRemove is enabled for the container");
        spec.restart_policy = *update.restart_policy;
    }
    RT_TRY(validate(spec));
    return spec;
}

Json update_resources(const ContainerSpec& spec, const ContainerUpdate& update) {
    Json resources = Json::object();
    const auto put = [&](const char* group, const char* key, const auto& asked, const auto& value) {
        if (asked != std::remove_cvref_t<decltype(asked)>()) resources[group][key] = value;
    };
    put("memory", "limit", update.memory, spec.memory);
    // The default for both together follows from the limit.
    put("memory", "swap", update.memory != 0 ? update.memory : update.memory_swap,
        oci::memory_and_swap(spec));
    put("memory", "reservation", update.memory_reservation, spec.memory_reservation);
    put("cpu", "quota", update.nano_cpus, oci::quota_of(spec.nano_cpus));
    put("cpu", "period", update.nano_cpus, oci::kCpuPeriod);
    put("cpu", "shares", update.cpu_shares, spec.cpu_shares);
    put("cpu", "period", update.cpu_period, spec.cpu_period);
    put("cpu", "quota", update.cpu_quota, spec.cpu_quota);
    put("cpu", "realtimePeriod", update.cpu_realtime_period, spec.cpu_realtime_period);
    put("cpu", "realtimeRuntime", update.cpu_realtime_runtime, spec.cpu_realtime_runtime);
    put("cpu", "cpus", update.cpuset_cpus, spec.cpuset_cpus);
    put("cpu", "mems", update.cpuset_mems, spec.cpuset_mems);
    put("blockIO", "weight", update.blkio_weight, spec.blkio_weight);
    if (update.pids_limit) resources["pids"]["limit"] = spec.pids_limit;
    return resources;
}

Result<std::vector<std::string>> update_container(Engine& engine, const std::string& reference,
                                                  const ContainerUpdate& update) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Container container, state->containers.find(reference));
    RT_TRY_ASSIGN(container, settled(engine, container));
    // Nobody starts it meanwhile with limits of before.
    RT_TRY_ASSIGN(const auto locked, lock_container(engine, container.id));
    auto warnings = update_locked(engine, locked.container, update);
    if (!warnings)
        return in_context(std::move(warnings).error(), "cannot update container '", container.name, "'");
    return warnings;
}

} // namespace rt
