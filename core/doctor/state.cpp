// SPDX-License-Identifier: Apache-2.0
// The database, and what stands beside it below the root.
#include "core/doctor/areas.hpp"

#include <signal.h>

#include <charconv>

namespace rt::doctor {
namespace {

constexpr std::string_view kTrial = "survey-"; // PID: of `rtctl plugin inspect`

Result<void> look_at_trials(Examination& examination) {
    const Path& root = examination.engine().wiring().root;
    RT_TRY_ASSIGN(const auto names, names_in(root));
    for (const std::string& name : names) {
        if (!name.starts_with(kTrial)) continue;
        pid_t pid = 0;
        std::from_chars(name.data() + kTrial.size(), name.data() + name.size(), pid);
        if (pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH)) continue; // he, or another who has his number
        examination.report("state.trial",
                           {.subject = cat("directory '", (root / name).native(), "'"),
                            .text = "a plugin was looked at in it, and that was killed",
                            .owner = cat("process ", pid, ", which does not live any more"),
                            .repair = [directory = root / name] { return remove_tree(directory); }});
    }
    return {};
}

Result<void> verify(Examination& examination) {
    const Path file = examination.engine().wiring().root / "rt.db";
    std::string first;
    std::size_t count = 0;
    const auto keep = [&](std::string text) {
        if (count++ == 0) first = std::move(text);
    };
    const auto checked = [&]() -> Result<void> {
        Database& database = examination.state().database;
        RT_TRY(database.run("PRAGMA integrity_check(20)", {}, [&](const SqlRow& row) {
            if (row.text(0) != "ok") keep(row.text(0));
        }));
        return {};
    }();
    if (!checked) keep(checked.error().message);
    if (count == 0) return {};
    examination.report("state.damaged",
                       {.subject = cat("file '", file.native(), "'"),
                        .text = count == 1 ? first : cat(first, " (and ", count - 1, " more)"),
                        .owner = "all that is recorded here",
                        .advice = cat("look for errors of the disk, keep a copy of '", file.native(),
                                      "' with its -wal, and put back a backup, or have sqlite3 recover it")});
    return {};
}

} // namespace

void look_at_state(Examination& examination) {
    examination.look("state.trial", [&] { return look_at_trials(examination); });
    if (examination.options().verify) examination.look("state.damaged", [&] { return verify(examination); });
}

} // namespace rt::doctor
