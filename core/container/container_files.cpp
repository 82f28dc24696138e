// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_files.hpp"
#include "core/container/container_lock.hpp"

#include "core/base/rooted_path.hpp"
#include "core/container/container_volumes.hpp"
#include "core/container/first_process.hpp"
#include "core/container/id_ranges.hpp"
#include "core/container/layer_mode.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/container/recovery.hpp"
#include "core/container/spec.hpp"
#include "core/image/image_service.hpp"
#include "core/image/snapshot_view.hpp"
#include "core/shim/client.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <thread>

namespace rt {
namespace {

constexpr std::chrono::milliseconds kLook{5};
constexpr int kLooks = 2000; // ten seconds

Result<UniqueFd> open_running_root(const Path& run_directory) {
    RT_TRY_ASSIGN(const UniqueFd process, hold_first_process(run_directory));
    UniqueFd root(::openat(process.get(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail(Code::unavailable, "it has ended");
    return root;
}

Result<std::vector<std::string>> layers_of(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    return ImageService(engine.wiring(), state->database, engine.drivers())
        .unpacked(container.image_id, container.storage, Engine::new_operation());
}

Result<std::vector<Mount>> layer_mounts(Engine& engine, const Container& container, MountMode mode) {
    RT_TRY_ASSIGN(const auto layers, layers_of(engine, container));
    RT_TRY_ASSIGN(const auto storage, engine.drivers().storage(container.storage));
    return storage->mounts(Engine::new_operation(), Engine::snapshot_of(container.id), layers, mode);
}

Result<MountView> open_stopped(Engine& engine, const Container& container, Writable access) {
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    MountViewRequest request;
    request.id = container.name;
    const bool writable = access == Writable::yes && !spec.read_only;
    request.root = writable ? Writable::yes : Writable::no;
    RT_TRY_ASSIGN(request.snapshot,
                  layer_mounts(engine, container, writable ? layer_mode(spec) : MountMode::read_only));
    request.place = engine.wiring().run.native();
    RT_TRY_ASSIGN(const auto mounts, mounts_of(container, spec));
    std::vector<OpenVolume> volumes; // their paths hold as long as these are open
    for (const MountSpec& mount : mounts) {
        if (mount.type == MountType::tmpfs) continue;
        std::string source = mount.source;
        if (mount.type == MountType::volume) {
            RT_TRY_ASSIGN(Engine::State* const state, engine.state());
            RT_TRY_ASSIGN(OpenVolume volume, ContainerVolumes(engine, *state, container.id).look(mount));
            source = volume.path;
            volumes.push_back(std::move(volume));
        }
        if (source.empty()) continue;
        const bool read_only = mount.read_only || access == Writable::no;
        request.binds.push_back({source, mount.target, read_only ? Writable::no : Writable::yes});
    }
    return open_mount_view(std::move(request));
}

// Nothing of it is mounted, and nobody can start it before its lock is free. While it waits to be started
// again its run directory stays, with its shim.
bool is_at_rest(const Container& container, const Path& directory) {
    if (container.phase == Phase::restarting) return true;
    std::error_code ignored;
    return (container.phase == Phase::exited || container.phase == Phase::created) &&
           !std::filesystem::exists(directory, ignored);
}

} // namespace

Result<PathStat> stat_path(int root, const std::string& path, LastLink link) {
    const SplitPath split = split_last(path);
    const int follow = link == LastLink::follow || split.wants_directory ? 0 : O_NOFOLLOW;
    auto fd = open_in_root(root, path, O_PATH | follow);
    if (!fd && fd.error().code == Code::not_found)
        return fail(Code::not_found, "could not find the file '", path, "'");
    if (!fd) return std::unexpected(std::move(fd).error());
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0) return fail_errno(errno, "stat '", path, "'");
    if (split.wants_directory && !S_ISDIR(status.st_mode))
        return fail(Code::failed_precondition, "'", path, "' is not a directory");
    PathStat answer{split.name.empty() ? "/" : split.name,
                    status.st_size,
                    status.st_mode,
                    status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
                    {}};
    if (S_ISLNK(status.st_mode)) {
        std::array<char, PATH_MAX> target{};
        const ssize_t size = ::readlinkat(fd->get(), "", target.data(), target.size());
        if (size < 0) return fail_errno(errno, "read the symbolic link '", path, "'");
        answer.link_target.assign(target.data(), static_cast<std::size_t>(size));
    }
    return answer;
}

Result<ContainerFiles> ContainerFiles::open(Engine& engine, const std::string& reference, Writable access) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Container container, state->containers.find(reference));
    for (int look = 0; look < kLooks; ++look) {
        RT_TRY_ASSIGN(container, refresh(engine, container));
        RT_TRY_ASSIGN(auto locked, lock_container(engine, container.id));
        LockFile lock = std::move(locked.lock);
        container = std::move(locked.container);
        const Path directory = engine.run_directory(container.id);
        if (is_at_rest(container, directory)) {
            RT_TRY_ASSIGN(MountView view, open_stopped(engine, container, access));
            return ContainerFiles(std::move(container), std::move(lock), std::move(view), {});
        }
        if (container.phase == Phase::running && shim_is_alive(directory)) {
            auto root = open_running_root(directory);
            if (root) {
                RT_TRY_ASSIGN(const IdRange range, id_range_of(state->database, container.id));
                return ContainerFiles(std::move(container), std::move(lock),
                                      MountView{std::move(*root), UniqueFd()}, {range.first, range.count});
            }
            if (root.error().code != Code::unavailable) return std::unexpected(std::move(root).error());
        }
        {
            const LockFile freed = std::move(lock);
        } // for who starts it or cleans up
        std::this_thread::sleep_for(kLook);
    }
    return fail(Code::unavailable, "container '", container.name,
                "' is being started or cleaned up for ten seconds now: try again");
}

Result<UniqueFd> open_container_layers(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(const auto mounts, layer_mounts(engine, container, MountMode::read_only));
    return open_snapshot(mounts, container.name);
}

Result<UniqueFd> open_image_layers(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(auto layers, layers_of(engine, container));
    if (layers.empty()) return UniqueFd();
    const std::string top = layers.front();
    layers.erase(layers.begin());
    RT_TRY_ASSIGN(const auto storage, engine.drivers().storage(container.storage));
    RT_TRY_ASSIGN(const auto mounts,
                  storage->mounts(Engine::new_operation(), top, layers, MountMode::read_only));
    return open_snapshot(mounts, container.image_name);
}

} // namespace rt
