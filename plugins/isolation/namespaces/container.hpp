// SPDX-License-Identifier: Apache-2.0
// One container of this instance: made, started, entered and signalled here; removed by the driver. Keeps no
// parsed configuration, only what exec() takes from the container: its namespaces, its cgroup and its filter.
#pragma once

#include "cgroup.hpp"
#include "oci_config.hpp"
#include "seccomp.hpp"

#include <rt/sdk/isolation.hpp>

#include <string>
#include <vector>

namespace rt::namespaces {

// What a container is made of. What was made ahead of it is empty where it was not.
struct ContainerPlan {
    const sdk::Bundle& bundle;
    Config config;
    Cgroup& cgroup; // nothing of it is made yet
    UniqueFd network;
    UniqueFd launcher;
};

class Container {
public:
    // Everything up to "ready". After a failure the process is gone; the cgroups are the caller's to undo.
    static Result<Container> create(ContainerPlan plan, sdk::Host host, sdk::Call call, sdk::Process& out);

    Result<void> start(sdk::Host host, sdk::Call call);
    Result<sdk::Process> exec(const sdk::Exec& exec, sdk::Host host, sdk::Call call);
    Result<void> signal(int number, sdk::SignalScope scope);
    Result<void> pause(sdk::Call call);
    Result<void> resume();
    Result<void> update(std::string_view resources_json, sdk::Host host);
    [[nodiscard]] const Cgroup& cgroup() const { return cgroup_; }

private:
    // RTP_FAILED_PRECONDITION where there is no running container to do it to.
    Result<void> need_running(const char* to_do) const;
    Container(std::string id, Cgroup cgroup) : id_(std::move(id)), cgroup_(std::move(cgroup)) {}

    std::string id_;
    Cgroup cgroup_;
    int pid_ = 0;
    bool paused_ = false;
    UniqueFd pidfd_;
    UniqueFd channel_;        // until start()
    std::string program_;     // until start()
    int namespace_flags_ = 0; // what a further process joins
    SeccompSource seccomp_;
    // With a user namespace: what only the host may do for its processes.
    std::vector<Rlimit> rlimits_; // of the first one, until start()
    MountIds ids_;                // empty: there is none
};

} // namespace rt::namespaces
