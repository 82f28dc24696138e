// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_store.hpp"

#include "core/base/id.hpp"
#include "core/base/nearest.hpp"

#include <array>

namespace rt {
namespace {

constexpr std::array kPhases = {"creating", "running", "exited", "removing"};

constexpr std::string_view kColumns =
    "SELECT id, name, phase, image_id, image_name, storage, network, isolation, spec, "
    "start, created_at, started_at, finished_at, exit_code, problem FROM containers ";

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
    return container;
}

Result<std::vector<Container>> select(Database& database, std::string_view where,
                                      const std::vector<SqlValue>& values) {
    std::vector<Container> found;
    RT_TRY(database.run(cat(kColumns, where), values,
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
                         "created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                         {container.id, container.name, std::string(name_of(container.phase)),
                          container.image_id, container.image_name, container.storage, container.network,
                          container.isolation, container.spec, container.start, container.created_at});
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
            return fail(Code::failed_precondition, "'", reference,
                        "' is the beginning of more than one container's id: give more digits");
    }
    std::vector<std::string> names;
    RT_TRY(database_.run("SELECT name FROM containers", {},
                         [&](const SqlRow& row) { names.push_back(row.text(0)); }));
    const std::string best = nearest(reference, names);
    return fail(Code::not_found, "no such container: '", reference, "'",
                best.empty() ? std::string("; 'rtctl ps -a' lists those there are")
                             : cat(" (did you mean ", best, "?)"));
}

Result<std::vector<Container>> ContainerStore::list() {
    return select(database_, "ORDER BY created_at DESC", {});
}

Result<std::vector<Container>> ContainerStore::in_phase(Phase phase) {
    return select(database_, "WHERE phase = ?", {std::string(name_of(phase))});
}

Result<void> ContainerStore::set_phase(const std::string& id, Phase phase) {
    return database_.run("UPDATE containers SET phase = ? WHERE id = ?", {std::string(name_of(phase)), id});
}

Result<void> ContainerStore::set_started(const std::string& id, std::int64_t when, const std::string& start) {
    return database_.run("UPDATE containers SET phase = 'running', started_at = ?, start = ? WHERE id = ?",
                         {when, start, id});
}

Result<void> ContainerStore::set_exited(const std::string& id, std::int64_t when, int exit_code,
                                        const std::string& problem) {
    return database_.run(
        "UPDATE containers SET phase = 'exited', finished_at = ?, exit_code = ?, problem = ? WHERE id = ?",
        {when, std::int64_t{exit_code}, problem, id});
}

Result<void> ContainerStore::remove(const std::string& id) {
    return database_.run("DELETE FROM containers WHERE id = ?", {id});
}

} // namespace rt
