// SPDX-License-Identifier: Apache-2.0
// A dry run: what a container would get, and who said so; which driver would be taken for each role, and why
// not the others. Makes no container and pulls no image; drivers are asked for no more than their probe.
#include "core/container/explanation.hpp"
#include "core/container/mount_origins.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/plugin/survey.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/run_options.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::cli {
namespace {

// Stands for the id that a container would get.
constexpr const char* kNoId = "0000000000000000000000000000000000000000000000000000000000000000";

struct DriverChoice {
    DriverReport report;
    bool taken = false;
    std::string why;
};

const std::string& wanted_driver(const ContainerSpec& spec, Role role) {
    return role == Role::storage ? spec.storage : role == Role::network ? spec.network : spec.isolation;
}

std::string why(const DriverChoice& choice, const std::string& asked_for, const Wiring& wiring) {
    const std::string role(name_of(choice.report.role));
    if (choice.taken && !asked_for.empty()) return cat("flag --", role);
    if (choice.taken)
        return cat("default of the wiring: ", wiring_origin(wiring, cat("/", role, "/default")));
    if (choice.report.status != DriverStatus::works)
        return cat("not taken, and ", name_of(choice.report.status), ": ", choice.report.reason);
    return asked_for.empty() ? cat("not taken: it is not the default (--", role, " ", choice.report.instance,
                                   " chooses it)")
                             : cat("not taken: --", role, " chose another");
}

// A network that a user made has a driver; else what is asked for is the driver's own.
Result<std::string> driver_of_network(Engine& engine, const std::string& network) {
    if (engine.wiring().network.drivers.contains(network)) return network;
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Network found, state->networks.find_any(network));
    return found.driver;
}

// not_found: a driver or network is asked for that is not there.
Result<std::vector<DriverChoice>> choose_drivers(Engine& engine, const ContainerSpec& spec) {
    const Wiring& wiring = engine.wiring();
    std::vector<DriverChoice> choices;
    for (const Role role : {Role::storage, Role::network, Role::isolation}) {
        const std::string& asked_for = wanted_driver(spec, role);
        if (role == Role::network && asked_for.starts_with("container:")) continue; // it is another's
        const RoleWiring& drivers = wiring.role(role);
        std::string instance = asked_for.empty() ? drivers.default_instance : asked_for;
        if (role == Role::network) {
            RT_TRY_ASSIGN(instance, driver_of_network(engine, instance));
        }
        if (!drivers.drivers.contains(instance))
            return fail(Code::not_found, "there is no ", name_of(role), " driver '", instance,
                        "' in the wiring: 'rtctl plugin ls' lists what there is");
        for (const auto& [name, unused] : drivers.drivers) {
            DriverChoice choice{survey_driver(wiring, role, name), name == instance, {}};
            choice.why = why(choice, asked_for, wiring);
            choices.push_back(std::move(choice));
        }
    }
    return choices;
}

struct Explanation {
    std::vector<DriverChoice> drivers;
    Origins origins;
    std::vector<std::string> problems; // why a run would fail
};

// Of an image that is not here nothing can be said; the rest is said all the same.
Result<void> explain_process(Engine& engine, const ContainerSpec& spec, Explanation& result) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const auto image = state->images.find(spec.image);
    if (!image && image.error().code != Code::not_found) return std::unexpected(image.error());
    if (!image) {
        result.problems.push_back(
            cat("image '", spec.image, "' is not here (a run would pull it): what it says is not known"));
        return {};
    }
    // An empty report: no driver of that role, as where the network is another container's.
    const auto taken = [&](Role role) {
        const auto found = std::ranges::find_if(result.drivers, [&](const DriverChoice& choice) {
            return choice.taken && choice.report.role == role;
        });
        return found == result.drivers.end() ? DriverReport() : found->report;
    };
    const auto features = taken(Role::network).features;
    RT_TRY_ASSIGN(
        result.origins,
        explain_origins(spec, engine.wiring(),
                        {.container_id = kNoId,
                         .hostname = spec.hostname.empty() ? std::string(kNoId, 12) : spec.hostname,
                         .bundle = engine.run_directory(kNoId).native(),
                         .image_config = image->config_json,
                         .own_network = std::ranges::find(features, "host-namespace") == features.end(),
                         .storage = taken(Role::storage).instance,
                         .network = taken(Role::network).instance,
                         .isolation = taken(Role::isolation).instance}));
    RT_TRY_ASSIGN(const ProcessPlan plan, plan_process(spec, image->config_json, {}));
    RT_TRY_ASSIGN(const auto mounts, resolve_mounts(*state, spec, plan.volumes));
    return note_mount_origins(result.origins, *state, spec, mounts, image->config_json);
}

Result<Explanation> explain(Engine& engine, const ContainerSpec& spec) {
    Explanation result;
    RT_TRY(validate(spec));
    RT_TRY_ASSIGN(result.drivers, choose_drivers(engine, spec));
    for (const DriverChoice& choice : result.drivers)
        if (choice.taken && choice.report.status != DriverStatus::works)
            result.problems.push_back(cat(name_of(choice.report.role), " driver '", choice.report.instance,
                                          "' does not work here: ", choice.report.reason));
    RT_TRY(explain_process(engine, spec, result));
    return result;
}

void print_tables(const Explanation& result) {
    Table drivers({"ROLE", "DRIVER", "TAKEN", "PLUGIN", "WHY"});
    for (const DriverChoice& choice : result.drivers)
        drivers.add({std::string(name_of(choice.report.role)), choice.report.instance,
                     choice.taken ? "yes" : "no", choice.report.plugin, choice.why});
    drivers.print();
    if (result.origins.all().empty()) return;
    print_line("");
    Table origins({"WHAT", "NAME", "VALUE", "FROM"});
    for (const Origin& origin : result.origins.all())
        origins.add({origin.kind, origin.name, origin.value, origin.from});
    origins.print();
}

Json to_json(const Explanation& result) {
    Json drivers = Json::array();
    for (const DriverChoice& choice : result.drivers)
        drivers.push_back({{"Role", name_of(choice.report.role)},
                           {"Instance", choice.report.instance},
                           {"Plugin", choice.report.plugin},
                           {"Taken", choice.taken},
                           {"Status", name_of(choice.report.status)},
                           {"Why", choice.why}});
    Json origins = Json::array();
    for (const Origin& origin : result.origins.all())
        origins.push_back(
            {{"Kind", origin.kind}, {"Name", origin.name}, {"Value", origin.value}, {"From", origin.from}});
    return {{"Drivers", drivers}, {"Origins", origins}, {"Problems", result.problems}};
}

Outcome explain_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description = run_options();
    description.add_options()("format", options::value<std::string>()->value_name("table|json"),
                              "how to show it");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kExplainRun, description, arguments, Operands::end_options, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const RunRequest request, run_request(*parsed));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Explanation result, explain(*engine, request.spec));
    for (const std::string& warning : request.warnings) warn(warning);
    for (const std::string& problem : result.problems) warn(problem);
    if (format == Format::json)
        print_json(to_json(result));
    else
        print_tables(result);
    return 0;
}

} // namespace

const Command kExplainRun = {"explain run", "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                             "Tell what a run would get, and who said so", explain_command};

} // namespace rt::cli
