// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "core/volume/volume_mount.hpp"
#include "core/volume/volume_options.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

namespace rt {
namespace {

constexpr std::string_view kLockPrefix = "volume-";

// Bytes of the files below a directory; a file with several names counts once.
std::uint64_t size_of(const Path& directory) {
    std::uint64_t bytes = 0;
    std::set<std::pair<dev_t, ino_t>> seen;
    std::error_code problem;
    for (std::filesystem::recursive_directory_iterator entry(directory, problem), end;
         !problem && entry != end; entry.increment(problem)) {
        struct stat status{};
        if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        if (status.st_nlink > 1 && !seen.emplace(status.st_dev, status.st_ino).second) continue;
        bytes += static_cast<std::uint64_t>(status.st_size);
    }
    return bytes;
}

} // namespace

Path VolumeService::lock_file(const std::string& name) const {
    return wiring_.run / "locks" / cat(kLockPrefix, name);
}

Result<LockFile> VolumeService::lock(const std::string& name, const Patience& patience) {
    RT_TRY(make_directories(lock_file(name).parent_path()));
    return LockFile::acquire(lock_file(name), patience);
}

Result<void> VolumeService::make_files(const std::string& name) {
    const Path all = directory(name).parent_path();
    RT_TRY(make_directories(directory(name))); // for root alone: it may hold what is setuid
    if (::chmod(all.c_str(), 0700) != 0)       // an older rt let others through
        return fail_errno(errno, "close '", all.native(), "' to other users");
    return make_directories(data(name), 0755);
}

Result<void> VolumeService::note_event(const Volume& volume, const std::string& action,
                                       const Details& details) {
    Json attributes{{"driver", volume.driver}};
    for (const auto& [key, value] : details) attributes[key] = value;
    return events_.add({.type = "volume",
                        .action = action,
                        .actor_id = volume.name,
                        .attributes = attributes.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

Result<void> VolumeService::add_missing(const Volume& wanted) {
    RT_TRY_ASSIGN(const auto found, store_.find(wanted.name));
    if (found && found->removing)
        return fail(Code::unavailable, "create ", wanted.name, ": it is just being removed: try again");
    if (found && found->driver != wanted.driver)
        return fail(Code::already_exists, "create ", wanted.name, ": conflict: volume name must be unique");
    if (found) return {};
    RT_TRY(store_.add(wanted));
    return note_event(wanted, "create");
}

Result<Volume> VolumeService::create(Volume wanted) {
    if (wanted.driver.empty()) wanted.driver = kLocalVolumeDriver;
    const auto checked = [&]() -> Result<void> {
        RT_TRY(check_volume_driver(wanted.driver));
        if (!wanted.name.empty()) RT_TRY(check_volume_name(wanted.name));
        return check_local_options(wanted.options);
    }();
    if (!checked) return in_context(checked.error(), "create ", wanted.name);
    if (wanted.name.empty()) {
        wanted.name = random_hex(64);
        wanted.labels[kAnonymousVolumeLabel] = "";
    }
    wanted.created_at = now_ns();
    RT_TRY(finish_removal(wanted.name));
    RT_TRY_ASSIGN(const LockFile held, lock(wanted.name));
    RT_TRY(database_.transaction([&] { return add_missing(wanted); }));
    RT_TRY(make_files(wanted.name));
    return find(wanted.name);
}

Result<Volume> VolumeService::find(const std::string& name) {
    RT_TRY_ASSIGN(auto found, store_.find(name));
    if (!found || found->removing) return fail(Code::not_found, "get ", name, ": no such volume");
    return std::move(*found);
}

Result<std::vector<Volume>> VolumeService::list() {
    return store_.list();
}

Result<bool> VolumeService::is_used(const Volume& volume) {
    RT_TRY_ASSIGN(const auto users, store_.users_of(volume.name));
    return !users.empty();
}

std::optional<std::uint64_t> VolumeService::bytes(const Volume& volume) const {
    if (needs_mount(volume)) return std::nullopt;
    return size_of(data(volume.name));
}

// Nothing that is mounted there may still be when its directory goes: it could be a directory of the host.
Result<void> VolumeService::end_removal(const Volume& volume) {
    RT_TRY(unmount_volume(data(volume.name)));
    if (needs_mount(volume) && ::rmdir(data(volume.name).c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove '", data(volume.name).native(), "'");
    RT_TRY(remove_tree(directory(volume.name)));
    const Result<void> gone = database_.transaction([&]() -> Result<void> {
        RT_TRY(store_.remove(volume.name));
        return note_event(volume, "destroy");
    });
    RT_TRY(gone);
    ::unlink(lock_file(volume.name).c_str());
    return {};
}

Result<void> VolumeService::remove(const std::string& name) {
    RT_TRY(find(name)); // before a lock file is made for what is not there
    RT_TRY_ASSIGN(const LockFile held, lock(name));
    auto volume = find(name);
    if (!volume) {
        ::unlink(lock_file(name).c_str());
        return std::unexpected(std::move(volume).error());
    }
    RT_TRY_ASSIGN(const bool begun, store_.begin_removal(name));
    if (!begun) {
        RT_TRY_ASSIGN(const auto users, store_.users_of(name));
        return fail(Code::failed_precondition, "remove ", name, ": volume is in use - [", joined(users, ", "),
                    "]");
    }
    if (auto done = end_removal(*volume); !done) return in_context(std::move(done).error(), "remove ", name);
    return {};
}

Result<void> VolumeService::finish_removal(const std::string& name) {
    RT_TRY_ASSIGN(auto volume, store_.find(name));
    if (!volume || !volume->removing) return {};
    RT_TRY_ASSIGN(const LockFile held, lock(name));
    RT_TRY_ASSIGN(volume, store_.find(name));
    if (volume && volume->removing) return end_removal(*volume);
    if (!volume) ::unlink(lock_file(name).c_str()); // the one that was waited for is done
    return {};
}

std::vector<Error> VolumeService::finish_removals_but_locks() {
    std::vector<Error> problems;
    const auto volumes = store_.removing();
    if (!volumes) return {volumes.error()};
    for (const Volume& volume : *volumes) {
        const auto done = [&]() -> Result<void> {
            RT_TRY(make_directories(lock_file(volume.name).parent_path()));
            RT_TRY_ASSIGN(const auto held, LockFile::try_acquire(lock_file(volume.name)));
            if (!held) return {};
            RT_TRY_ASSIGN(const auto now, store_.find(volume.name));
            if (now && now->removing) return end_removal(*now);
            if (!now) ::unlink(lock_file(volume.name).c_str());
            return {};
        }();
        if (!done)
            problems.push_back({done.error().code, done.error().sys_errno,
                                cat("remove ", volume.name, ": ", done.error().message)});
    }
    return problems;
}

Result<bool> VolumeService::needs_lock(const std::string& name) {
    if (!name.starts_with(kLockPrefix)) return true;
    RT_TRY_ASSIGN(const auto volume, store_.find(name.substr(kLockPrefix.size())));
    return volume.has_value();
}

std::vector<Error> VolumeService::finish_removals() {
    std::vector<Error> problems = finish_removals_but_locks();
    for (Error& error :
         sweep_locks(wiring_.run / "locks", [&](const std::string& name) { return needs_lock(name); }))
        problems.push_back(std::move(error));
    return problems;
}

Result<VolumeService::Pruned> VolumeService::prune(const VolumeFilters& filters, Which which) {
    Pruned pruned;
    RT_TRY_ASSIGN(const auto volumes, list());
    for (const Volume& volume : volumes) {
        RT_TRY_ASSIGN(const bool used, is_used(volume));
        const bool wanted = which == Which::all || volume.labels.contains(kAnonymousVolumeLabel);
        if (used || !wanted || !filters.matches(volume, used)) continue;
        const std::uint64_t size = bytes(volume).value_or(0);
        const auto removed = remove(volume.name);
        if (removed) {
            pruned.names.push_back(volume.name);
            pruned.bytes += size;
        } else if (removed.error().code != Code::failed_precondition &&
                   removed.error().code != Code::not_found) { // else another was quicker
            pruned.problems.push_back(removed.error());
        }
    }
    RT_TRY(events_.add({.type = "volume",
                        .action = "prune",
                        .actor_id = "",
                        .attributes = Json{{"reclaimed", std::to_string(pruned.bytes)}}.dump()}));
    return pruned;
}

} // namespace rt
