// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"
#include "core/plugin/plugin_file.hpp"
#include "core/plugin/plugin_use.hpp"
#include "core/plugin/registry.hpp"
#include "core/plugin/survey.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::cli {
namespace {

Json facts_of(const DriverReport& report) {
    return Json::parse(report.facts.empty() ? "{}" : report.facts, nullptr, false);
}

Json to_json(const PluginFile& plugin, const Path& file, const std::vector<DriverReport>& reports) {
    Json instances = Json::array();
    for (const DriverReport& report : reports)
        instances.push_back({{"Instance", report.instance},
                             {"Status", name_of(report.status)},
                             {"Reason", report.reason},
                             {"Facts", facts_of(report)}});
    const Json schema = Json::parse(plugin.config_schema, nullptr, false);
    return {{"Name", plugin.id},
            {"Kind", plugin.kind},
            {"Version", plugin.version},
            {"Description", plugin.description},
            {"License", plugin.license},
            {"SdkVersion", plugin.sdk_version},
            {"File", file.native()},
            {"Libraries", plugin.needed},
            {"Exports", plugin.exports},
            {"Interfaces", reports.front().interfaces},
            {"Features", reports.front().features},
            {"ConfigSchema", schema.is_discarded() ? Json(plugin.config_schema) : schema},
            {"Instances", std::move(instances)}};
}

std::string listed(const std::vector<std::string>& words) {
    return words.empty() ? "none" : joined(words, ", ");
}

void print_config(const Json& schema) {
    if (!schema.is_object()) return print_line("\nThe schema of its config cannot be read.");
    const Json properties = schema.value("properties", Json::object());
    if (properties.empty()) return print_line("\nIt takes no config.");
    print_line("");
    Table table({"CONFIG", "TYPE", "DEFAULT", "MEANING"});
    for (const auto& item : properties.items())
        table.add({item.key(), item.value().value("type", "?"),
                   item.value().contains("default") ? item.value()["default"].dump() : "-",
                   item.value().value("description", "")});
    table.print();
}

void print_instances(const std::vector<DriverReport>& reports) {
    print_line("");
    Table table({"INSTANCE", "STATUS", "REASON OR FACTS"});
    for (const DriverReport& report : reports)
        table.add({report.instance, std::string(name_of(report.status)),
                   report.reason.empty() ? report.facts : report.reason});
    table.print();
}

void print_plugin(const PluginFile& plugin, const Path& file, const std::vector<DriverReport>& reports) {
    const auto line = [](std::string_view name, std::string_view value) {
        std::string label = cat(name, ":");
        label.resize(13, ' ');
        print_line(cat(label, value));
    };
    line("Name", plugin.id);
    line("Kind", plugin.kind);
    line("Version", plugin.version);
    line("Description", plugin.description);
    line("License", plugin.license);
    line("SDK", plugin.sdk_version);
    line("File", file.native());
    line("Libraries", listed(plugin.needed));
    line("Interfaces", listed(reports.front().interfaces));
    line("Features", listed(reports.front().features));
    print_config(Json::parse(plugin.config_schema, nullptr, false));
    print_instances(reports);
}

// Each instance that uses the plugin; where there is none, one made for the occasion.
std::vector<DriverReport> look_at(const Wiring& wiring, const Path& file, const PluginFile& plugin) {
    const Role role = role_of(plugin.kind);
    std::vector<DriverReport> reports;
    for (const std::string& instance : instances_using(wiring, file))
        if (wiring.role(role).drivers.contains(instance))
            reports.push_back(survey_driver(wiring, role, instance));
    if (reports.empty()) {
        reports.push_back(survey_plugin(wiring, file, plugin));
        reports.front().instance = "(no instance: made with its default config)";
    }
    return reports;
}

Outcome plugin_inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format", options::value<std::string>()->value_name("table|json"),
                              "how to show it");
    RT_TRY_ASSIGN(const auto parsed, parse(kPluginInspect, description, arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const Wiring wiring, load_wiring(globals.config_file));
    RT_TRY_ASSIGN(const Path file, find_plugin(wiring, parsed->operands.front()));
    RT_TRY_ASSIGN(const PluginFile plugin, read_plugin_file(file));
    const auto reports = look_at(wiring, file, plugin);
    if (format == Format::json)
        print_json(to_json(plugin, file, reports));
    else
        print_plugin(plugin, file, reports);
    const bool broken =
        std::ranges::any_of(reports, [](const auto& one) { return one.status == DriverStatus::broken; });
    return broken ? 1 : 0;
}

} // namespace

const Command kPluginInspect = {"plugin inspect", "[OPTIONS] NAME|FILE",
                                "Show what a plugin is, takes and needs, and whether it works here",
                                plugin_inspect};

} // namespace rt::cli
