// SPDX-License-Identifier: Apache-2.0
#include "core/container/reap.hpp"

#include "core/base/clock.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/spec.hpp"

#include <unistd.h>

#include <optional>

namespace rt {
namespace {

// Its own layer and its log. Repeatable.
Result<void> remove_files(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(const auto storage, engine.drivers().storage(container.storage));
    RT_TRY(storage->remove(Engine::new_operation(), Engine::snapshot_of(container.id)));
    return remove_tree(engine.log_file(container.id));
}

constexpr int kUnknownExit = 255; // nobody saw how it ended: the shim was killed, or the host went down

class Reap {
public:
    Reap(Engine& engine, std::string id, ShimClient* shim, std::optional<LockFile> lock = std::nullopt)
        : engine_(engine), id_(std::move(id)), shim_(shim), lock_(std::move(lock)),
          operation_(Engine::new_operation()) {}

    enum class Outcome { record, remove };

    Result<void> go(Outcome wanted) {
        const bool by_shim = shim_ != nullptr;
        // Its end has been told to who holds its lease: nobody else can begin anything with it.
        if (by_shim && wanted == Outcome::record) RT_TRY(shim_->send_destroy(operation_));
        RT_TRY_ASSIGN(Engine::State* const state, engine_.state());
        RT_TRY(make_directories(engine_.lock_file("x").parent_path()));
        if (!lock_) {
            RT_TRY_ASSIGN(lock_, LockFile::acquire(engine_.lock_file(id_)));
        }
        auto found = state->containers.find(id_);
        if (!found && found.error().code != Code::not_found) return std::unexpected(std::move(found).error());
        const std::optional<Container> container =
            found ? std::optional<Container>(std::move(*found)) : std::nullopt;

        const bool removed = container && (wanted == Outcome::remove || goes(*container));
        // Once its files begin to go it cannot be anything else any more, should we be killed now.
        if (container && wanted == Outcome::remove) RT_TRY(state->containers.set_phase(id_, Phase::removing));
        if (by_shim && wanted == Outcome::remove) RT_TRY(shim_->send_destroy(operation_));
        if (!by_shim) RT_TRY(destroy(container));
        // A container that has ended has nothing mounted any more; its files can go while the shim removes
        // its cgroups.
        const bool early = removed && wanted == Outcome::record && by_shim;
        const Result<void> files = early ? remove_files(engine_, *container) : Result<void>();
        if (by_shim) RT_TRY(shim_->receive_destroyed());
        RT_TRY(files);
        if (container) {
            RT_TRY(detach(*state));
            if (removed && !early) RT_TRY(remove_files(engine_, *container));
            RT_TRY(removed ? state->containers.remove(id_) : record_exit(*state, *container));
        }
        return close();
    }

private:
    static bool goes(const Container& container) {
        if (container.phase != Phase::running && container.phase != Phase::exited) return true;
        const auto spec = spec_from_json(container.spec);
        return spec && spec->auto_remove;
    }

    // Without a shim, by an instance of our own: the config says where things are.
    Result<void> destroy(const std::optional<Container>& container) {
        const auto config = read_file(engine_.run_directory(id_) / "config.json");
        if (!config || !container) return {}; // it never came as far as being created
        RT_TRY_ASSIGN(const auto isolation, engine_.drivers().isolation(container->isolation));
        return isolation->destroy(operation_, id_, *config);
    }

    Result<void> detach(Engine::State& state) {
        RT_TRY_ASSIGN(const std::vector<Endpoint> endpoints, state.networks.endpoints_of(id_));
        for (const Endpoint& endpoint : endpoints) {
            RT_TRY_ASSIGN(const auto network, state.networks.find_by_id(endpoint.network_id));
            if (!network) continue;
            RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(network->driver));
            RT_TRY(backend->detach(operation_, endpoint_json(endpoint, *network), -1));
        }
        return {};
    }

    Result<void> record_exit(Engine::State& state, const Container& container) {
        if (container.phase == Phase::exited) return {};
        RT_TRY_ASSIGN(const auto exit, read_exit_record(engine_.run_directory(id_)));
        const std::string problem =
            exit ? std::string()
                 : std::string("nobody saw how it ended: its shim was killed, or the host went down");
        return state.database.transaction([&]() -> Result<void> {
            RT_TRY(state.networks.remove_endpoints_of(id_));
            return state.containers.set_exited(id_, exit ? exit->finished_at : now_ns(),
                                               exit ? exit->exit_code : kUnknownExit, problem);
        });
    }

    // The last steps: from here on nothing of the start is left, and nobody needs to come again.
    Result<void> close() {
        const Path directory = engine_.run_directory(id_);
        if (shim_ != nullptr) RT_TRY(shim_->send_reaped());
        Result<void> removed = remove_tree(directory); // while the shim takes away its own files
        if (shim_ != nullptr) {
            RT_TRY(shim_->receive_reaped());
            if (!removed) removed = remove_tree(directory);
        }
        RT_TRY(std::move(removed));
        ::unlink(engine_.lock_file(id_).c_str());
        return {};
    }

    Engine& engine_;
    std::string id_;
    ShimClient* shim_;
    std::optional<LockFile> lock_;
    Operation operation_;
};

} // namespace

Result<void> reap(Engine& engine, const std::string& container_id, ShimClient* shim) {
    return Reap(engine, container_id, shim).go(Reap::Outcome::record);
}

Result<void> abandon(Engine& engine, const std::string& container_id, ShimClient* shim, LockFile lock) {
    return Reap(engine, container_id, shim, std::move(lock)).go(Reap::Outcome::remove);
}

std::vector<std::string> reaper_command(const Engine& engine) {
    std::vector<std::string> command{(install_prefix() / "bin/rtctl").native()};
    if (!engine.wiring().file.empty()) {
        command.emplace_back("--config");
        command.push_back(engine.wiring().file.native());
    }
    command.emplace_back("reap");
    return command;
}

} // namespace rt
