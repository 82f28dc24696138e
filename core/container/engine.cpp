// SPDX-License-Identifier: Apache-2.0
#include "core/container/engine.hpp"

#include "core/base/id.hpp"

namespace rt {

Result<std::unique_ptr<Engine>> Engine::open(const Path& config_file) {
    RT_TRY_ASSIGN(Wiring wiring, load_wiring(config_file));
    return std::unique_ptr<Engine>(new Engine(std::move(wiring)));
}

Result<Engine::State*> Engine::state() {
    if (!state_) {
        RT_TRY_ASSIGN(Database database, Database::open(wiring_.root));
        state_ = std::make_unique<State>(std::move(database));
    }
    return state_.get();
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
    return {random_hex(12)};
}

} // namespace rt
