// SPDX-License-Identifier: Apache-2.0
#include "core/container/boot.hpp"

#include "core/container/restart_mark.hpp"
#include "core/container/restart_policy.hpp"
#include "core/container/spec.hpp"
#include "core/container/stop.hpp"
#include "core/shim/run_files.hpp"

#include <algorithm>
#include <optional>

namespace rt {
namespace {

Path going_down_directory(const Engine& engine) {
    return engine.wiring().run / "going-down";
}

bool is_to_run(const Container& container, const ContainerSpec& spec) {
    const bool rests = container.phase == Phase::exited || container.phase == Phase::created;
    if (!rests || container.started_at == 0) return false;
    const RestartPolicy& policy = spec.restart_policy;
    const bool used_up = policy.name == "on-failure" && policy.maximum_retry_count > 0 &&
                         container.restart_count >= policy.maximum_retry_count;
    // One that ran when the host went down was recorded with a failure by whoever found it so.
    return !used_up && starts_at_boot(policy, container.stopped_by_user, false, container.exit_code);
}

// What others it needs: "container:NAME" in a namespace.
std::vector<std::string> references_of(const ContainerSpec& spec) {
    constexpr std::string_view kContainer = "container:";
    std::vector<std::string> references;
    for (const std::string& mode : {spec.network, spec.pid_mode, spec.ipc_mode})
        if (mode.starts_with(kContainer)) references.push_back(mode.substr(kContainer.size()));
    return references;
}

bool is_meant(const std::string& reference, const Container& container) {
    return reference == container.name || (!reference.empty() && container.id.starts_with(reference));
}

} // namespace

std::vector<BootStep> boot_steps(const std::vector<Container>& all) {
    std::vector<BootStep> steps;
    std::vector<std::vector<std::string>> references;
    for (const Container& container : all) {
        const auto spec = spec_from_json(container.spec);
        if (spec && is_to_run(container, *spec)) steps.push_back({container, {}});
    }
    std::ranges::sort(steps, {}, [](const BootStep& step) { return step.container.created_at; });
    for (BootStep& step : steps) {
        const auto spec = spec_from_json(step.container.spec);
        for (const std::string& reference : references_of(*spec))
            for (const BootStep& other : steps)
                if (&other != &step && is_meant(reference, other.container))
                    step.after.push_back(other.container.id);
    }
    return steps;
}

std::vector<Error> remove_what_was_to_go(Engine& engine, const std::vector<Container>& all) {
    std::vector<Error> problems;
    for (const Container& container : all) {
        const auto spec = spec_from_json(container.spec);
        if (container.phase != Phase::exited || !spec || !spec->auto_remove) continue;
        if (is_being_restarted(engine, container.id)) continue;
        const auto removed = remove(engine, container.id, Force::no, AnonymousVolumes::remove);
        if (!removed && removed.error().code != Code::not_found)
            problems.push_back(
                in_context(removed.error(), "container '", container.name, "' was to go with its end")
                    .error());
    }
    return problems;
}

// The pid file that shims have too: whether its process lives is seen from it.
Result<GoingDown> GoingDown::begin(const Engine& engine) {
    Path directory = going_down_directory(engine);
    RT_TRY(make_directories(directory));
    RT_TRY(shim::write_pid_file(directory));
    return GoingDown(std::move(directory));
}

GoingDown::~GoingDown() {
    if (!directory_.empty()) (void)remove_tree(directory_); // its pid file is of no use without us
}

bool is_going_down(const Engine& engine) {
    return shim_is_alive(going_down_directory(engine));
}

} // namespace rt
