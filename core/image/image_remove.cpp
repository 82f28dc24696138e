// SPDX-License-Identifier: Apache-2.0
// How images go: first out of rt.db in one transaction, then their files. A process that dies in between
// leaves files that no image needs, which the next collect_garbage() removes.
#include "core/config/wiring.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/reference.hpp"
#include "core/interfaces/storage_driver.hpp"
#include "core/plugin/registry.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

namespace rt {
namespace {

constexpr std::string_view kLayerPrefix = "layer-";

struct User {
    std::string container;
    bool running = false;
};

Result<std::vector<User>> users_of(Database& database, const std::string& image_id) {
    std::vector<User> users;
    RT_TRY(database.run("SELECT name, phase FROM containers WHERE image_id = ? ORDER BY name", {image_id},
                        [&](const SqlRow& row) {
                            users.push_back(
                                {row.text(0), row.text(1) == "running" || row.text(1) == "creating"});
                        }));
    return users;
}

struct Names {
    std::vector<std::string> texts;
    bool by_id = false;
};

// Which of the image's names go: all when it was given by id, else the one that was given.
Result<Names> names_to_remove(const Image& image, const std::string& reference, ImageService::Force force) {
    if (const auto parsed = parse_reference(reference); parsed)
        if (std::ranges::find(image.names, parsed->name()) != image.names.end())
            return Names{{parsed->name()}};
    if (image.names.size() > 1 && force == ImageService::Force::no)
        return fail(Code::failed_precondition, "image '", reference, "' has ", image.names.size(),
                    " names: remove them one by one, or all with --force");
    return Names{image.names, true};
}

// A name can be taken from under a container. An image that was given by id would go on being there.
Result<void> refuse_while_used(const std::string& reference, const std::vector<User>& users, bool by_id,
                               ImageService::Force force) {
    if (users.empty()) return {};
    auto user = std::ranges::find(users, true, &User::running); // it is not out of the way so soon
    if (user == users.end()) user = users.begin();
    const bool must_stop = user->running && by_id;
    if (must_stop || force == ImageService::Force::no)
        return fail(Code::failed_precondition, "image '", reference, "' is used by the ",
                    user->running ? "running" : "stopped", " container '", user->container,
                    must_stop ? "': stop and remove that first"
                              : "': remove that first, or take only the names away with --force");
    return {};
}

Result<std::set<std::string>> texts(Database& database, std::string_view sql,
                                    const std::vector<SqlValue>& values = {}) {
    std::set<std::string> found;
    RT_TRY(database.run(sql, values, [&](const SqlRow& row) { found.insert(row.text(0)); }));
    return found;
}

// Layers of one storage driver that no image has: the topmost go first, they stand on the others.
Result<void> remove_layers(Database& database, StorageDriver& storage, const Operation& operation) {
    for (;;) {
        std::vector<std::pair<std::string, std::string>> unused; // chain id, snapshot
        RT_TRY(database.run(
            "SELECT chain_id, snapshot FROM layers l WHERE storage = ?1 "
            "AND NOT EXISTS (SELECT 1 FROM image_layers i WHERE i.chain_id = l.chain_id) "
            "AND NOT EXISTS (SELECT 1 FROM layers u WHERE u.storage = ?1 AND u.parent = l.chain_id)",
            {storage.instance()}, [&](const SqlRow& row) { unused.emplace_back(row.text(0), row.text(1)); }));
        if (unused.empty()) return {};
        for (const auto& [chain, snapshot] : unused) {
            // The row first: a row without a snapshot would be believed, a snapshot without a row is found
            // below.
            RT_TRY(database.run("DELETE FROM layers WHERE storage = ? AND chain_id = ?",
                                {storage.instance(), chain}));
            RT_TRY(storage.remove(operation, snapshot));
        }
    }
}

// Snapshots of layers that are in no table: somebody was killed while he unpacked or removed them.
Result<void> remove_strays(Database& database, StorageDriver& storage, const Operation& operation) {
    RT_TRY_ASSIGN(const auto known,
                  texts(database, "SELECT snapshot FROM layers WHERE storage = ?", {storage.instance()}));
    RT_TRY_ASSIGN(const auto snapshots, storage.list(operation));
    for (const Snapshot& snapshot : snapshots)
        if (snapshot.id.starts_with(kLayerPrefix) && !known.contains(snapshot.id))
            RT_TRY(storage.remove(operation, snapshot.id));
    return {};
}

Result<void> remove_blobs(Database& database, const ContentStore& store) {
    RT_TRY_ASSIGN(const auto needed,
                  texts(database, "SELECT id FROM images UNION SELECT manifest FROM images "
                                  "UNION SELECT blob FROM image_layers"));
    RT_TRY_ASSIGN(const auto stored, store.list());
    for (const std::string& digest : stored)
        if (!needed.contains(digest)) RT_TRY(store.remove(digest));
    return {};
}

} // namespace

Result<RemovedImage> ImageService::remove(const std::string& reference, Force force,
                                          const Operation& operation) {
    RemovedImage removed;
    const auto forget = [&]() -> Result<void> {
        RT_TRY_ASSIGN(const Image image, ImageStore(database_).find(reference));
        RT_TRY_ASSIGN(const auto names, names_to_remove(image, reference, force));
        const bool last = names.texts.size() == image.names.size();
        RT_TRY_ASSIGN(const auto users, users_of(database_, image.id));
        if (last) RT_TRY(refuse_while_used(reference, users, names.by_id, force));
        for (const std::string& name : names.texts) {
            RT_TRY(database_.run("DELETE FROM image_names WHERE name = ?", {name}));
            removed.untagged.push_back(familiar_name(name));
            RT_TRY(note_image_event(database_, image, "untag", image.id));
        }
        if (!last || !users.empty()) return {};
        RT_TRY(database_.run("DELETE FROM images WHERE id = ?", {image.id})); // its layers go with it
        removed.deleted.push_back(image.id);
        return note_image_event(database_, image, "delete", image.id);
    };
    RT_TRY(database_.transaction(forget));
    // The image is gone already: the next collect_garbage() removes what this one leaves.
    if (!removed.deleted.empty())
        if (auto cleaned = collect_garbage(operation); !cleaned)
            removed.warning =
                cat("what only the removed image needed could not all be removed: ", cleaned.error().message);
    return removed;
}

Result<void> ImageService::collect_garbage(const Operation& operation) {
    RT_TRY_ASSIGN(const auto lock, IntakeLock::try_alone(wiring_.root));
    if (!lock) return {};
    RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
    // Those that are wired: what is in another driver stays until that is wired again.
    for (const auto& [instance, driver] : wiring_.storage.drivers) {
        RT_TRY_ASSIGN(const DriverSpec spec, drivers_.resolve(Role::storage, instance));
        if (::access(spec.state_dir.c_str(), F_OK) != 0) continue; // never used
        RT_TRY_ASSIGN(const auto storage, drivers_.storage(instance));
        RT_TRY(remove_layers(database_, *storage, operation));
        RT_TRY(remove_strays(database_, *storage, operation));
    }
    RT_TRY(remove_blobs(database_, store));
    store.clean_ingest();
    return {};
}

} // namespace rt
