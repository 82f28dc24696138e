// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/leftovers.hpp"

#include "rt/storage/dir_list.hpp"
#include "rt/storage/snapshot_mounts.hpp"
#include "rt/storage/text.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace rt::storage {
namespace {

using Json = nlohmann::json;
using sdk::cat;
using sdk::Code;
using sdk::Result;

constexpr const char* kShortNames = "l"; // of the overlay driver; other drivers have no such directory

std::set<std::string> known_snapshots(std::string_view text) {
    const Json known = Json::parse(text);
    std::set<std::string> ids;
    for (const Json& id : known.value("snapshots", Json::array())) ids.insert(id.get<std::string>());
    return ids;
}

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "trash/c-0123~0" was snapshot c-0123.
Json of_rubbish(const SnapshotStore& store, const std::string& path) {
    const std::size_t slash = path.find('/');
    const bool trial = slash == std::string::npos;
    const std::string id = trial ? "" : path.substr(slash + 1, path.rfind('~') - slash - 1);
    return {{"kind", trial ? "trial" : "removed-snapshot"},
            {"name", path},
            {"what", cat("directory ", storage::in_quotes(store.absolute(path)))},
            {"whose", trial ? std::string("a probe of the driver that was killed")
                            : cat("snapshot ", storage::in_quotes(id), ", whose removal was interrupted")}};
}

bool leads_nowhere(const SnapshotStore& store, const std::string& path) {
    struct stat status{};
    return ::fstatat(store.fd(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(status.st_mode) && ::faccessat(store.fd(), path.c_str(), F_OK, 0) != 0 && errno == ENOENT;
}

Result<void> add_short_names(const SnapshotStore& store, Json& into) {
    const sdk::UniqueFd fd(
        ::openat(store.fd(), kShortNames, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == ENOENT) return {};
    if (!fd) return sdk::fail_errno(errno, "open '", store.absolute(kShortNames), "'");
    RT_TRY_ASSIGN(const std::vector<DirEntry> entries, list_directory(fd.get()));
    for (const DirEntry& entry : entries) {
        const std::string path = cat(kShortNames, "/", entry.name);
        if (leads_nowhere(store, path))
            into.push_back({{"kind", "short-name"},
                            {"name", path},
                            {"what", cat("link ", storage::in_quotes(store.absolute(path)))},
                            {"whose", "a layer that is gone"}});
    }
    return {};
}

Result<void> add_mounts(const SnapshotStore& store, const std::set<std::string>& known, Json& into) {
    RT_TRY_ASSIGN(const std::vector<SnapshotMount> mounts, mounts_of(store));
    for (const SnapshotMount& mount : mounts)
        if (!known.contains(mount.snapshot))
            into.push_back({{"kind", "mount"},
                            {"name", mount.point},
                            {"what", cat("mount at ", storage::in_quotes(mount.point))},
                            {"whose", cat("snapshot ", storage::in_quotes(mount.snapshot))}});
    return {};
}

// The mount that shows at a place, held: what is mounted there from now on is another.
Result<sdk::UniqueFd> hold_mount(const SnapshotMount& mount) {
    sdk::UniqueFd fd(::open(mount.point.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct statx shown{};
    if (!fd || ::statx(fd.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &shown) < 0)
        return sdk::fail_errno(errno, "look at what is mounted at ", storage::in_quotes(mount.point));
    if ((shown.stx_mask & STATX_MNT_ID) == 0)
        return sdk::fail(Code::unsupported, "unmount ", storage::in_quotes(mount.point),
                         ": this kernel does not say which mount is there; Linux 5.8 or newer does");
    if (std::to_string(shown.stx_mnt_id) != mount.number)
        return sdk::fail(Code::failed_precondition, "unmount ", storage::in_quotes(mount.point),
                         ": somebody else's mount lies on it; unmount that first");
    return fd;
}

Result<void> unmount(const SnapshotStore& store, const std::set<std::string>& known,
                     const std::string& point) {
    RT_TRY_ASSIGN(const std::vector<SnapshotMount> mounts, mounts_of(store));
    // The last of a place is the one that shows.
    const auto found = std::ranges::find(mounts.rbegin(), mounts.rend(), point, &SnapshotMount::point);
    if (found == mounts.rend() || known.contains(found->snapshot)) return {};
    RT_TRY_ASSIGN(const sdk::UniqueFd held, hold_mount(*found));
    const std::string itself = cat("/proc/self/fd/", held.get());
    if (::umount2(itself.c_str(), MNT_DETACH) < 0 && errno != EINVAL)
        return sdk::fail_errno(errno, "unmount ", storage::in_quotes(point));
    return {};
}

} // namespace

Result<std::string> find_leftovers(const SnapshotStore& store, sdk::Call call, std::string_view known_json) {
    RT_TRY(call.check());
    Json leftovers = Json::array();
    RT_TRY(add_mounts(store, known_snapshots(known_json), leftovers));
    RT_TRY_ASSIGN(const std::vector<std::string> rubbish, store.rubbish());
    for (const std::string& path : rubbish) leftovers.push_back(of_rubbish(store, path));
    RT_TRY(add_short_names(store, leftovers));
    return Json{{"leftovers", leftovers}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> remove_leftover(const SnapshotStore& store, sdk::Call call, std::string_view known_json,
                             std::string_view leftover_json) {
    const Json leftover = Json::parse(leftover_json);
    const std::string kind = text_of(leftover, "kind"), name = text_of(leftover, "name");
    if (kind == "mount") return unmount(store, known_snapshots(known_json), name);
    if (kind == "removed-snapshot" || kind == "trial") return store.delete_rubbish(call, name);
    const bool plain = name.starts_with(cat(kShortNames, "/")) && name.find('/', 2) == std::string::npos;
    if (kind != "short-name" || !plain)
        return sdk::fail(Code::invalid_argument, "remove a leftover of kind ", storage::in_quotes(kind),
                         " named ", storage::in_quotes(name), ": this driver has none such");
    if (leads_nowhere(store, name) && ::unlinkat(store.fd(), name.c_str(), 0) < 0 && errno != ENOENT)
        return sdk::fail_errno(errno, "remove ", storage::in_quotes(store.absolute(name)));
    return {};
}

} // namespace rt::storage
