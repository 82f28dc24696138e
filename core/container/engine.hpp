// SPDX-License-Identifier: Apache-2.0
// The engine: a wiring, its drivers and its state, opened once per process and thread. The verbs on
// containers are free functions over it, one file each (run, reap, stop, remove, ...). rtctl links it and
// needs no daemon; any number of processes work on the same state at once.
#pragma once

#include "core/config/wiring.hpp"
#include "core/container/container_store.hpp"
#include "core/image/image_store.hpp"
#include "core/network/network_store.hpp"
#include "core/plugin/registry.hpp"
#include "core/state/database.hpp"
#include "core/state/events.hpp"
#include "core/volume/volume_store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rt {

class Engine {
public:
    // on_warning: told, with one line, of what did not go well and is no reason for an operation to fail.
    using OnWarning = std::function<void(const std::string&)>;
    static Result<std::unique_ptr<Engine>> open(const Path& config_file, OnWarning on_warning = {});
    void warn(const std::string& text) const;

    // rt.db and what is read and written in it; opened when first asked for.
    struct State {
        explicit State(Database opened, EventLog::OnProblem on_problem = {})
            : database(std::move(opened)), images(database), containers(database), networks(database),
              volumes(database), events(database, std::move(on_problem)) {}
        Database database;
        ImageStore images;
        ContainerStore containers;
        NetworkStore networks;
        VolumeStore volumes;
        EventLog events;
    };
    Result<State*> state();

    [[nodiscard]] const Wiring& wiring() const { return wiring_; }
    DriverRegistry& drivers() { return drivers_; }

    // Where things of a container are. run_directory is the OCI bundle, gone after a reboot. The log is a
    // file beside those of others: a directory of its own would cost two changes of the file system for each
    // container.
    [[nodiscard]] Path run_directory(const std::string& container_id) const;
    [[nodiscard]] Path log_file(const std::string& container_id) const;
    // Held by whoever changes the container: two processes that do something to one get an order.
    [[nodiscard]] Path lock_file(const std::string& name) const;
    static std::string snapshot_of(const std::string& container_id);

    static Operation new_operation();

private:
    Engine(Wiring wiring, OnWarning on_warning)
        : wiring_(std::move(wiring)), on_warning_(std::move(on_warning)), drivers_(wiring_) {}

    Wiring wiring_;
    OnWarning on_warning_;
    DriverRegistry drivers_;
    std::unique_ptr<State> state_;
};

} // namespace rt
