// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

#include "cgroup.hpp"
#include "cgroup_stats.hpp"
#include "kernel_view.hpp"
#include "launcher.hpp"
#include "leftovers.hpp"
#include "oci_config.hpp"
#include "probe.hpp"

#include <rt/sdk/rollback.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

namespace rt::namespaces {

Result<std::unique_ptr<Driver>> Driver::create(sdk::Host host, std::string_view) {
    return std::unique_ptr<Driver>(new Driver(host));
}

Result<std::string> Driver::probe(sdk::Call) {
    return probe_host();
}

// The layout of a running host does not change; it is looked at on first use.
Result<const CgroupLayout*> Driver::layout() {
    if (!layout_) {
        RT_TRY_ASSIGN(CgroupLayout found, detect_cgroup_layout_of_host());
        layout_ = std::make_unique<CgroupLayout>(std::move(found));
    }
    return layout_.get();
}

Result<Container*> Driver::find(std::string_view id) {
    const auto found = containers_.find(id);
    if (found == containers_.end()) return fail(Code::not_found, "this instance has no container '", id, "'");
    return &found->second;
}

Result<UniqueFd> Driver::make_network_namespace(sdk::Call) {
    if (network_)
        return fail(Code::failed_precondition,
                    "make a network namespace: the one before has not been taken by a container yet");
    RT_TRY_ASSIGN(UniqueFd made, namespaces::make_network_namespace());
    UniqueFd handed_out(::fcntl(made.get(), F_DUPFD_CLOEXEC, 3));
    if (!handed_out) return fail_errno(errno, "duplicate the descriptor of a network namespace");
    network_ = std::move(made);
    (void)layout(); // a container is to come: what goes wrong here goes wrong there again
    if (auto launcher = open_launcher()) launcher_ = std::move(*launcher);
    return handed_out;
}

Result<sdk::Process> Driver::create(sdk::Call call, const sdk::Bundle& bundle) {
    if (containers_.contains(bundle.id))
        return fail(Code::already_exists, "create the container '", bundle.id, "': it exists already");
    RT_TRY_ASSIGN(Config config, parse_config(bundle.config_json));
    RT_TRY_ASSIGN(const CgroupLayout* host_layout, layout());
    RT_TRY_ASSIGN(const std::string path, cgroup_path_for(config.cgroups_path, bundle.id));
    Cgroup cgroup(*host_layout, path);
    sdk::Rollback rollback;
    rollback.add([&cgroup] { cgroup.undo(); });
    sdk::Process process;
    RT_TRY(call.check());
    // A namespace belongs to the user namespace that its maker was in.
    const bool takes_network = config.has_new(CLONE_NEWNET) && !config.has_new(CLONE_NEWUSER);
    ContainerPlan plan{bundle, std::move(config), cgroup, {}, std::move(launcher_)};
    if (takes_network) plan.network = std::move(network_);
    RT_TRY_ASSIGN(Container container, Container::create(std::move(plan), host_, call, process));
    containers_.emplace(bundle.id, std::move(container));
    rollback.commit();
    return process;
}

Result<void> Driver::start(sdk::Call call, std::string_view id) {
    const auto container = find(id);
    if (!container) return fail(Code::failed_precondition, container.error().message);
    return (*container)->start(host_, call);
}

Result<sdk::Process> Driver::exec(sdk::Call call, std::string_view id, const sdk::Exec& exec) {
    RT_TRY_ASSIGN(Container * container, find(id));
    RT_TRY(call.check());
    return container->exec(exec, host_, call);
}

Result<void> Driver::signal(sdk::Call, std::string_view id, int number, sdk::SignalScope scope) {
    RT_TRY_ASSIGN(Container * container, find(id));
    if (number < 1 || number > SIGRTMAX) return fail(Code::invalid_argument, number, " is no signal");
    return container->signal(number, scope);
}

Result<void> Driver::pause(sdk::Call call, std::string_view id) {
    RT_TRY_ASSIGN(Container * container, find(id));
    RT_TRY(call.check());
    return container->pause(call);
}

Result<void> Driver::resume(sdk::Call, std::string_view id) {
    RT_TRY_ASSIGN(Container * container, find(id));
    return container->resume();
}

Result<std::string> Driver::stats(sdk::Call, std::string_view id) {
    RT_TRY_ASSIGN(Container * container, find(id));
    return read_stats(layout_->kind, container->cgroup().directories());
}

Result<void> Driver::update(sdk::Call call, std::string_view id, std::string_view resources_json) {
    RT_TRY_ASSIGN(Container * container, find(id));
    RT_TRY(call.check());
    return container->update(resources_json, host_);
}

Result<std::vector<int>> Driver::processes(sdk::Call, std::string_view id) {
    RT_TRY_ASSIGN(Container * container, find(id));
    return container->cgroup().processes();
}

Result<void> Driver::destroy(sdk::Call call, std::string_view id, std::string_view config_json) {
    network_.reset();
    launcher_.reset();
    RT_TRY_ASSIGN(const std::string configured, parse_cgroups_path(config_json));
    RT_TRY_ASSIGN(const std::string path, cgroup_path_for(configured, id));
    RT_TRY_ASSIGN(const CgroupLayout* host_layout, layout());
    Cgroup cgroup(*host_layout, path);
    if (const auto found = containers_.find(id); found != containers_.end()) {
        if (found->second.cgroup().path() == path) cgroup = found->second.cgroup(); // knows what there is
        // Closing the channel ends a first process that still waits for start().
        containers_.erase(found);
    }
    return cgroup.remove([&call] { return call.check(); });
}

Result<std::string> Driver::find_leftovers(sdk::Call, std::string_view known) {
    RT_TRY_ASSIGN(const CgroupLayout* host_layout, layout());
    return namespaces::find_leftovers(*host_layout, known);
}

Result<void> Driver::remove_leftover(sdk::Call call, std::string_view known, std::string_view leftover) {
    RT_TRY_ASSIGN(const CgroupLayout* host_layout, layout());
    return namespaces::remove_leftover(*host_layout, call, known, leftover);
}

} // namespace rt::namespaces
