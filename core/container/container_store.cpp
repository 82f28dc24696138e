// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_store.hpp"

#include "core/base/id.hpp"
#include "core/base/nearest.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>

namespace rt {
namespace {

constexpr std::array kPhases = {"creating", "created", "running", "restarting", "exited", "removing"};

constexpr std::string_view kColumnsBeforeStart =
    "SELECT id, name, phase, image_id, image_name, storage, network, isolation, spec, ";
constexpr std::string_view kColumnsAfterStart =
    ", created_at, started_at, finished_at, exit_code, problem, oom_killed, stopped_by_user, "
    "restart_count, restart_delay, log_lines_lost, mounts FROM containers ";

Phase phase_from(const std::string& name) {
    for (std::size_t i = 0; i < kPhases.size(); ++i)
        if (name == kPhases.at(i)) return static_cast<Phase>(i);
    return Phase::removing; // of no phase that we know: only fit to be removed
}

Container from_row(const SqlRow& row) {
    Container container;
    container.id = row.text(0);
    container.name = row.text(1);
    container.phase = phase_from(row.text(2));
    container.image_id = row.text(3);
    container.image_name = row.text(4);
    container.storage = row.text(5);
    container.network = row.text(6);
    container.isolation = row.text(7);
    container.spec = row.text(8);
    container.start = row.text(9);
    container.created_at = row.number(10);
    container.started_at = row.number(11);
    container.finished_at = row.number(12);
    container.exit_code = static_cast<int>(row.number(13));
    container.problem = row.text(14);
    container.oom_killed = row.number(15) != 0;
    container.stopped_by_user = row.number(16) != 0;
    container.restart_count = static_cast<int>(row.number(17));
    container.restart_delay = row.number(18);
    container.log_lines_lost = row.number(19);
    container.mounts = row.text(20);
    return container;
}

Result<std::vector<Container>> select(Database& database, std::string_view where,
                                      const std::vector<SqlValue>& values) {
    std::vector<Container> found;
    RT_TRY(database.run(cat(kColumnsBeforeStart, "start", kColumnsAfterStart, where), values,
                        [&](const SqlRow& row) { found.push_back(from_row(row)); }));
    return found;
}

} // namespace

std::string_view name_of(Phase phase) {
    return kPhases.at(static_cast<std::size_t>(phase));
}

Result<void> ContainerStore::add(const Container& container) {
    return database_.run("INSERT INTO containers (id, name, phase, image_id, image_name, storage, network, "
                         "isolation, spec, start, "
                         "created_at, mounts) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                         {container.id, container.name, std::string(name_of(container.phase)),
                          container.image_id, container.image_name, container.storage, container.network,
                          container.isolation, container.spec, container.start, container.created_at,
                          container.mounts});
}

Result<Container> ContainerStore::find(const std::string& reference) {
    RT_TRY_ASSIGN(std::vector<Container> found, select(database_, "WHERE id = ?1 OR name = ?1", {reference}));
    // An id that is somebody else's name: the id wins, as in docker.
    for (Container& container : found)
        if (found.size() == 1 || container.id == reference) return std::move(container);
    if (!reference.empty() && is_hex(reference)) {
        RT_TRY_ASSIGN(found, select(database_, "WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2", {reference}));
        if (found.size() == 1) return std::move(found.front());
        if (found.size() > 1)
            return fail(Code::failed_precondition, "Multiple IDs found with provided prefix: ", reference,
                        ": containers ", found[0].name, " and ", found[1].name,
                        " have such ids: give more digits, or the name");
    }
    std::vector<std::string> names;
    RT_TRY(database_.run("SELECT name FROM containers", {},
                         [&](const SqlRow& row) { names.push_back(row.text(0)); }));
    const std::string best = nearest(reference, names);
    // docker's words, which programs look for.
    return fail(Code::not_found, "No such container: ", reference,
                best.empty() ? std::string(": 'rtctl ps -a' lists those there are")
                             : cat(" (did you mean ", best, "?)"));
}

Result<bool> ContainerStore::has_name(const std::string& name) {
    bool found = false;
    RT_TRY(database_.run("SELECT 1 FROM containers WHERE name = ?", {name},
                         [&](const SqlRow&) { found = true; }));
    return found;
}

Result<std::vector<Container>> ContainerStore::list(Starts starts) {
    constexpr std::string_view kOfEnded =
        "CASE WHEN phase IN ('exited', 'restarting') THEN start ELSE '{}' END";
    std::deque<Container> all; // it grows without moving them
    RT_TRY(database_.run(
        cat(kColumnsBeforeStart, starts == Starts::all ? "start" : kOfEnded, kColumnsAfterStart), {},
        [&](const SqlRow& row) { all.push_back(from_row(row)); }));
    // SQLite would copy whole rows for it, and so would sorting them here. Those of one moment are in the
    // order of their ids, as they are stored.
    std::vector<Container*> order;
    order.reserve(all.size());
    for (Container& one : all) order.push_back(&one);
    std::ranges::stable_sort(order, std::greater(), &Container::created_at);
    std::vector<Container> sorted;
    sorted.reserve(all.size());
    for (Container* const one : order) sorted.push_back(std::move(*one));
    return sorted;
}

Result<std::vector<Container>> ContainerStore::in_phase(Phase phase) {
    return select(database_, "WHERE phase = ?", {std::string(name_of(phase))});
}

Result<std::vector<ContainerStore::Unsettled>> ContainerStore::unsettled() {
    std::vector<Unsettled> found;
    RT_TRY(database_.run("SELECT id, name, phase FROM containers WHERE phase NOT IN ('exited', 'created') "
                         "ORDER BY created_at DESC",
                         {}, [&](const SqlRow& row) {
                             found.push_back({row.text(0), row.text(1), phase_from(row.text(2))});
                         }));
    return found;
}

Result<void> ContainerStore::set_phase(const std::string& id, Phase phase) {
    return database_.run("UPDATE containers SET phase = ? WHERE id = ?", {std::string(name_of(phase)), id});
}

Result<void> ContainerStore::set_started(const std::string& id, std::int64_t when, const std::string& start,
                                         StartedBy by) {
    // By its policy: as often as the policy has started it, and after how long, stays known.
    const std::string_view counted = by == StartedBy::user
                                         ? "stopped_by_user = 0, restart_count = 0, restart_delay = 0"
                                         : "restart_count = restart_count + 1";
    return database_.run(cat("UPDATE containers SET phase = 'running', started_at = ?, start = ?, "
                             "exit_code = 0, problem = '', oom_killed = 0, ",
                             counted, " WHERE id = ?"),
                         {when, start, id});
}

Result<void> ContainerStore::set_start_record(const std::string& id, const std::string& start) {
    return database_.run("UPDATE containers SET start = ? WHERE id = ?", {start, id});
}

Result<void> ContainerStore::set_exited(const std::string& id, const ContainerEnd& end) {
    return database_.run("UPDATE containers SET phase = 'exited', finished_at = ?, exit_code = ?, "
                         "oom_killed = ?, problem = ?, log_lines_lost = log_lines_lost + ? WHERE id = ?",
                         {end.when, std::int64_t{end.exit_code}, std::int64_t{end.oom_killed}, end.problem,
                          end.log_lines_lost, id});
}

Result<void> ContainerStore::set_restarting(const std::string& id, const ContainerEnd& end,
                                            std::int64_t delay) {
    return database_.run(
        "UPDATE containers SET phase = 'restarting', finished_at = ?, exit_code = ?, "
        "oom_killed = ?, problem = ?, log_lines_lost = log_lines_lost + ?, restart_delay = ? WHERE id = ?",
        {end.when, std::int64_t{end.exit_code}, std::int64_t{end.oom_killed}, end.problem, end.log_lines_lost,
         delay, id});
}

Result<void> ContainerStore::set_not_started(const Container& before, int exit_code,
                                             const std::string& problem) {
    const Phase phase = before.started_at == 0 ? Phase::created : Phase::exited;
    return database_.run(
        "UPDATE containers SET phase = ?, started_at = ?, exit_code = ?, problem = ? WHERE id = ?",
        {std::string(name_of(phase)), before.started_at, std::int64_t{exit_code}, problem, before.id});
}

Result<void> ContainerStore::set_stopped_by_user(const std::string& id) {
    return database_.run("UPDATE containers SET stopped_by_user = 1 WHERE id = ?", {id});
}

Result<void> ContainerStore::set_name(const std::string& id, const std::string& name) {
    return database_.run("UPDATE containers SET name = ? WHERE id = ?", {name, id});
}

Result<void> ContainerStore::set_spec(const std::string& id, const std::string& spec) {
    return database_.run("UPDATE containers SET spec = ? WHERE id = ?", {spec, id});
}

Result<void> ContainerStore::remove(const std::string& id) {
    return database_.run("DELETE FROM containers WHERE id = ?", {id});
}

} // namespace rt
