// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_store.hpp"

#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

std::string dump(const std::map<std::string, std::string>& map) {
    return Json(map).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, std::string> map_from(const std::string& text) {
    const Json value = Json::parse(text, nullptr, false);
    std::map<std::string, std::string> map;
    if (!value.is_object()) return map;
    for (const auto& [key, member] : value.items())
        if (member.is_string()) map.emplace(key, member.get<std::string>());
    return map;
}

Result<std::vector<Volume>> select(Database& database, std::string_view where,
                                   const std::vector<SqlValue>& values) {
    std::vector<Volume> found;
    RT_TRY(
        database.run(cat("SELECT name, driver, options, labels, removing, created_at FROM volumes ", where),
                     values, [&](const SqlRow& row) {
                         found.push_back({row.text(0), row.text(1), map_from(row.text(2)),
                                          map_from(row.text(3)), row.number(4) != 0, row.number(5)});
                     }));
    return found;
}

} // namespace

Result<void> VolumeStore::add(const Volume& volume) {
    return database_.run(
        "INSERT INTO volumes (name, driver, options, labels, created_at) VALUES (?,?,?,?,?)",
        {volume.name, volume.driver, dump(volume.options), dump(volume.labels), volume.created_at});
}

Result<std::optional<Volume>> VolumeStore::find(const std::string& name) {
    RT_TRY_ASSIGN(std::vector<Volume> found, select(database_, "WHERE name = ?", {name}));
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::vector<Volume>> VolumeStore::list() {
    return select(database_, "WHERE removing = 0 ORDER BY name", {});
}

Result<std::vector<Volume>> VolumeStore::removing() {
    return select(database_, "WHERE removing = 1", {});
}

Result<bool> VolumeStore::begin_removal(const std::string& name) {
    bool begun = false;
    RT_TRY(database_.run("UPDATE volumes SET removing = 1 WHERE name = ?1 AND NOT EXISTS "
                         "(SELECT 1 FROM volume_uses WHERE volume = ?1) RETURNING 1",
                         {name}, [&](const SqlRow&) { begun = true; }));
    return begun;
}

Result<void> VolumeStore::remove(const std::string& name) {
    return database_.run("DELETE FROM volumes WHERE name = ?", {name});
}

Result<void> VolumeStore::add_use(const VolumeUse& use) {
    bool added = false;
    RT_TRY(database_.run("INSERT INTO volume_uses (container_id, volume, anonymous) "
                         "SELECT ?1, name, ?3 FROM volumes WHERE name = ?2 AND removing = 0 "
                         "ON CONFLICT DO UPDATE SET anonymous = min(anonymous, excluded.anonymous) "
                         "RETURNING 1",
                         {use.container_id, use.volume, std::int64_t{use.anonymous}},
                         [&](const SqlRow&) { added = true; }));
    if (!added) return fail(Code::not_found, "get ", use.volume, ": no such volume");
    return {};
}

Result<std::vector<VolumeUse>> VolumeStore::uses_of(const std::string& container_id) {
    std::vector<VolumeUse> found;
    RT_TRY(database_.run("SELECT container_id, volume, anonymous, mounted FROM volume_uses "
                         "WHERE container_id = ? ORDER BY volume",
                         {container_id}, [&](const SqlRow& row) {
                             found.push_back(
                                 {row.text(0), row.text(1), row.number(2) != 0, row.number(3) != 0});
                         }));
    return found;
}

Result<std::vector<std::string>> VolumeStore::users_of(const std::string& volume) {
    std::vector<std::string> found;
    RT_TRY(database_.run("SELECT container_id FROM volume_uses WHERE volume = ? ORDER BY container_id",
                         {volume}, [&](const SqlRow& row) { found.push_back(row.text(0)); }));
    return found;
}

Result<void> VolumeStore::set_mounted(const VolumeUse& use, bool mounted) {
    return database_.run("UPDATE volume_uses SET mounted = ? WHERE container_id = ? AND volume = ?",
                         {std::int64_t{mounted}, use.container_id, use.volume});
}

Result<bool> VolumeStore::is_mounted_for_another(const VolumeUse& use) {
    bool found = false;
    RT_TRY(database_.run(
        "SELECT 1 FROM volume_uses WHERE volume = ? AND container_id <> ? AND mounted = 1 LIMIT 1",
        {use.volume, use.container_id}, [&](const SqlRow&) { found = true; }));
    return found;
}

Result<void> VolumeStore::keep_anonymous(const std::string& container_id) {
    return database_.run("UPDATE volume_uses SET anonymous = 0 WHERE container_id = ?", {container_id});
}

Result<void> VolumeStore::remove_uses_of(const std::string& container_id) {
    return database_.run("DELETE FROM volume_uses WHERE container_id = ?", {container_id});
}

} // namespace rt
