// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/refused_options.hpp"
#include "tools/rtctl/rows.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

constexpr RefusedOption kVolumeLsRefused[] = {
    {"cluster", "", "it is for volumes of swarms, and rt is about one host"}};

Outcome volume_ls(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("quiet,q", "names only")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: dangling, driver, label, name (may be given again)")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    add_refused(description, kVolumeLsRefused);
    RT_TRY_ASSIGN(const auto parsed, parse(kVolumeLs, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY(refuse(kVolumeLs, *parsed, kVolumeLsRefused));
    RT_TRY_ASSIGN(Listing listing,
                  Listing::make(parsed->get<std::string>("format"), volume_fields(), {"Driver", "Name"}));
    RT_TRY_ASSIGN(
        const VolumeFilters filters,
        VolumeFilters::parse(parsed->get<std::vector<std::string>>("filter"), VolumeFilters::For::listing));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    for (const Error& problem : service.finish_removals()) warn(problem.message);
    RT_TRY_ASSIGN(const auto volumes, service.list());
    for (const Volume& volume : volumes) {
        RT_TRY_ASSIGN(const bool used, service.is_used(volume));
        if (!filters.matches(volume, used)) continue;
        if (parsed->has("quiet")) {
            print_line(volume.name);
            continue;
        }
        Json labels = Json::object();
        for (const auto& [key, value] : volume.labels) labels[key] = value;
        RT_TRY(listing.add(volume_row(volume, service.data(volume.name)), {{"Label", std::move(labels)}}));
    }
    if (!parsed->has("quiet")) listing.print();
    return 0;
}

} // namespace

const Command kVolumeLs = {"volume ls", "[OPTIONS]", "List volumes", volume_ls};

} // namespace rt::cli
