// SPDX-License-Identifier: Apache-2.0
#include "core/container/system_use.hpp"

#include "core/volume/volume_service.hpp"

namespace rt {
Result<BytesById> shared_bytes(Database& database) {
    BytesById shared;
    RT_TRY(database.run("SELECT i.image_id, sum(l.size) FROM image_layers i "
                        "JOIN (SELECT chain_id, max(size) AS size FROM layers GROUP BY chain_id) l "
                        "ON l.chain_id = i.chain_id "
                        "WHERE EXISTS (SELECT 1 FROM image_layers o "
                        "WHERE o.chain_id = i.chain_id AND o.image_id <> i.image_id) "
                        "GROUP BY i.image_id",
                        {}, [&](const SqlRow& row) { shared[row.text(0)] = row.number(1); }));
    return shared;
}

namespace {

Result<void> count_layers(Database& database, SystemUse& use) {
    return database.run("SELECT coalesce(sum(size), 0), coalesce(sum(CASE WHEN EXISTS "
                        "(SELECT 1 FROM image_layers i JOIN containers c ON c.image_id = i.image_id "
                        "WHERE i.chain_id = l.chain_id) THEN 0 ELSE size END), 0) FROM layers l",
                        {}, [&](const SqlRow& row) {
                            use.layers = row.number(0);
                            use.unused_layers = row.number(1);
                        });
}

Result<void> count_images(Engine::State& state, SystemUse& use) {
    RT_TRY(count_layers(state.database, use));
    RT_TRY_ASSIGN(auto images, state.images.list());
    RT_TRY_ASSIGN(BytesById shared, shared_bytes(state.database));
    std::map<std::string, std::int64_t> users;
    for (const ContainerUse& container : use.containers) ++users[container.summary.record.image_id];
    for (Image& image : images) {
        const std::string id = image.id;
        use.images.push_back({std::move(image), shared[id], users[id]});
    }
    return {};
}

Result<void> count_volumes(Engine& engine, Engine::State& state, SystemUse& use) {
    VolumeService service(engine.wiring(), state.database);
    RT_TRY_ASSIGN(auto volumes, service.list());
    for (Volume& volume : volumes) {
        RT_TRY_ASSIGN(const auto users, state.volumes.users_of(volume.name));
        const auto bytes = service.bytes(volume);
        use.volumes.push_back({std::move(volume), bytes, static_cast<std::int64_t>(users.size())});
    }
    return {};
}

} // namespace

Result<SystemUse> system_use(Engine& engine) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(ContainerList list, list_containers(engine));
    SystemUse use;
    use.problems = std::move(list.problems);
    for (ContainerSummary& summary : list.containers) {
        const auto size = disk_use(engine, summary.record);
        use.containers.push_back({std::move(summary), size ? std::optional(*size) : std::nullopt});
    }
    RT_TRY(count_images(*state, use));
    RT_TRY(count_volumes(engine, *state, use));
    return use;
}

} // namespace rt
