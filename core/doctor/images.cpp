// SPDX-License-Identifier: Apache-2.0
// What images have on the disk, against what is recorded of them. While somebody brings an image in, nothing
// of it is recorded yet, so all of this waits for another time then.
#include "core/base/clock.hpp"
#include "core/doctor/areas.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

namespace rt::doctor {
namespace {

constexpr std::string_view kLayerPrefix = "layer-";
constexpr std::int64_t kPartsAreKept = 7LL * 24 * 3600 * 1'000'000'000; // a download can go on so long

std::string short_digest(std::string_view digest) {
    constexpr std::size_t kShown = 19; // "sha256:" and 12 digits
    return std::string(digest.substr(0, kShown));
}

// Digest -> an image that needs it, as people call it.
Result<std::map<std::string, std::string>> needed_blobs(Engine::State& state) {
    std::map<std::string, std::string> needed;
    RT_TRY(state.database.run(
        "WITH named AS (SELECT i.id, i.manifest, coalesce((SELECT min(name) FROM image_names n "
        "WHERE n.image_id = i.id), i.id) AS name FROM images i) "
        "SELECT id, name FROM named UNION SELECT manifest, name FROM named "
        "UNION SELECT blob, name FROM image_layers JOIN named ON named.id = image_id",
        {}, [&](const SqlRow& row) { needed.emplace(row.text(0), row.text(1)); }));
    return needed;
}

// All of it is put right at once.
std::function<Result<void>()> collecting(Examination& examination) {
    Engine& engine = examination.engine();
    return [&engine, &state = examination.state()] {
        return ImageService(engine.wiring(), state.database, engine.drivers())
            .collect_garbage(Engine::new_operation());
    };
}

Result<void> look_at_blobs(Examination& examination, const ContentStore& store) {
    RT_TRY_ASSIGN(const auto needed, needed_blobs(examination.state()));
    RT_TRY_ASSIGN(const auto stored, store.list());
    for (const std::string& digest : stored)
        if (!needed.contains(digest))
            examination.report("image.blob-unneeded", {.subject = cat("blob ", digest),
                                                       .text = "no image has it",
                                                       .owner = "an import, pull or removal that was killed",
                                                       .repair = collecting(examination)});
    for (const auto& [digest, image] : needed)
        if (!store.has(digest))
            examination.report("image.blob-missing",
                               {.subject = cat("blob ", digest),
                                .text = cat("image '", image,
                                            "' needs it to be unpacked or saved, and it is not in the store"),
                                .owner = cat("image '", image, "'"),
                                .advice = cat("pull, load or import '", image, "' again")});
    return {};
}

bool is_older(const Path& file, std::int64_t age) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0 &&
           now_ns() - (status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec) > age;
}

// A part of a download that can go on is kept for a week.
Result<void> look_at_parts(Examination& examination) {
    const Path directory = examination.engine().wiring().root / "blobs" / "ingest";
    RT_TRY_ASSIGN(const auto names, names_in(directory));
    for (const std::string& name : names) {
        const Path file = directory / name;
        if (file.extension() == ".lock")
            continue; // stays for the next who takes it, and goes with the collection
        if (file.extension() == ".part" && !is_older(file, kPartsAreKept)) continue;
        examination.report("image.part", {.subject = cat("file '", file.native(), "'"),
                                          .text = "nobody brings this in any more",
                                          .owner = "an import, load or pull that was killed",
                                          .repair = collecting(examination)});
    }
    return {};
}

struct Layer {
    std::string chain, snapshot;
    bool needed = false;
};

Result<std::vector<Layer>> layers_in(Engine::State& state, const std::string& storage) {
    std::vector<Layer> layers;
    RT_TRY(state.database.run("SELECT chain_id, snapshot, EXISTS (SELECT 1 FROM image_layers i "
                              "WHERE i.chain_id = l.chain_id) FROM layers l WHERE storage = ?",
                              {storage}, [&](const SqlRow& row) {
                                  layers.push_back({row.text(0), row.text(1), row.number(2) != 0});
                              }));
    return layers;
}

// A record without a layer would be believed by every start; without it the layer is unpacked anew.
Result<void> forget_layer(Engine& engine, Engine::State& state, const std::string& storage,
                          const Layer& layer) {
    RT_TRY_ASSIGN(const auto lock, IntakeLock::try_alone(engine.wiring().root));
    if (!lock) return fail(Code::unavailable, "an image is just being brought in: try again when it is here");
    RT_TRY_ASSIGN(const auto driver, engine.drivers().storage(storage));
    RT_TRY_ASSIGN(const auto snapshots, driver->list(Engine::new_operation()));
    for (const Snapshot& snapshot : snapshots)
        if (snapshot.id == layer.snapshot && snapshot.state == SnapshotState::committed) return {};
    return state.database.run("DELETE FROM layers WHERE storage = ? AND chain_id = ?",
                              {storage, layer.chain});
}

Result<void> look_at_layers(Examination& examination, const std::string& storage) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto driver, engine.drivers().storage(storage));
    RT_TRY_ASSIGN(const auto snapshots, driver->list(Engine::new_operation()));
    RT_TRY_ASSIGN(const auto layers, layers_in(state, storage));
    const auto unneeded = [&](const std::string& id, std::string text) {
        examination.report("image.layer-unneeded",
                           {.subject = cat("layer '", id, "' in storage '", storage, "'"),
                            .text = std::move(text),
                            .owner = "an import, pull or removal that was killed",
                            .repair = collecting(examination)});
    };
    std::set<std::string> known, committed;
    for (const Snapshot& snapshot : snapshots)
        if (snapshot.state == SnapshotState::committed) committed.insert(snapshot.id);
    for (const Layer& layer : layers) {
        known.insert(layer.snapshot);
        if (!layer.needed) {
            unneeded(layer.snapshot, "no image has it");
        } else if (!committed.contains(layer.snapshot)) {
            examination.report(
                "image.layer-missing",
                {.subject = cat("layer '", layer.snapshot, "' in storage '", storage, "'"),
                 .text = "is recorded as unpacked, and is not there; what needs it does not start",
                 .owner = cat("layer ", short_digest(layer.chain)),
                 .advice = "rtctl doctor --repair: it is unpacked again from its blob",
                 .repair = [&engine, &state, storage, layer] {
                     return forget_layer(engine, state, storage, layer);
                 }});
        }
    }
    for (const Snapshot& snapshot : snapshots)
        if (snapshot.id.starts_with(kLayerPrefix) && !known.contains(snapshot.id))
            unneeded(snapshot.id, "was being unpacked or removed when that was killed");
    return {};
}

// Without a lock, since it takes long: a blob that goes meanwhile is none that is damaged.
Result<void> verify(Examination& examination, const ContentStore& store) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto needed, needed_blobs(examination.state()));
    const Cancellation never;
    for (const auto& [digest, image] : needed) {
        const auto file = open_file(store.blob_path(digest), O_RDONLY | O_NOFOLLOW);
        if (!file && file.error().code == Code::not_found) continue; // that is another check's
        const auto is = [&]() -> Result<std::string> {
            if (!file) return std::unexpected(file.error());
            struct stat status{};
            const std::uint64_t size =
                ::fstat(file->get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
            return module->sha256_of(
                file->get(),
                [&](std::uint64_t bytes) {
                    if (examination.options().progress)
                        examination.options().progress(short_digest(digest), bytes, size);
                },
                never);
        }();
        if (is && *is == digest) continue;
        examination.report("image.blob-damaged",
                           {.subject = cat("blob ", digest),
                            .text = is ? cat("its content has the digest ", *is) : is.error().message,
                            .owner = cat("image '", image, "'"),
                            .advice = cat("look for errors of the disk; then remove '", image,
                                          "' and pull, load or import it again")});
    }
    return {};
}

} // namespace

void look_at_images(Examination& examination) {
    Engine& engine = examination.engine();
    const auto store = ContentStore::open(engine.wiring().root);
    if (!store) return examination.unseen("image.blob-unneeded", "blobs", store.error());
    {
        const auto lock = IntakeLock::try_alone(engine.wiring().root);
        if (!lock) return examination.unseen("image.blob-unneeded", "images", lock.error());
        if (!*lock) return examination.pass_over("images and their layers: one is just being brought in");
        examination.look("image.blob-unneeded", [&] { return look_at_blobs(examination, *store); });
        examination.look("image.part", [&] { return look_at_parts(examination); });
        for (const auto& [instance, wired] : engine.wiring().storage.drivers) {
            if (!std::filesystem::exists(engine.wiring().root / "storage" / instance)) continue; // never used
            examination.look("image.layer-unneeded", [&] { return look_at_layers(examination, instance); });
        }
    }
    if (examination.options().verify)
        examination.look("image.blob-damaged", [&] { return verify(examination, *store); });
}

} // namespace rt::doctor
