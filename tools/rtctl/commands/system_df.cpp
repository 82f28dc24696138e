// SPDX-License-Identifier: Apache-2.0
#include "core/container/system_use.hpp"
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt::cli {
namespace {

constexpr int kDigits = 4; // docker shows sums with one more than the sizes of single things

std::string sum(std::uint64_t bytes) {
    return human_size(bytes, kDigits);
}

constexpr std::array kSumFields = {
    ListingField{"Type", "TYPE"},
    ListingField{"TotalCount", "TOTAL"},
    ListingField{"Active", "ACTIVE"},
    ListingField{"Size", "SIZE"},
    ListingField{"Reclaimable", "RECLAIMABLE"},
};

// What one kind of things takes, and what of it a prune would give back.
struct Sum {
    std::string_view type;
    std::size_t count = 0;
    std::int64_t active = 0;
    std::uint64_t bytes = 0, reclaimable = 0;
};

Json to_json(const Sum& of) {
    std::string reclaimable = sum(of.reclaimable);
    if (of.bytes > 0) reclaimable += cat(" (", of.reclaimable * 100 / of.bytes, "%)");
    return {{"Type", of.type},
            {"TotalCount", std::to_string(of.count)},
            {"Active", std::to_string(of.active)},
            {"Size", sum(of.bytes)},
            {"Reclaimable", reclaimable}};
}

Sum sum_of_images(const SystemUse& use) {
    return {"Images", use.images.size(),
            std::ranges::count_if(use.images, [](const ImageUse& image) { return image.containers > 0; }),
            static_cast<std::uint64_t>(use.layers), static_cast<std::uint64_t>(use.unused_layers)};
}

Sum sum_of_containers(const SystemUse& use) {
    Sum containers{.type = "Containers", .count = use.containers.size()};
    for (const auto& [summary, size] : use.containers) {
        const bool active =
            summary.state == "running" || summary.state == "paused" || summary.state == "restarting";
        if (active) ++containers.active;
        if (!size) continue;
        containers.bytes += size->own;
        if (!active) containers.reclaimable += size->own;
    }
    return containers;
}

Sum sum_of_volumes(const SystemUse& use) {
    Sum volumes{.type = "Local Volumes", .count = use.volumes.size()};
    for (const VolumeSize& volume : use.volumes) {
        if (volume.containers > 0) ++volumes.active;
        volumes.bytes += volume.bytes.value_or(0);
        if (volume.containers == 0) volumes.reclaimable += volume.bytes.value_or(0);
    }
    return volumes;
}

Result<void> show_sums(const SystemUse& use, const std::string& format) {
    RT_TRY_ASSIGN(Listing listing,
                  Listing::make(format, kSumFields, {"Type", "TotalCount", "Active", "Size", "Reclaimable"}));
    for (const Sum& each : {sum_of_images(use), sum_of_containers(use), sum_of_volumes(use),
                            Sum{.type = "Build Cache"}}) // there is none
        RT_TRY(listing.add(to_json(each)));
    listing.print();
    return {};
}

// With all names, docker shows the first.
Result<Json> row_of(Engine::State& state, const ImageUse& use, Ids ids) {
    RT_TRY_ASSIGN(const auto names, image_rows(state, use.image));
    Json row = image_json_row(names.front(), ids);
    row["SharedSize"] = sum(static_cast<std::uint64_t>(use.shared));
    row["UniqueSize"] =
        sum(static_cast<std::uint64_t>(std::max<std::int64_t>(0, use.image.size - use.shared)));
    row["Containers"] = std::to_string(use.containers);
    return row;
}

Json row_of(const ContainerUse& use, Ids ids) {
    Json row = container_row(use.summary, ids);
    row["Size"] = use.size ? human_size(use.size->own) : std::string(kNotCounted);
    return row;
}

Json row_of(const VolumeSize& use, const Path& data) {
    Json row = volume_row(use.volume, data);
    row["Links"] = std::to_string(use.containers);
    if (use.bytes) row["Size"] = sum(*use.bytes);
    return row;
}

struct Rows {
    Json images = Json::array(), containers = Json::array(), volumes = Json::array();
};

Result<Rows> rows_of(Engine& engine, const SystemUse& use, Ids ids) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Rows rows;
    for (const ImageUse& image : use.images) {
        RT_TRY_ASSIGN(Json row, row_of(*state, image, ids));
        rows.images.push_back(std::move(row));
    }
    for (const ContainerUse& container : use.containers) rows.containers.push_back(row_of(container, ids));
    const VolumeService service(engine.wiring(), state->database);
    for (const VolumeSize& volume : use.volumes)
        rows.volumes.push_back(row_of(volume, service.data(volume.volume.name)));
    return rows;
}

Result<void> show_table(std::string_view title, const Json& rows, std::span<const ListingField> fields,
                        std::vector<std::string_view> columns) {
    RT_TRY_ASSIGN(Listing listing, Listing::make("table", fields, std::move(columns)));
    for (const Json& row : rows) RT_TRY(listing.add(row));
    print_line(cat(title, " space usage:\n"));
    listing.print();
    print_line("");
    return {};
}

Result<void> show_tables(const Rows& rows) {
    RT_TRY(show_table(
        "Images", rows.images, image_fields(),
        {"Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"}));
    RT_TRY(show_table("Containers", rows.containers, container_fields(),
                      {"ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"}));
    RT_TRY(show_table("Local Volumes", rows.volumes, volume_fields(), {"Name", "Links", "Size"}));
    print_line("Build cache usage: 0B");
    return {};
}

// One object with everything, for json and for a template.
Result<void> show_all(const Rows& rows, const std::string& format) {
    const Json all{{"Images", rows.images},
                   {"Containers", rows.containers},
                   {"Volumes", rows.volumes},
                   {"BuildCache", Json::array()}};
    if (format == "json") {
        print_json_line(all);
        return {};
    }
    RT_TRY_ASSIGN(const Template form, Template::parse(format));
    RT_TRY_ASSIGN(const std::string text, form.render(all));
    print_line(printable_lines(text));
    return {};
}

Outcome system_df(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("verbose,v", "each image, container and volume")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show it: json (one object a line), a template, 'table TEMPLATE'");
    RT_TRY_ASSIGN(const auto parsed, parse(kSystemDf, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    const bool verbose = parsed->has("verbose");
    const auto format = parsed->get<std::string>("format");
    const bool tables = format.empty() || format == "table";
    if (verbose && (format == "raw" || format.starts_with("table ")))
        return fail(Code::invalid_argument, "system df: --format '", format,
                    "' does not go with --verbose, which shows several tables: give json or a template");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const SystemUse use, system_use(*engine));
    for (const Error& problem : use.problems) warn(problem.message);
    if (!verbose) {
        RT_TRY(show_sums(use, format));
        return 0;
    }
    RT_TRY_ASSIGN(const Rows rows, rows_of(*engine, use, tables ? Ids::cut : Ids::whole));
    RT_TRY(tables ? show_tables(rows) : show_all(rows, format));
    return 0;
}

} // namespace

const Command kSystemDf = {"system df", "[OPTIONS]",
                           "Show how much of the disk images, containers and volumes take", system_df};

} // namespace rt::cli
