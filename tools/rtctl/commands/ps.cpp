// SPDX-License-Identifier: Apache-2.0
#include "core/base/id.hpp"
#include "core/container/disk_use.hpp"
#include "core/container/listing.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rt::cli {
namespace {

// "12kB (virtual 164MB)"; counted only where it is asked for, as in docker.
std::string show_size(Engine& engine, const Container& container) {
    const auto use = disk_use(engine, container);
    if (!use) return std::string(kNotCounted); // it has just gone, or its storage driver does not count
    return cat(human_size(use->own), " (virtual ", human_size(use->whole), ")");
}

options::options_description describe_ps() {
    options::options_description description("Options");
    description.add_options()("all,a", "also those that do not run")("quiet,q", "ids only")(
        "latest,l", "only the newest, whatever it does")("last,n", options::value<int>()->value_name("N"),
                                                         "only the N newest, whatever they do")(
        "no-trunc", "whole ids and commands")("size,s", "how much of the disk they take")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: id, name, label, status, exited, ancestor, before, since, volume, network, "
        "publish, expose, health, is-task (may be given again)")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    return description;
}

struct Choice {
    bool all = false;
    std::size_t most = SIZE_MAX;
};

Result<Choice> choice_of(const Parsed& parsed, const ContainerFilters& filters) {
    Choice choice{.all = parsed.has("all") || filters.wants_all()};
    const int last = parsed.has("latest") ? 1 : parsed.get<int>("last", -1);
    if (last > 0) choice = {true, static_cast<std::size_t>(last)};
    if (parsed.has("last") && last < 1 && last != -1)
        return fail(Code::invalid_argument, "--last '", last, "' is not a number of containers");
    return choice;
}

// Counted once all have been looked at: it takes its time, and what is shown is of one moment.
struct Sized {
    Json row;
    StringMap labels;
    Container record;
};

Outcome ps(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kPs, describe_ps(), arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    const auto format = parsed->get<std::string>("format");
    const bool with_size = parsed->has("size") || format.find(".Size") != std::string::npos;
    std::vector<std::string_view> columns{"ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"};
    if (with_size) columns.emplace_back("Size");
    RT_TRY_ASSIGN(Listing listing, Listing::make(format, container_fields(), std::move(columns)));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const auto filters,
                  ContainerFilters::parse(*state, parsed->get<std::vector<std::string>>("filter")));
    RT_TRY_ASSIGN(const Choice choice, of_option(choice_of(*parsed, filters)));
    const Ids ids = parsed->has("no-trunc") ? Ids::whole : Ids::cut;
    const bool quiet = parsed->has("quiet");
    std::size_t shown = 0;
    std::string listed_ids;
    std::vector<Sized> sized;
    Result<void> added;
    const auto add = [&](const Json& row, const StringMap& labels) {
        if (added) added = listing.add(row, listing.has_template() ? Json{{"Label", labels}} : Json());
    };
    const auto take = [&](ContainerSummary& summary) -> Result<void> {
        if (!filters.matches(summary) || shown == choice.most) return {};
        ++shown;
        if (quiet) {
            listed_ids += cat(ids == Ids::whole ? summary.record.id : short_id(summary.record.id), "\n");
            return {};
        }
        Json row = container_row(summary, ids, listing.keys());
        if (with_size)
            sized.push_back({std::move(row), std::move(summary.labels), std::move(summary.record)});
        else
            add(row, summary.labels);
        return {};
    };
    state->database.map_pages();
    RT_TRY_ASSIGN(const auto problems,
                  visit_containers(*engine, choice.all ? Which::all : Which::alive, take));
    for (const Error& problem : problems) warn(problem.message);
    for (Sized& one : sized) {
        one.row["Size"] = show_size(*engine, one.record);
        add(one.row, one.labels);
    }
    RT_TRY(added);
    print_text(listed_ids);
    if (!quiet) listing.print();
    return 0;
}

} // namespace

const Command kPs = {"ps", "[OPTIONS]", "List containers", ps};

} // namespace rt::cli
