// SPDX-License-Identifier: Apache-2.0
// The end of an intake: the image's rows, in one transaction.
#include "core/base/clock.hpp"
#include "core/image/image_intake.hpp"

namespace rt {

Result<Image> ImageIntake::record(const std::string& config_json, const std::string& manifest,
                                  const std::vector<IntakeLayer>& layers,
                                  const std::vector<std::string>& names, const std::string& digest) {
    Cancellation given_up; // whoever breaks off in the middle may look like the end to who reads it
    given_up.operation = &operation_;
    RT_TRY(given_up.check());
    Image image;
    RT_TRY_ASSIGN(image.id, module_.store_blob(store_, config_json));
    RT_TRY_ASSIGN(image.manifest, module_.store_blob(store_, manifest));
    image.config_json = config_json;
    image.created_at = now_ns();
    const auto write = [&]() -> Result<void> {
        for (const IntakeLayer& layer : layers)
            RT_TRY(database_.run("SELECT size FROM layers WHERE storage = ? AND chain_id = ?",
                                 {storage_.instance(), layer.chain_id},
                                 [&](const SqlRow& row) { image.size += row.number(0); }));
        RT_TRY(database_.run(
            "INSERT INTO images (id, config, manifest, size, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET manifest = excluded.manifest",
            {image.id, image.config_json, image.manifest, image.size, image.created_at}));
        for (std::size_t i = 0; i < layers.size(); ++i)
            RT_TRY(database_.run("INSERT OR REPLACE INTO image_layers "
                                 "(image_id, position, chain_id, diff_id, blob, media_type) "
                                 "VALUES (?, ?, ?, ?, ?, ?)",
                                 {image.id, static_cast<std::int64_t>(i), layers[i].chain_id,
                                  layers[i].diff_id, layers[i].blob.digest, layers[i].blob.media_type}));
        for (const std::string& name : names)
            RT_TRY(database_.run("INSERT INTO image_names (name, image_id, digest) VALUES (?, ?, ?) "
                                 "ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id, "
                                 "digest = excluded.digest",
                                 {name, image.id, digest}));
        return on_record_ ? on_record_(image) : Result<void>();
    };
    RT_TRY(database_.transaction(write));
    return ImageStore(database_).find(image.id);
}

} // namespace rt
