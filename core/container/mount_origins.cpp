// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_origins.hpp"

#include "core/container/mount_resolve.hpp"
#include "core/container/oci_parts.hpp"
#include "core/container/process_plan.hpp"

#include <algorithm>
#include <ranges>

namespace rt {
namespace {

constexpr std::string_view kVolumesFrom = "flag --volumes-from";

// "flag --volumes-from data"; "": from none that is still there. Later ones win over earlier ones.
std::string other_container(Engine::State& state, const ContainerSpec& spec, const MountSpec& mount) {
    for (const std::string& text : spec.volumes_from | std::views::reverse) {
        const auto from = parse_volumes_from(text);
        const auto container = from ? state.containers.find(from->container) : std::unexpected(from.error());
        const auto its_spec =
            container ? spec_from_json(container->spec) : std::unexpected(container.error());
        const auto mounts = its_spec ? mounts_of(*container, *its_spec) : std::unexpected(its_spec.error());
        if (!mounts) continue;
        const auto found = std::ranges::find(*mounts, mount.target, &MountSpec::target);
        if (found != mounts->end() && found->source == mount.source && found->type == mount.type)
            return cat(kVolumesFrom, " ", container->name);
    }
    return {};
}

// "": a flag of its own, which is noted with the rest of config.json.
std::string origin_of(Engine::State& state, const ContainerSpec& spec, const MountSpec& mount,
                      const std::vector<std::string>& image_volumes) {
    const auto own = std::ranges::find(spec.mounts, mount.target, &MountSpec::target);
    if (own != spec.mounts.end() && !is_only_a_place(*own)) return {};
    if (auto other = other_container(state, spec, mount); !other.empty()) return other;
    if (own != spec.mounts.end()) return std::string(oci::origin_of(*own));
    return std::string(std::ranges::find(image_volumes, mount.target) != image_volumes.end() ? origin::kImage
                                                                                             : kVolumesFrom);
}

std::string value_of(const MountSpec& mount) {
    const std::string source = mount.anonymous                   ? std::string("anonymous volume")
                               : mount.type == MountType::volume ? cat("volume ", mount.source)
                                                                 : mount.source;
    return mount.read_only ? cat(source, " (read-only)") : source;
}

} // namespace

Result<void> note_mount_origins(Origins& origins, Engine::State& state, const ContainerSpec& spec,
                                const std::vector<MountSpec>& mounts, const std::string& image_config) {
    RT_TRY_ASSIGN(const ProcessPlan plan, plan_process(spec, image_config, {}));
    for (const MountSpec& mount : mounts) {
        const std::string from = origin_of(state, spec, mount, plan.volumes);
        if (from.empty()) continue;
        origins.forget("volume", mount.target); // where the image only names a place
        origins.note("mount", mount.target, value_of(mount), from);
    }
    return {};
}

} // namespace rt
