// SPDX-License-Identifier: Apache-2.0
#include "core/container/engine.hpp"
#include "core/container/operation_name.hpp"

#include "core/base/id.hpp"
#include "core/shim/client.hpp"

#include <filesystem>

namespace rt {
namespace {

// What runs is seen in the run directory. With another one, every container would seem to have ended, and be
// cleaned up while it runs; so the two belong together as long as any does.
Result<void> keep_run_directory(Database& database, const Wiring& wiring) {
    std::string kept;
    RT_TRY(database.run("SELECT value FROM settings WHERE key = 'run'", {},
                        [&](const SqlRow& row) { kept = row.text(0); }));
    if (kept == wiring.run.native()) return {};
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(Path(kept) / "containers", problem))
        if (shim_is_alive(entry.path()))
            return fail(Code::failed_precondition, "open the state in '", wiring.root.native(),
                        "': its containers run with the run directory '", kept, "', not '",
                        wiring.run.native(), "': name that in the wiring file, or end them first");
    return database.run("INSERT OR REPLACE INTO settings (key, value) VALUES ('run', ?)",
                        {wiring.run.native()});
}

} // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Path& config_file, OnWarning on_warning) {
    RT_TRY_ASSIGN(Wiring wiring, load_wiring(config_file));
    return std::unique_ptr<Engine>(new Engine(std::move(wiring), std::move(on_warning)));
}

Result<Engine::State*> Engine::state() {
    if (!state_) {
        RT_TRY_ASSIGN(Database database, Database::open(wiring_.root));
        RT_TRY(keep_run_directory(database, wiring_));
        auto state = std::make_unique<State>(std::move(database),
                                             [this](const Error& problem) { warn(problem.message); });
        state->events.collect();
        state_ = std::move(state);
    }
    return state_.get();
}

void Engine::warn(const std::string& text) const {
    if (on_warning_) on_warning_(text);
}

Path Engine::run_directory(const std::string& container_id) const {
    return wiring_.run / "containers" / container_id;
}
Path Engine::log_file(const std::string& container_id) const {
    return wiring_.root / "logs" / cat(container_id, "-json.log");
}
Path Engine::lock_file(const std::string& name) const {
    return wiring_.run / "locks" / name;
}

// Half of the id: unique all the same, and short, because overlayfs has to fit all paths of a mount into one
// page.
std::string Engine::snapshot_of(const std::string& container_id) {
    return cat("c-", container_id.substr(0, 32));
}

Operation Engine::new_operation() {
    const std::string& name = OperationName::current();
    return {name.empty() ? random_hex(12) : name};
}

} // namespace rt
