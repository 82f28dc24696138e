// SPDX-License-Identifier: Apache-2.0
// The steps from a wish to a running container, in the order of the methods. run.cpp, create.cpp and
// start.cpp are three walks over them. What is made is remembered in the database and the run directory
// first; undo is reap(), which knows how to take back any part of it. One thread.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/container/container_volumes.hpp"
#include "core/container/join.hpp"
#include "core/container/joined_network.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/run.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt {

class Launch {
public:
    Launch(Engine& engine, const RunOptions& options);

    // A new container: what it is to be, and its record.
    Result<void> plan_new(const ContainerSpec& spec);      // names, drivers, id; its lock
    [[nodiscard]] Result<void> check_bind_sources() const; // invalid_argument: one is missing
    Result<void> find_image();                             // by name; pulled and unpacked where it is missing
    Result<void> find_joined();     // containers whose namespaces it joins, by their ids
    Result<void> check_together();  // the networks it is to join
    Result<void> record_new();      // phase creating: from here on it can be seen
    Result<void> warn_of_ports();   // that are discarded
    Result<void> prepare_storage(); // its own layer

    // One that there is: what was recorded.
    Result<void> load(const std::string& container_id); // under its lock
    Result<void> find_image_again();

    // Both, from here on to a running program.
    Result<void> launch_shim();       // as early as can be: it loads its driver while we go on
    void adopt_shim(ShimClient shim); // in place of launch_shim(): the one that rests between two runs
    Result<void> join_networks();     // the networks it joins are there
    Result<void> open_volumes(ContainerVolumes::Moment moment); // made, filled, mounted on the host
    Result<void> record_endpoints(); // with addresses, in a transaction of the caller's
    Result<void> make_bundle();
    Result<void> make_container(); // the shim creates, meanwhile the network is attached
    Result<void> start(StartedBy by);

    [[nodiscard]] Container& record() { return record_; }
    [[nodiscard]] Engine::State& state() { return *state_; }
    [[nodiscard]] bool program_failed() const { return program_failed_; }
    [[nodiscard]] ShimClient* shim() { return shim_ ? &*shim_ : nullptr; }
    // True when there is something for reap() to take back.
    [[nodiscard]] bool has_begun() const { return begun_; }
    LockFile take_lock() { return std::move(*lock_); }
    void drop_lock(); // with its file: of a new container that came to nothing before anything was made
    void let_go() { lock_.reset(); } // of one that stays as it was
    RunningContainer running();
    [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }

private:
    Result<void> check_networks();
    void name_networks();
    Result<void> take_the_lock();
    Result<void> insert();
    [[nodiscard]] std::string start_record() const;
    Result<void> find_networks();
    // Those that are exposed as well, with --publish-all.
    [[nodiscard]] Result<std::vector<PublishedPort>> wanted_ports() const;
    Result<void> choose_ports();
    [[nodiscard]] bool in_host_network() const {
        return !joined_.empty() && joined_.front().network.traits.host_namespace;
    }
    Result<void> write_files();
    Result<void> plan();
    Result<void> plan_volumes();
    Result<void> record_volumes();
    Result<int> image_root();
    [[nodiscard]] Result<std::vector<MountSpec>> mounts_on_host() const; // volumes by their path there
    [[nodiscard]] Result<void> check_subpaths() const;
    Result<void> note_volumes_mounted();
    [[nodiscard]] bool has_own_users() const { return spec_.userns_mode == "private"; }
    [[nodiscard]] bool joins_a_network() const { return spec_.network.starts_with("container:"); }
    // The network namespace of a user namespace belongs to it, so it cannot be made before it.
    [[nodiscard]] bool can_make_network_ahead() const { return !joins_a_network() && !has_own_users(); }
    Result<void> join_others();
    [[nodiscard]] bool shares_memory() const;
    [[nodiscard]] JoinedNamespaces joined_namespaces() const;
    Result<void> make_bind_sources();
    Result<UniqueFd> network_namespace();
    Result<void> attach_networks();
    Result<void> begin_names();
    Result<void> await_created();
    Result<void> explain(Error error);

    Engine& engine_;
    const RunOptions& options_;
    ContainerSpec spec_;
    Operation operation_;
    PhaseTimer timer_;
    Container record_;
    DriverSpec isolation_;
    Engine::State* state_ = nullptr;
    std::optional<LockFile> lock_;
    Path directory_;
    bool begun_ = false;
    bool creating_ = false; // the shim has not yet answered to create
    bool program_failed_ = false;
    std::optional<ShimClient> shim_;
    bool adopted_ = false;                // it has served an earlier run
    UniqueFd netns_;                      // while it is set up: who keeps it open keeps it alive
    Result<UniqueFd> ahead_ = UniqueFd(); // of an adopted one: the network namespace made ahead
    std::shared_ptr<StorageDriver> storage_;
    std::string image_config_;
    std::vector<std::string> parents_; // snapshots of the image, the topmost first
    std::string hostname_;
    std::optional<ProcessPlan> plan_;
    IdRange ids_;                            // with a user namespace
    std::optional<JoinedContainers> others_; // where it joins any
    // The first is that of the host, where it is the host's. None where the network is another container's.
    std::vector<JoinedNetwork> joined_;
    std::vector<std::pair<MountSpec, OpenVolume>> volumes_; // in the order of spec_.mounts
    UniqueFd image_root_;
    std::vector<Mount> rootfs_;
    ShimCreated created_;
    std::vector<std::string> warnings_;
};

} // namespace rt
