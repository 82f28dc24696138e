// SPDX-License-Identifier: Apache-2.0
// Containers whose record and reality have come apart.
#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/container/network_change.hpp"
#include "core/doctor/areas.hpp"
#include "core/shim/client.hpp"
#include "core/shim/run_files.hpp"

#include <signal.h>

namespace rt::doctor {
namespace {

constexpr std::int64_t kReapedBy = 3'000'000'000; // ns after the end; a clean-up takes milliseconds

std::string named(const Container& container) {
    return cat("container '", container.name, "' (", short_id(container.id), ")");
}

Finding about(Examination& examination, const Container& container, std::string text) {
    Engine& engine = examination.engine();
    return {.subject = named(container),
            .text = std::move(text),
            .owner = cat("container ", container.id),
            .repair = [&engine, id = container.id] { return recover_unless_busy(engine, id); }};
}

// In none of these phases does a container stay without a shim.
void report_without_shim(Examination& examination, const Container& container) {
    switch (container.phase) {
    case Phase::creating:
        return examination.report("container.half-made",
                                  about(examination, container, "was killed while it was made"));
    case Phase::removing:
        return examination.report("container.half-removed",
                                  about(examination, container, "was being removed when that was killed"));
    case Phase::running:
        return examination.report(
            "container.shim-dead",
            about(examination, container,
                  "is recorded as running, and its shim was killed, or the host restarted"));
    case Phase::restarting:
        return examination.report(
            "container.shim-dead",
            about(examination, container, "was to be started again, and the shim that would have is gone"));
    case Phase::created:
    case Phase::exited: return;
    }
}

// Whatever else is wrong with it, nobody can mend before.
void report_stopped_shim(Examination& examination, const Container& container, const Path& directory,
                         pid_t pid) {
    Finding finding = about(examination, container,
                            cat("cannot be stopped, removed or entered: its shim, process ", pid,
                                ", is stopped and answers nobody"));
    finding.repair = [directory]() -> Result<void> {
        const pid_t stopped = shim::stopped_shim(directory);
        if (stopped != 0 && ::kill(stopped, SIGCONT) != 0 && errno != ESRCH)
            return fail_errno(errno, "let process ", stopped, " go on");
        return {};
    };
    examination.report("container.shim-stopped", std::move(finding));
}

void report_with_shim(Examination& examination, const Container& container, const Path& directory) {
    if (const pid_t pid = shim::stopped_shim(directory); pid != 0)
        return report_stopped_shim(examination, container, directory, pid);
    if (has_network_change(directory))
        examination.report(
            "container.network-change",
            about(examination, container, "is between two networks: a change of them was killed"));
    if (container.phase == Phase::removing)
        examination.report("container.half-removed",
                           about(examination, container, "was being removed when that was killed"));
    if (container.phase != Phase::running) return;
    const auto exit = read_exit_record(directory);
    if (!exit) return examination.unseen("container.not-reaped", named(container), exit.error());
    if (*exit && now_ns() - (*exit)->finished_at > kReapedBy)
        examination.report("container.not-reaped",
                           about(examination, container,
                                 cat("ended ", human_duration(now_ns() - (*exit)->finished_at),
                                     " ago, and its shim could not have it cleaned up")));
}

Result<void> look_at_container(Examination& examination, const std::string& id) {
    Engine& engine = examination.engine();
    const Path directory = engine.run_directory(id);
    // Who holds the lock is at work on it. Looked at again after that: he may have come to his end since.
    if (is_locked(engine.lock_file(id))) return {};
    RT_TRY_ASSIGN(const auto container, container_of(examination.state(), id));
    if (!container) return {};
    if (shim_is_alive(directory))
        report_with_shim(examination, *container, directory);
    else
        report_without_shim(examination, *container);
    return {};
}

// Their places in networks are given back with their end.
Result<void> look_at_recorded_endpoints(Examination& examination) {
    std::vector<std::string> ids;
    RT_TRY(examination.state().database.run(
        "SELECT DISTINCT container_id FROM endpoints JOIN containers ON containers.id = container_id "
        "WHERE phase IN ('exited', 'created')",
        {}, [&](const SqlRow& row) { ids.push_back(row.text(0)); }));
    for (const std::string& id : ids) {
        Engine& engine = examination.engine();
        if (is_locked(engine.lock_file(id)) || shim_is_alive(engine.run_directory(id))) continue;
        RT_TRY_ASSIGN(const auto container, container_of(examination.state(), id));
        if (!container || (container->phase != Phase::exited && container->phase != Phase::created)) continue;
        RT_TRY_ASSIGN(const auto endpoints, examination.state().networks.endpoints_of(id));
        if (endpoints.empty()) continue;
        Finding finding = about(examination, *container,
                                cat("does not run, and has ", endpoints.size(),
                                    endpoints.size() == 1 ? " place in a network" : " places in networks"));
        examination.report("container.endpoint", std::move(finding));
    }
    return {};
}

} // namespace

void look_at_containers(Examination& examination) {
    examination.look("container.shim-dead", [&]() -> Result<void> {
        RT_TRY_ASSIGN(const auto containers, examination.state().containers.list());
        for (const Container& container : containers)
            if (container.phase != Phase::exited && container.phase != Phase::created)
                RT_TRY(look_at_container(examination, container.id));
        return {};
    });
    examination.look("container.endpoint", [&] { return look_at_recorded_endpoints(examination); });
}

} // namespace rt::doctor
