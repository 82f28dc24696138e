// SPDX-License-Identifier: Apache-2.0
// Volumes: rows in rt.db and directories below root/volumes. Each change of a volume's files is made under
// its lock; a process that holds a container's lock may take those of volumes, one at a time, and never the
// other way round. A removal is recorded before it begins, and ended by whoever comes next. One thread.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/config/wiring.hpp"
#include "core/state/events.hpp"
#include "core/volume/volume_filter.hpp"
#include "core/volume/volume_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt {

class VolumeService {
public:
    VolumeService(const Wiring& wiring, Database& database)
        : wiring_(wiring), database_(database), store_(database), events_(database) {}

    // Makes it; one that there is stays as it is. "" as name: an anonymous one.
    Result<Volume> create(Volume wanted);
    Result<Volume> find(const std::string& name); // not_found: "get NAME: no such volume"
    Result<std::vector<Volume>> list();           // by name
    Result<bool> is_used(const Volume& volume);
    // Counted now, file by file; empty: what the volume mounts is not here.
    [[nodiscard]] std::optional<std::uint64_t> bytes(const Volume& volume) const;
    // failed_precondition names the containers that use it.
    Result<void> remove(const std::string& name);
    struct Pruned {
        std::vector<std::string> names;
        std::uint64_t bytes = 0;
        std::vector<Error> problems; // of those that could not be removed
    };
    // Those that nobody uses: anonymous ones, or all, that fit the filters.
    enum class Which { anonymous, all };
    Result<Pruned> prune(const VolumeFilters& filters, Which which);
    // Removals that a killed process has not come to the end of, and lock files of volumes that are gone.
    // Those that are under way are left alone.
    std::vector<Error> finish_removals();
    std::vector<Error> finish_removals_but_locks();       // for who sweeps all lock files
    Result<bool> needs_lock(const std::string& name);     // true where it is no volume's
    Result<void> finish_removal(const std::string& name); // waits for one that is under way

    // Inside a transaction of the caller's: adds it, unless it is there. unavailable: it is being removed.
    Result<void> add_missing(const Volume& wanted);

    // Names of what a container may have: not looked at.
    [[nodiscard]] Path directory(const std::string& name) const { return wiring_.root / "volumes" / name; }
    [[nodiscard]] Path data(const std::string& name) const { return directory(name) / "_data"; }
    Result<LockFile> lock(const std::string& name, const Patience& patience = {});
    Result<void> make_files(const std::string& name); // its directories; the caller holds its lock

    using Details = std::vector<std::pair<std::string, std::string>>;
    Result<void> note_event(const Volume& volume, const std::string& action, const Details& details = {});

private:
    [[nodiscard]] Path lock_file(const std::string& name) const;
    Result<void> end_removal(const Volume& volume); // under its lock

    const Wiring& wiring_;
    Database& database_;
    VolumeStore store_;
    EventLog events_;
};

} // namespace rt
