// SPDX-License-Identifier: Apache-2.0
#include "core/api/image_json.hpp"
#include "core/base/clock.hpp"
#include "core/image/reference.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/listing.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <array>

namespace rt::cli {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::string_view kNone = "<none>";

struct Row {
    std::string repository{kNone};
    std::string tag{kNone};
    std::string digest{kNone};
    std::string id;
    std::int64_t created = 0; // ns; 0: the image does not say
    std::int64_t size = 0;
};

struct Filter {
    std::string reference; // a pattern of the shell; empty: any
    std::optional<bool> dangling;
};

Result<Filter> parse_filters(const std::vector<std::string>& texts) {
    Filter filter;
    for (const std::string& text : texts) {
        const auto equals = text.find('=');
        const std::string key = text.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (key == "reference" && !value.empty())
            filter.reference = value;
        else if (key == "dangling" && (value == "true" || value == "false"))
            filter.dangling = value == "true";
        else
            return fail(Code::invalid_argument, "images: filter '", text,
                        "': known are reference=PATTERN and dangling=true|false");
    }
    return filter;
}

bool matches(const Row& row, const Filter& filter) {
    const bool dangling = row.tag == kNone && row.repository == kNone;
    if (filter.dangling && *filter.dangling != dangling) return false;
    if (filter.reference.empty()) return true;
    // "debian" means every tag of it.
    const std::string whole = cat(row.repository, ":", row.tag);
    return ::fnmatch(filter.reference.c_str(), row.repository.c_str(), FNM_PATHNAME) == 0 ||
           ::fnmatch(filter.reference.c_str(), whole.c_str(), FNM_PATHNAME) == 0;
}

Result<std::vector<Row>> rows_of(Engine::State& state) {
    RT_TRY_ASSIGN(const auto images, state.images.list());
    std::vector<Row> rows;
    for (const Image& image : images) {
        Row row;
        row.id = image.id;
        row.created = api::created_at(
            Json::parse(image.config_json, nullptr, false)); // in UTC but in the oddest images
        row.size = image.size;
        if (image.names.empty()) rows.push_back(row);
        for (const std::string& name : image.names) {
            RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
            row.repository = familiar_name(reference.repository());
            row.tag = reference.tag.empty() ? std::string(kNone) : reference.tag;
            row.digest = reference.digest.empty() ? std::string(kNone) : reference.digest;
            RT_TRY(state.database.run("SELECT digest FROM image_names WHERE name = ? AND digest <> ''",
                                      {name}, [&](const SqlRow& found) { row.digest = found.text(0); }));
            rows.push_back(row);
        }
    }
    return rows;
}

std::string age_of(const Row& row) {
    return row.created == 0 ? "N/A" : cat(human_duration(now_ns() - row.created), " ago");
}

constexpr std::array kFields = {
    ListingField{"Repository", "REPOSITORY"},
    ListingField{"Tag", "TAG"},
    ListingField{"Digest", "DIGEST"},
    ListingField{"ID", "IMAGE ID"},
    ListingField{"CreatedSince", "CREATED"},
    ListingField{"CreatedAt", "CREATED AT"},
    ListingField{"Size", "SIZE"},
};

Json to_json(const Row& row, const std::string& id) {
    return {{"Repository", row.repository},
            {"Tag", row.tag},
            {"Digest", row.digest},
            {"ID", id},
            {"CreatedSince", age_of(row)},
            {"CreatedAt", row.created == 0 ? "" : rfc3339(row.created)},
            {"Size", human_size(static_cast<std::uint64_t>(row.size))}};
}

options::options_description describe() {
    options::options_description description("Options");
    description.add_options()("all,a", "accepted for docker's sake: there are no hidden images")(
        "quiet,q", "ids only")("no-trunc", "whole ids")("digests",
                                                        "show what the names stand for at the registry")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "reference=PATTERN or dangling=true|false (may be given again)")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    return description;
}

Result<int> images(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kImages, describe(), arguments, Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    const bool digests = parsed->has("digests");
    std::vector<std::string_view> columns = {"Repository", "Tag", "ID", "CreatedSince", "Size"};
    if (digests) columns.insert(columns.begin() + 2, "Digest");
    RT_TRY_ASSIGN(Listing listing, Listing::make(parsed->get<std::string>("format"), kFields, columns));
    RT_TRY_ASSIGN(Filter filter, parse_filters(parsed->get<std::vector<std::string>>("filter")));
    if (!parsed->operands.empty()) filter.reference = parsed->operands.front();
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());
    RT_TRY_ASSIGN(const auto rows, rows_of(*state));

    std::string last_quiet;
    for (const Row& row : rows) {
        if (!matches(row, filter)) continue;
        const std::string id =
            parsed->has("no-trunc") ? row.id : row.id.substr(row.id.find(':') + 1, kShortId);
        if (parsed->has("quiet")) {
            if (row.id != last_quiet) print_line(id); // an image with several names is one image
            last_quiet = row.id;
        } else {
            RT_TRY(listing.add(to_json(row, id)));
        }
    }
    if (!parsed->has("quiet")) listing.print();
    return 0;
}

} // namespace

const Command kImages = {"images", "[OPTIONS] [REPOSITORY[:TAG]]", "List images", images};

} // namespace rt::cli
