// SPDX-License-Identifier: Apache-2.0
#include "core/base/id.hpp"
#include "core/doctor/areas.hpp"
#include "core/volume/volume_mount.hpp"
#include "core/volume/volume_service.hpp"

#include <unistd.h>

#include <algorithm>

namespace rt::doctor {
namespace {

Result<void> look_at_removals(Examination& examination, VolumeService& service) {
    RT_TRY_ASSIGN(const auto volumes, examination.state().volumes.removing());
    for (const Volume& volume : volumes) {
        if (is_locked(examination.engine().lock_file(cat("volume-", volume.name)))) continue;
        RT_TRY_ASSIGN(const auto now, examination.state().volumes.find(volume.name));
        if (!now || !now->removing) continue;
        examination.report("volume.half-removed", {.subject = cat("volume '", volume.name, "'"),
                                                   .text = "was being removed when that was killed",
                                                   .owner = "nobody: it was no container's any more",
                                                   .repair = [service, name = volume.name]() mutable {
                                                       return service.finish_removal(name);
                                                   }});
    }
    return {};
}

constexpr std::string_view kUnownedUses =
    "FROM volume_uses WHERE NOT EXISTS (SELECT 1 FROM containers c WHERE c.id = container_id)";

Result<void> look_at_uses(Examination& examination) {
    Engine::State& state = examination.state();
    std::vector<VolumeUse> uses;
    RT_TRY(state.database.run(cat("SELECT container_id, volume ", kUnownedUses), {}, [&](const SqlRow& row) {
        uses.push_back({.container_id = row.text(0), .volume = row.text(1)});
    }));
    for (const VolumeUse& use : uses)
        examination.report(
            "volume.use",
            {.subject = cat("volume '", use.volume, "' of container ", short_id(use.container_id)),
             .text = "is in use by a container that does not exist, and so cannot be removed",
             .owner = cat("container ", use.container_id),
             .repair = [&state] { return state.database.run(cat("DELETE ", kUnownedUses)); }});
    return {};
}

// Whoever has a volume mounted has said so before, and takes it back after.
Result<bool> is_mounted_for_nobody(Engine::State& state, VolumeService& service, const Volume& volume) {
    RT_TRY_ASSIGN(const bool mounted, is_mount_point(service.data(volume.name)));
    if (!mounted) return false;
    bool wanted = false;
    RT_TRY(state.database.run("SELECT 1 FROM volume_uses WHERE volume = ? AND mounted = 1", {volume.name},
                              [&](const SqlRow&) { wanted = true; }));
    return !wanted;
}

Result<void> look_at_mounts(Examination& examination, VolumeService& service) {
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto volumes, state.volumes.list());
    for (const Volume& volume : volumes) {
        if (!needs_mount(volume)) continue;
        RT_TRY_ASSIGN(const bool left, is_mounted_for_nobody(state, service, volume));
        if (!left || is_locked(examination.engine().lock_file(cat("volume-", volume.name)))) continue;
        examination.report("volume.mount",
                           {.subject = cat("mount at '", service.data(volume.name).native(), "'"),
                            .text = "no container that has this volume runs",
                            .owner = cat("volume '", volume.name, "'"),
                            .repair = [&state, service, volume]() mutable -> Result<void> {
                                RT_TRY_ASSIGN(const LockFile lock, service.lock(volume.name));
                                RT_TRY_ASSIGN(const bool still,
                                              is_mounted_for_nobody(state, service, volume));
                                return still ? unmount_volume(service.data(volume.name)) : Result<void>();
                            }});
    }
    return {};
}

// It may be what a restored database does not know of: nothing that anybody may want is removed here.
Result<void> look_at_directories(Examination& examination) {
    const Path volumes = examination.engine().wiring().root / "volumes";
    RT_TRY_ASSIGN(const auto names, names_in(volumes));
    for (const std::string& name : names) {
        const Path lock = examination.engine().lock_file(cat("volume-", name));
        const auto is_known = [&]() -> Result<bool> {
            RT_TRY_ASSIGN(const auto volume, examination.state().volumes.find(name));
            return volume.has_value();
        };
        RT_TRY_ASSIGN(bool known, is_known());
        if (known || is_locked(lock) || ::access((volumes / name).c_str(), F_OK) != 0) continue;
        RT_TRY_ASSIGN(known, is_known()); // it may just have been made, or be gone
        if (known) continue;
        examination.report(
            "volume.directory",
            {.subject = cat("directory '", (volumes / name).native(), "'"),
             .text = "there is no such volume",
             .owner = "not known",
             .advice = cat("look at what is in it, then 'rtctl volume create ", name,
                           "' to have what is in its _data as a volume, or remove it by hand")});
    }
    return {};
}

} // namespace

void look_at_volumes(Examination& examination) {
    VolumeService service(examination.engine().wiring(), examination.state().database);
    examination.look("volume.half-removed", [&] { return look_at_removals(examination, service); });
    examination.look("volume.use", [&] { return look_at_uses(examination); });
    examination.look("volume.mount", [&] { return look_at_mounts(examination, service); });
    examination.look("volume.directory", [&] { return look_at_directories(examination); });
}

} // namespace rt::doctor
