// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/rows.hpp"

#include "core/api/image_json.hpp"
#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/text.hpp"
#include "core/base/time_text.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt::cli {
namespace {

constexpr std::size_t kShortCommand = 20;
constexpr std::string_view kNone = "<none>";

// A command line comes from the image: it may hold anything.
std::string quote(const std::string& command, Ids ids) {
    return cat("\"", ids == Ids::cut ? shortened(command, kShortCommand) : printable(command), "\"");
}

constexpr std::array kContainerFields = {
    ListingField{"ID", "CONTAINER ID"},
    ListingField{"Names", "NAMES"},
    ListingField{"Image", "IMAGE"},
    ListingField{"Command", "COMMAND"},
    ListingField{"CreatedAt", "CREATED AT"},
    ListingField{"RunningFor", "CREATED"},
    ListingField{"State", "STATE"},
    ListingField{"Status", "STATUS"},
    ListingField{"Ports", "PORTS"},
    ListingField{"Networks", "NETWORKS"},
    ListingField{"Labels", "LABELS"},
    ListingField{"Mounts", "MOUNTS"},
    ListingField{"LocalVolumes", "LOCAL VOLUMES"},
    ListingField{"Size", "SIZE"},
};

constexpr std::array kImageFields = {
    ListingField{"Repository", "REPOSITORY"},
    ListingField{"Tag", "TAG"},
    ListingField{"Digest", "DIGEST"},
    ListingField{"ID", "IMAGE ID"},
    ListingField{"CreatedSince", "CREATED"},
    ListingField{"CreatedAt", "CREATED AT"},
    ListingField{"Size", "SIZE"},
    ListingField{"SharedSize", "SHARED SIZE"},
    ListingField{"UniqueSize", "UNIQUE SIZE"},
    ListingField{"Containers", "CONTAINERS"},
};

constexpr std::array kVolumeFields = {
    ListingField{"Name", "VOLUME NAME"}, ListingField{"Driver", "DRIVER"},
    ListingField{"Scope", "SCOPE"},      ListingField{"Mountpoint", "MOUNTPOINT"},
    ListingField{"Labels", "LABELS"},    ListingField{"Links", "LINKS"},
    ListingField{"Size", "SIZE"},        ListingField{"Availability", "AVAILABILITY"},
    ListingField{"Group", "GROUP"},      ListingField{"Status", "STATUS"},
};

} // namespace

std::string show_labels(const StringMap& labels) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : labels) parts.push_back(cat(key, "=", value));
    return joined(parts, ",");
}

std::string shortened(const std::string& text, std::size_t most) {
    std::string shown = printable(text);
    if (shown.size() <= most) return shown;
    std::size_t end = most - 1;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xc0U) == 0x80U) --end; // no half character
    return shown.substr(0, end) + "…";
}

std::string show_age(std::int64_t time) {
    return cat(human_duration(now_ns() - time), " ago");
}

std::span<const ListingField> container_fields() {
    return kContainerFields;
}

Json container_row(const ContainerSummary& summary, Ids ids, std::span<const std::string_view> keys) {
    const Container& record = summary.record;
    Json row = Json::object();
    // One by one: a list of values is a copy of each, and there may be thousands of rows.
    const auto put = [&](std::string_view key, const auto& make) {
        if (keys.empty() || std::ranges::find(keys, key) != keys.end()) row[std::string(key)] = make();
    };
    put("ID", [&] { return ids == Ids::whole ? record.id : short_id(record.id); });
    put("Names", [&] { return record.name; });
    put("Image",
        [&] { return summary.image == record.image_id ? show_id(record.image_id, ids) : summary.image; });
    put("Command", [&] { return quote(summary.command, ids); });
    put("CreatedAt", [&] { return listed_time(record.created_at); });
    put("RunningFor", [&] { return show_age(record.created_at); });
    put("State", [&] { return summary.state; });
    put("Status", [&] { return summary.status; });
    put("Ports", [&] { return show_ports(summary.ports); });
    put("Networks", [&] { return joined(summary.networks, ","); });
    put("Labels", [&] { return show_labels(summary.labels); });
    put("Mounts", [&] { return joined(summary.mounts, ","); });
    put("LocalVolumes", [&] {
        return std::to_string(std::ranges::count_if(
            summary.mounts, [](const auto& source) { return !source.starts_with('/'); }));
    });
    put("Size", [] { return "0B"; });
    return row;
}

std::span<const ListingField> image_fields() {
    return kImageFields;
}

Result<std::vector<ImageRow>> image_rows(Engine::State& state, const Image& image) {
    const std::string none(kNone);
    ImageRow row{none, none, none, image.id, 0, image.size};
    row.created =
        api::created_at(Json::parse(image.config_json, nullptr, false)); // in UTC but in the oddest images
    std::vector<ImageRow> rows;
    if (image.names.empty()) rows.push_back(row);
    for (const std::string& name : image.names) {
        RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
        row.repository = familiar_name(reference.repository());
        row.tag = reference.tag.empty() ? none : reference.tag;
        row.digest = reference.digest.empty() ? none : reference.digest;
        RT_TRY(state.database.run("SELECT digest FROM image_names WHERE name = ? AND digest <> ''", {name},
                                  [&](const SqlRow& found) { row.digest = found.text(0); }));
        rows.push_back(row);
    }
    return rows;
}

bool is_dangling(const ImageRow& row) {
    return row.tag == kNone && row.repository == kNone;
}

std::string show_id(const std::string& image_id, Ids ids) {
    return ids == Ids::whole ? image_id : short_id(image_id);
}

Json image_json_row(const ImageRow& row, Ids ids) {
    return {{"Repository", row.repository},
            {"Tag", row.tag},
            {"Digest", row.digest},
            {"ID", show_id(row.id, ids)},
            {"CreatedSince", row.created == 0 ? std::string(kNotCounted) : show_age(row.created)},
            {"CreatedAt", row.created == 0 ? "" : listed_time(row.created)},
            {"Size", human_size(static_cast<std::uint64_t>(row.size))},
            {"SharedSize", kNotCounted},
            {"UniqueSize", kNotCounted},
            {"Containers", kNotCounted}};
}

std::span<const ListingField> volume_fields() {
    return kVolumeFields;
}

Json volume_row(const Volume& volume, const Path& data) {
    return {{"Name", volume.name},
            {"Driver", volume.driver},
            {"Scope", "local"},
            {"Mountpoint", data.native()},
            {"Labels", show_labels(volume.labels)},
            {"Links", kNotCounted},
            {"Size", kNotCounted},
            {"Availability", kNotCounted},
            {"Group", kNotCounted},
            {"Status", kNotCounted}};
}

} // namespace rt::cli
