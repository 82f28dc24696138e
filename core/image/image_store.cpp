// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_store.hpp"

#include "core/base/id.hpp"
#include "core/base/nearest.hpp"
#include "core/image/reference.hpp"

#include <algorithm>
#include <map>

namespace rt {
namespace {

constexpr std::size_t kShortestId = 3;
constexpr std::string_view kSha256 = "sha256:";

bool is_id_text(std::string_view text) {
    return is_hex(text) || text.starts_with(kSha256);
}

// As most people write it.
std::string without_latest(std::string name) {
    constexpr std::string_view kLatest = ":latest";
    if (name.ends_with(kLatest)) name.resize(name.size() - kLatest.size());
    return name;
}

// docker's words, which programs look for, and what to do.
Result<Image> no_such_image(ImageStore& store, const std::string& given,
                            const std::optional<Reference>& parsed) {
    const bool is_id = is_id_text(given);
    const std::string name = parsed && !is_id ? familiar_name(parsed->name()) : given;
    const std::string best = store.nearest_name(given);
    return fail(Code::not_found, "No such image: ", name,
                !best.empty() ? cat(" (did you mean ", best, "?)")
                : is_id       ? std::string(": 'rtctl images' lists those there are")
                              : cat(": get it with 'rtctl pull ", given, "'"));
}

// The hexadecimal digits, when text may be (the beginning of) an id.
std::optional<std::string> as_id(std::string_view text) {
    if (text.starts_with(kSha256)) text.remove_prefix(kSha256.size());
    const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() < kShortestId || text.size() > 64 || !std::ranges::all_of(text, digit))
        return std::nullopt;
    return std::string(text);
}

Image read_image(const SqlRow& row) {
    return {row.text(0), row.text(1), row.text(2), row.number(3), row.number(4), {}};
}

Result<void> add_names(Database& database, Image& image) {
    return database.run("SELECT name FROM image_names WHERE image_id = ? ORDER BY name", {image.id},
                        [&](const SqlRow& row) { image.names.push_back(row.text(0)); });
}

Result<std::optional<Image>> find_by_name(Database& database, const Reference& reference) {
    std::optional<Image> found;
    const auto take = [&](const SqlRow& row) { found = read_image(row); };
    RT_TRY(database.run("SELECT i.id, i.config, i.manifest, i.size, i.created_at FROM image_names n "
                        "JOIN images i ON i.id = n.image_id WHERE n.name = ?",
                        {reference.name()}, take));
    if (found || reference.digest.empty()) return found;
    // Pulled by tag, asked for by the digest that the tag stood for.
    const std::string prefix = cat(reference.repository(), ":");
    RT_TRY(database.run("SELECT i.id, i.config, i.manifest, i.size, i.created_at FROM image_names n "
                        "JOIN images i ON i.id = n.image_id "
                        "WHERE n.digest = ? AND substr(n.name, 1, length(?)) = ? LIMIT 1",
                        {reference.digest, prefix, prefix}, take));
    return found;
}

Result<std::optional<Image>> find_by_id(Database& database, const std::string& digits,
                                        const std::string& given) {
    std::vector<Image> found;
    const std::string first = cat(kSha256, digits);
    // 'g' comes right after the last hexadecimal digit: a range scan of the primary key.
    RT_TRY(database.run("SELECT id, config, manifest, size, created_at FROM images "
                        "WHERE id >= ? AND id < ? LIMIT 2",
                        {first, cat(first, "g")},
                        [&](const SqlRow& row) { found.push_back(read_image(row)); }));
    if (found.empty()) return std::nullopt;
    if (found.size() > 1)
        return fail(Code::failed_precondition, "Multiple IDs found with provided prefix: ", given,
                    ": images ", found[0].id, " and ", found[1].id, ": give more digits");
    return std::move(found[0]);
}

} // namespace

Result<Image> ImageStore::find(const std::string& reference) {
    std::optional<Image> found;
    const auto parsed = parse_reference(reference);
    if (parsed) {
        RT_TRY_ASSIGN(found, find_by_name(database_, *parsed));
    }
    const auto digits = as_id(reference);
    if (!found && digits) {
        RT_TRY_ASSIGN(found, find_by_id(database_, *digits, reference));
    }
    if (!found && !parsed && !digits) return std::unexpected(parsed.error());
    if (!found)
        return no_such_image(*this, reference, parsed ? std::optional<Reference>(*parsed) : std::nullopt);
    RT_TRY(add_names(database_, *found));
    return std::move(*found);
}

Result<std::vector<Image>> ImageStore::list() {
    std::vector<Image> images;
    RT_TRY(database_.run("SELECT id, config, manifest, size, created_at FROM images ORDER BY created_at DESC",
                         {}, [&](const SqlRow& row) { images.push_back(read_image(row)); }));
    for (Image& image : images) RT_TRY(add_names(database_, image));
    return images;
}

std::string ImageStore::nearest_name(const std::string& reference) {
    const auto parsed = parse_reference(reference);
    const bool is_name = parsed && !is_id_text(reference);
    const std::string wanted = is_name ? without_latest(familiar_name(parsed->name())) : reference;
    const bool any_tag = is_name && parsed->tag == "latest";
    std::vector<std::string> known;
    std::map<std::string, std::string> names; // what is compared: what is meant by it
    const auto add = [&](const std::string& text, const std::string& name) {
        if (names.emplace(text, name).second) known.push_back(text);
    };
    (void)database_.run("SELECT name FROM image_names ORDER BY name", {}, [&](const SqlRow& row) {
        const std::string name = without_latest(familiar_name(row.text(0)));
        add(name, name);
        const auto stored = parse_reference(row.text(0));
        if (any_tag && stored) add(familiar_name(stored->repository()), name);
    });
    const std::string best = nearest(wanted, known);
    return best.empty() ? best : names[best];
}

Result<std::vector<std::string>> ImageStore::digests(const std::string& image_id) {
    std::vector<std::string> digests;
    RT_TRY(database_.run(
        "SELECT name, digest FROM image_names WHERE image_id = ? AND digest <> '' ORDER BY name", {image_id},
        [&](const SqlRow& row) {
            const auto reference = parse_reference(row.text(0));
            if (!reference) return;
            std::string digest = cat(reference->repository(), "@", row.text(1));
            if (std::ranges::find(digests, digest) == digests.end()) digests.push_back(std::move(digest));
        }));
    return digests;
}

Result<std::vector<ImageLayer>> ImageStore::layers(const std::string& image_id) {
    std::vector<ImageLayer> layers;
    RT_TRY(database_.run("SELECT chain_id, diff_id, blob, media_type FROM image_layers "
                         "WHERE image_id = ? ORDER BY position",
                         {image_id}, [&](const SqlRow& row) {
                             layers.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
                         }));
    return layers;
}

Result<std::optional<std::vector<std::string>>> ImageStore::snapshots(const std::string& image_id,
                                                                      const std::string& storage) {
    std::vector<std::string> ids;
    bool complete = true;
    bool exists = false;
    RT_TRY(database_.run("SELECT il.position, l.snapshot FROM image_layers il "
                         "LEFT JOIN layers l ON l.chain_id = il.chain_id AND l.storage = ? "
                         "WHERE il.image_id = ? ORDER BY il.position DESC",
                         {storage, image_id}, [&](const SqlRow& row) {
                             exists = true;
                             if (row.is_null(1)) complete = false;
                             ids.push_back(row.text(1));
                         }));
    if (!exists) { // an image without layers has nothing to unpack
        RT_TRY(database_.run("SELECT 1 FROM images WHERE id = ?", {image_id},
                             [&](const SqlRow&) { exists = true; }));
    }
    if (!exists)
        return fail(Code::not_found, "No such image: ", image_id, ": it was removed in the meantime");
    if (!complete) return std::nullopt;
    return ids;
}

} // namespace rt
