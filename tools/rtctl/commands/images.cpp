// SPDX-License-Identifier: Apache-2.0
#include "core/api/image_json.hpp"
#include "core/base/clock.hpp"
#include "core/base/filter.hpp"
#include "core/base/time_text.hpp"
#include "core/image/image_events.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/refused_options.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

namespace rt::cli {
namespace {

constexpr auto kKeys =
    std::to_array<std::string_view>({"before", "dangling", "label", "reference", "since", "until"});
constexpr auto kBooleans = std::to_array<std::string_view>({"true", "false", "1", "0"});

// Each has to fit, of the patterns one.
struct Filter {
    std::vector<std::string> references; // patterns of the shell; none: any
    std::vector<std::string> labels;     // KEY[=VALUE]
    std::optional<bool> dangling;
    std::optional<std::int64_t> before, since; // ns
};

// When an image says that it was made.
std::int64_t created_at(const Image& image) {
    return api::created_at(Json::parse(image.config_json, nullptr, false));
}

Result<void> add(Engine::State& state, const std::string& text, Filter& filter) {
    RT_TRY_ASSIGN(const auto parts, split_filter(text, kKeys));
    const auto& [key, value] = parts;
    const auto earliest = [&](std::int64_t time) { return std::min(time, filter.before.value_or(time)); };
    if (key == "reference") filter.references.push_back(value);
    if (key == "label") filter.labels.push_back(value);
    if (key == "dangling") {
        RT_TRY(check_filter_value(text, kBooleans));
        filter.dangling = value == "true" || value == "1";
    } else if (key == "until") {
        RT_TRY_ASSIGN(const std::int64_t until, parse_time(value, now_ns()));
        filter.before = earliest(until);
    } else if (key == "before" || key == "since") {
        RT_TRY_ASSIGN(const Image other, state.images.find(value));
        const std::int64_t time = created_at(other);
        if (key == "before")
            filter.before = earliest(time);
        else
            filter.since = std::max(time, filter.since.value_or(time));
    }
    return {};
}

Result<Filter> parse_filters(Engine::State& state, const Parsed& parsed) {
    Filter filter;
    for (const std::string& text : parsed.get<std::vector<std::string>>("filter"))
        if (auto added = add(state, text, filter); !added)
            return in_context(std::move(added).error(), "images");
    if (!parsed.operands.empty()) filter.references.push_back(parsed.operands.front());
    return filter;
}

bool has_label(const std::map<std::string, std::string>& labels, const std::string& wanted) {
    const auto equals = wanted.find('=');
    const auto found = labels.find(wanted.substr(0, equals));
    return found != labels.end() &&
           (equals == std::string::npos || found->second == wanted.substr(equals + 1));
}

bool matches(const Image& image, const Filter& filter) {
    const std::int64_t created = created_at(image);
    if (filter.before && created >= *filter.before) return false;
    if (filter.since && created <= *filter.since) return false;
    const auto labels = labels_of_config(image.config_json);
    return std::ranges::all_of(filter.labels,
                               [&](const std::string& wanted) { return has_label(labels, wanted); });
}

bool matches(const ImageRow& row, const Filter& filter) {
    if (filter.dangling && *filter.dangling != is_dangling(row)) return false;
    const std::string whole = cat(row.repository, ":", row.tag);
    const auto fits = [&](const std::string& pattern) { // "debian" means every tag of it
        return ::fnmatch(pattern.c_str(), row.repository.c_str(), FNM_PATHNAME) == 0 ||
               ::fnmatch(pattern.c_str(), whole.c_str(), FNM_PATHNAME) == 0;
    };
    return filter.references.empty() || std::ranges::any_of(filter.references, fits);
}

Result<std::vector<ImageRow>> rows_of(Engine::State& state, const Filter& filter) {
    RT_TRY_ASSIGN(const auto images, state.images.list());
    std::vector<ImageRow> rows;
    for (const Image& image : images) {
        if (!matches(image, filter)) continue;
        RT_TRY_ASSIGN(const auto of_image, image_rows(state, image));
        std::ranges::copy_if(of_image, std::back_inserter(rows),
                             [&](const ImageRow& row) { return matches(row, filter); });
    }
    return rows;
}

constexpr RefusedOption kImagesRefused[] = {
    {"tree", "", "an image here is for one machine: there are no others below it to show"}};

options::options_description describe_images() {
    options::options_description description("Options");
    description.add_options()("all,a", "accepted for docker's sake: there are no hidden images")(
        "quiet,q", "ids only")("no-trunc", "whole ids")("digests",
                                                        "show what the names stand for at the registry")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: reference, dangling, label, before, since, until (may be given again)")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    add_refused(description, kImagesRefused);
    return description;
}

Outcome images(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kImages, describe_images(), arguments, Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    RT_TRY(refuse(kImages, *parsed, kImagesRefused));
    const Ids ids = parsed->has("no-trunc") ? Ids::whole : Ids::cut;
    const bool digests = parsed->has("digests");
    std::vector<std::string_view> columns = {"Repository", "Tag", "ID", "CreatedSince", "Size"};
    if (digests) columns.insert(columns.begin() + 2, "Digest");
    RT_TRY_ASSIGN(Listing listing,
                  Listing::make(parsed->get<std::string>("format"), image_fields(), columns));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());
    RT_TRY_ASSIGN(const Filter filter, parse_filters(*state, *parsed));
    RT_TRY_ASSIGN(const auto rows, rows_of(*state, filter));

    std::string last_quiet;
    for (const ImageRow& row : rows) {
        if (parsed->has("quiet")) {
            if (row.id != last_quiet)
                print_line(show_id(row.id, ids)); // an image with several names is one image
            last_quiet = row.id;
        } else {
            RT_TRY(listing.add(image_json_row(row, ids)));
        }
    }
    if (!parsed->has("quiet")) listing.print();
    return 0;
}

} // namespace

const Command kImages = {"images", "[OPTIONS] [REPOSITORY[:TAG]]", "List images", images};

} // namespace rt::cli
