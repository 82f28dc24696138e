// SPDX-License-Identifier: Apache-2.0
// What images there are: names, configs, layers, and in which storage drivers those are unpacked. Reads and
// writes rt.db and nothing else, so it is cheap enough for the start path. One per thread, like the Database
// it borrows.
#pragma once

#include "core/base/error.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct ImageLayer {
    std::string chain_id;
    std::string diff_id;
    std::string blob;
    std::string media_type;
};

struct Image {
    std::string id;          // "sha256:..."
    std::string config_json; // image config, byte for byte
    std::string manifest;    // digest
    std::int64_t size = 0;
    std::int64_t created_at = 0;
    std::vector<std::string> names;
};

class ImageStore {
public:
    explicit ImageStore(Database& database) : database_(database) {}

    // By name ("debian", "debian:12", "host:5000/a/b@sha256:..."), id or unambiguous beginning of an id (at
    // least 3 hex digits). not_found names the reference and what to do; failed_precondition: ambiguous.
    Result<Image> find(const std::string& reference);
    Result<std::vector<Image>> list();
    // That of an image here which a mistyped one is closest to; "": none is near.
    std::string nearest_name(const std::string& reference);
    // What its names stood for at their registries: "docker.io/library/debian@sha256:...", each once.
    Result<std::vector<std::string>> digests(const std::string& image_id);
    Result<std::vector<ImageLayer>> layers(const std::string& image_id); // the base first

    // The snapshots of the image's layers in a storage driver, the topmost first; empty optional: not all are
    // unpacked.
    Result<std::optional<std::vector<std::string>>> snapshots(const std::string& image_id,
                                                              const std::string& storage);

private:
    Database& database_;
};

} // namespace rt
