// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/survey.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rt::cli {
namespace {

// A default that does not work stops every container; what is broken would have been refused when it was
// asked for. A driver that this host cannot run, and nobody asked for, is no fault.
bool is_fault(const DriverReport& report) {
    return report.status == DriverStatus::broken ||
           (report.is_default && report.status != DriverStatus::works);
}

Json to_json(const DriverReport& report) {
    return {{"Role", name_of(report.role)},
            {"Instance", report.instance},
            {"Plugin", report.plugin},
            {"File", report.file.native()},
            {"Default", report.is_default},
            {"Status", name_of(report.status)},
            {"Reason", report.reason},
            {"Facts", Json::parse(report.facts.empty() ? "{}" : report.facts, nullptr, false)}};
}

Outcome config_check(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format", options::value<std::string>()->value_name("table|json"),
                              "how to show them; json: one object a line");
    RT_TRY_ASSIGN(const auto parsed, parse(kConfigCheck, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const Wiring wiring, load_wiring(globals.config_file));
    const auto reports = survey_drivers(wiring);
    Table table({"ROLE", "INSTANCE", "PLUGIN", "STATUS", "REASON"});
    for (const DriverReport& report : reports) {
        if (format == Format::json)
            print_json_line(to_json(report));
        else
            table.add({std::string(name_of(report.role)),
                       cat(report.instance, report.is_default ? " (default)" : ""), report.plugin,
                       std::string(name_of(report.status)), report.reason});
    }
    if (format == Format::table) table.print();
    bool fault = std::ranges::any_of(reports, is_fault);
    if (wiring.init.by_default && ::access(wiring.init.program.c_str(), X_OK) != 0) {
        warn(cat("/init/program: run '", wiring.init.program.native(), "': ", std::strerror(errno),
                 ": no container starts while /init/default is true"));
        fault = true;
    }
    return fault ? 1 : 0;
}

} // namespace

const Command kConfigCheck = {"config check", "[OPTIONS]",
                              "Check the wiring and every driver against this host", config_check};

} // namespace rt::cli
