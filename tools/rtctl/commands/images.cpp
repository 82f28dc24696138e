// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace rt::cli {
namespace {

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

bool matches(const ImageRow& row, const Filter& filter) {
    if (filter.dangling && *filter.dangling != is_dangling(row)) return false;
    if (filter.reference.empty()) return true;
    // "debian" means every tag of it.
    const std::string whole = cat(row.repository, ":", row.tag);
    return ::fnmatch(filter.reference.c_str(), row.repository.c_str(), FNM_PATHNAME) == 0 ||
           ::fnmatch(filter.reference.c_str(), whole.c_str(), FNM_PATHNAME) == 0;
}

Result<std::vector<ImageRow>> rows_of(Engine::State& state) {
    RT_TRY_ASSIGN(const auto images, state.images.list());
    std::vector<ImageRow> rows;
    for (const Image& image : images) {
        RT_TRY_ASSIGN(const auto of_image, image_rows(state, image));
        rows.insert(rows.end(), of_image.begin(), of_image.end());
    }
    return rows;
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
    const Ids ids = parsed->has("no-trunc") ? Ids::whole : Ids::cut;
    const bool digests = parsed->has("digests");
    std::vector<std::string_view> columns = {"Repository", "Tag", "ID", "CreatedSince", "Size"};
    if (digests) columns.insert(columns.begin() + 2, "Digest");
    RT_TRY_ASSIGN(Listing listing,
                  Listing::make(parsed->get<std::string>("format"), image_fields(), columns));
    RT_TRY_ASSIGN(Filter filter, parse_filters(parsed->get<std::vector<std::string>>("filter")));
    if (!parsed->operands.empty()) filter.reference = parsed->operands.front();
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());
    RT_TRY_ASSIGN(const auto rows, rows_of(*state));

    std::string last_quiet;
    for (const ImageRow& row : rows) {
        if (!matches(row, filter)) continue;
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
