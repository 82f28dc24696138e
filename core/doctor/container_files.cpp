// SPDX-License-Identifier: Apache-2.0
// Files and rows of containers that are none, or do not run.
#include "core/base/id.hpp"
#include "core/doctor/areas.hpp"
#include "core/shim/client.hpp"

#include <unistd.h>

#include <array>

namespace rt::doctor {
namespace {

bool is_container_id(std::string_view text) {
    return text.size() == kContainerIdDigits && is_hex(text);
}

bool is_at_rest(const std::optional<Container>& container) {
    return !container || container->phase == Phase::exited || container->phase == Phase::created;
}

Result<void> unlink_file(const Path& file) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove '", file.native(), "'");
    return {};
}

Result<void> look_at_run_directories(Examination& examination) {
    Engine& engine = examination.engine();
    RT_TRY_ASSIGN(const auto ids, names_in(engine.wiring().run / "containers"));
    for (const std::string& id : ids) {
        const Path directory = engine.run_directory(id);
        if (!is_container_id(id) || shim_is_alive(directory) || is_locked(engine.lock_file(id))) continue;
        RT_TRY_ASSIGN(const auto container, container_of(examination.state(), id));
        // Once more: a start may have come to its end since.
        if (!is_at_rest(container) || shim_is_alive(directory) || ::access(directory.c_str(), F_OK) != 0)
            continue;
        examination.report("container.run-directory",
                           {.subject = cat("directory '", directory.native(), "'"),
                            .text = container ? cat("container '", container->name, "' does not run")
                                              : std::string("there is no such container"),
                            .owner = cat("container ", id),
                            .repair = [&engine, id] { return recover_unless_busy(engine, id); }});
    }
    return {};
}

Result<void> look_at_unrecorded(Examination& examination) {
    RT_TRY_ASSIGN(const auto ids, unrecorded_containers(examination.engine(), examination.state()));
    for (const std::string& id : ids)
        examination.report("container.unrecorded",
                           {.subject = cat("container ", short_id(id)),
                            .text = "it runs, and the database does not know it: is rt.db older than it?",
                            .owner = cat("container ", id),
                            .advice =
                                "put back the rt.db that knows it; until then nothing that may be its is "
                                "removed"});
    return {};
}

// An index for quick exec; a link without a run directory leads nowhere.
Result<void> look_at_name_links(Examination& examination) {
    Engine& engine = examination.engine();
    const Path names = engine.wiring().run / "names";
    RT_TRY_ASSIGN(const auto found, names_in(names));
    for (const std::string& name : found) {
        const Path link = names / name;
        const auto leads_nowhere = [&engine, link] {
            std::array<char, kContainerIdDigits + 1> id{};
            const ssize_t size = ::readlink(link.c_str(), id.data(), id.size());
            return size == static_cast<ssize_t>(kContainerIdDigits) &&
                   ::access(engine.run_directory({id.data(), kContainerIdDigits}).c_str(), F_OK) != 0;
        };
        if (!leads_nowhere()) continue;
        examination.report("container.name-link", {.subject = cat("link '", link.native(), "'"),
                                                   .text = "no container of this name runs",
                                                   .owner = cat("container '", name, "'"),
                                                   .repair = [leads_nowhere, link]() -> Result<void> {
                                                       return leads_nowhere() ? unlink_file(link)
                                                                              : Result<void>();
                                                   }});
    }
    return {};
}

Result<void> look_at_logs(Examination& examination) {
    RT_TRY_ASSIGN(const auto unrecorded, unrecorded_containers(examination.engine(), examination.state()));
    if (!unrecorded.empty()) return {};
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    const Path logs = engine.wiring().root / "logs";
    RT_TRY_ASSIGN(const auto names, names_in(logs));
    for (const std::string& name : names) {
        const std::string id = name.substr(0, kContainerIdDigits);
        if (!is_container_id(id) || !name.substr(kContainerIdDigits).starts_with("-json.log")) continue;
        RT_TRY_ASSIGN(const auto container, container_of(state, id));
        const Path file = logs / name;
        if (container || ::access(file.c_str(), F_OK) != 0) continue;
        examination.report("container.log", {.subject = cat("file '", file.native(), "'"),
                                             .text = "there is no such container",
                                             .owner = cat("container ", id),
                                             .repair = [&engine, &state, file, id]() -> Result<void> {
                                                 RT_TRY(none_is_unrecorded(engine, state));
                                                 RT_TRY_ASSIGN(const auto now, container_of(state, id));
                                                 return now ? Result<void>() : unlink_file(file);
                                             }});
    }
    return {};
}

Result<void> look_at_id_ranges(Examination& examination) {
    Engine::State& state = examination.state();
    std::vector<std::pair<std::int64_t, std::string>> found;
    RT_TRY(state.database.run("SELECT first, container_id FROM id_ranges r WHERE NOT EXISTS "
                              "(SELECT 1 FROM containers c WHERE c.id = r.container_id)",
                              {},
                              [&](const SqlRow& row) { found.emplace_back(row.number(0), row.text(1)); }));
    for (const auto& [number, id] : found) {
        const std::int64_t first = number; // a lambda takes no structured binding
        examination.report("container.id-range",
                           {.subject = cat("ids from ", first),
                            .text = "reserved for a container that does not exist",
                            .owner = cat("container ", id),
                            .repair = [&state, first] {
                                return state.database.run(
                                    "DELETE FROM id_ranges WHERE first = ? AND NOT EXISTS "
                                    "(SELECT 1 FROM containers c WHERE c.id = container_id)",
                                    {first});
                            }});
    }
    return {};
}

} // namespace

void look_at_container_files(Examination& examination) {
    examination.look("container.unrecorded", [&] { return look_at_unrecorded(examination); });
    examination.look("container.run-directory", [&] { return look_at_run_directories(examination); });
    examination.look("container.name-link", [&] { return look_at_name_links(examination); });
    examination.look("container.log", [&] { return look_at_logs(examination); });
    examination.look("container.id-range", [&] { return look_at_id_ranges(examination); });
}

} // namespace rt::doctor
