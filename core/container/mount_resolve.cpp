// SPDX-License-Identifier: Apache-2.0
#include "core/container/mount_resolve.hpp"

#include "core/base/id.hpp"
#include "core/container/option_values.hpp"

#include <algorithm>

namespace rt {
namespace {

class Resolver {
public:
    explicit Resolver(const ContainerSpec& spec) : spec_(spec) {}

    Result<void> take_from(Engine::State& state, const std::string& text) {
        RT_TRY_ASSIGN(const VolumesFrom from, parse_volumes_from(text));
        RT_TRY_ASSIGN(const Container container, state.containers.find(from.container));
        RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
        RT_TRY_ASSIGN(const auto mounts, mounts_of(container, spec));
        for (MountSpec mount : mounts) {
            if (mount.type == MountType::tmpfs) continue; // each has its own
            mount.read_only = mount.read_only || from.read_only;
            mount.no_copy = mount.type == MountType::volume; // it was filled for the other
            put(std::move(mount));
        }
        return {};
    }

    void put(MountSpec mount) {
        const auto before = std::ranges::find(mounts_, mount.target, &MountSpec::target);
        if (before != mounts_.end()) mounts_.erase(before);
        if (mount.type == MountType::volume && mount.source.empty()) name(mount);
        mounts_.push_back(std::move(mount));
    }

    void put_unless_taken(MountSpec mount) {
        if (std::ranges::find(mounts_, mount.target, &MountSpec::target) == mounts_.end())
            put(std::move(mount));
    }

    std::vector<MountSpec> take() { return std::move(mounts_); }

private:
    void name(MountSpec& mount) {
        mount.source = random_hex(64);
        mount.anonymous = true;
        mount.labels[kAnonymousVolumeLabel] = "";
        if (mount.driver.empty()) mount.driver = spec_.volume_driver;
    }

    const ContainerSpec& spec_;
    std::vector<MountSpec> mounts_;
};

} // namespace

Result<VolumesFrom> parse_volumes_from(std::string_view text) {
    const auto colon = text.find(':');
    VolumesFrom from{std::string(text.substr(0, colon)), false};
    if (from.container.empty())
        return fail(Code::invalid_argument, "invalid volumes-from specification: '", text,
                    "': expected CONTAINER[:ro|rw]");
    if (colon == std::string_view::npos) return from;
    RT_TRY_ASSIGN(const auto words, split_csv(std::string(text.substr(colon + 1))));
    for (const std::string& word : words) {
        if (word == "ro" || word == "rw")
            from.read_only = word == "ro";
        else if (word != "z" && word != "Z") // the other's label is already what it is
            return fail(Code::invalid_argument, "invalid volumes-from specification: '", text, "': mode '",
                        word, "' is not one of ro, rw");
    }
    return from;
}

bool has_volumes(const ContainerSpec& spec, const std::vector<std::string>& image_volumes) {
    return !image_volumes.empty() || !spec.volumes_from.empty() ||
           std::ranges::find(spec.mounts, MountType::volume, &MountSpec::type) != spec.mounts.end();
}

Result<std::vector<MountSpec>> resolve_mounts(Engine::State& state, const ContainerSpec& spec,
                                              const std::vector<std::string>& image_volumes) {
    Resolver resolver(spec);
    for (const std::string& text : spec.volumes_from)
        if (auto taken = resolver.take_from(state, text); !taken)
            return in_context(std::move(taken).error(), "--volumes-from ", text);
    for (const MountSpec& mount : spec.mounts)
        if (!is_only_a_place(mount)) resolver.put(mount);
    for (const MountSpec& mount : spec.mounts)
        if (is_only_a_place(mount)) resolver.put_unless_taken(mount);
    for (const std::string& target : image_volumes)
        resolver.put_unless_taken({.type = MountType::volume, .target = target});
    return resolver.take();
}

Result<std::vector<MountSpec>> mounts_of(const Container& container, const ContainerSpec& spec) {
    if (container.mounts.empty()) return spec.mounts;
    return mounts_from_text(container.mounts);
}

} // namespace rt
