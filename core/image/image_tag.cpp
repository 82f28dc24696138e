// SPDX-License-Identifier: Apache-2.0
// Further names of images that are here.
#include "core/image/image_events.hpp"
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"

namespace rt {
namespace {

Result<Reference> parse_new_name(const std::string& text) {
    RT_TRY_ASSIGN(Reference name, parse_reference(text));
    if (!name.digest.empty())
        return fail(Code::invalid_argument, "tag '", text,
                    "': refusing to create a tag with a digest reference: it stands for what it is already");
    if (familiar_name(name.repository()) == "sha256")
        return fail(Code::invalid_argument, "tag '", text,
                    "': refusing to create an ambiguous tag using digest algorithm as name");
    return name;
}

} // namespace

Result<void> ImageService::tag(const std::string& reference, const std::string& new_name) {
    RT_TRY_ASSIGN(const Reference name, parse_new_name(new_name));
    return database_.transaction([&]() -> Result<void> {
        RT_TRY_ASSIGN(const Image image, ImageStore(database_).find(reference));
        // What the name stood for at a registry is so no more, unless it is this image that has it already.
        RT_TRY(database_.run("INSERT INTO image_names (name, image_id, digest) VALUES (?, ?, '') "
                             "ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id, "
                             "digest = CASE WHEN image_id = excluded.image_id THEN digest ELSE '' END",
                             {name.name(), image.id}));
        return note_image_event(database_, image, "tag", familiar_name(name.name()));
    });
}

} // namespace rt
