// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"
#include "core/plugin/plugin_file.hpp"
#include "core/plugin/plugin_use.hpp"
#include "core/plugin/registry.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

struct Row {
    std::string name, kind, version, status, file, reason;
    std::vector<std::string> instances;
};

Row describe_plugin(const Wiring& wiring, const Path& file) {
    Row row{file.stem(), "-", "-", "refused", file.native(), "", instances_using(wiring, file)};
    const auto plugin = read_plugin_file(file);
    if (!plugin) {
        row.reason = plugin.error().message;
        return row;
    }
    row.kind = plugin->kind;
    row.version = plugin->version;
    if (const Path before = found_before(wiring, file); !before.empty()) {
        row.status = "hidden";
        row.reason = cat("'", file.native(), "' is not used: '", before.native(),
                         "' comes before it in plugin_path; name it by its path to use it");
    } else {
        row.status = row.instances.empty() ? "available" : cat("used by ", joined(row.instances, ", "));
    }
    return row;
}

Outcome plugin_ls(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format", options::value<std::string>()->value_name("table|json"),
                              "how to show them; json: one object a line");
    RT_TRY_ASSIGN(const auto parsed, parse(kPluginLs, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const Wiring wiring, load_wiring(globals.config_file));
    Table table({"NAME", "KIND", "VERSION", "STATUS", "FILE"});
    std::vector<std::string> reasons;
    for (const Path& file : all_plugin_files(wiring)) {
        const Row row = describe_plugin(wiring, file);
        if (format == Format::json)
            print_json_line({{"Name", row.name},
                             {"Kind", row.kind},
                             {"Version", row.version},
                             {"Status", row.status},
                             {"Instances", row.instances},
                             {"File", row.file},
                             {"Reason", row.reason}});
        else
            table.add({row.name, row.kind, row.version, row.status, row.file});
        if (!row.reason.empty()) reasons.push_back(row.reason);
    }
    if (format == Format::table) {
        table.print();
        for (const std::string& reason : reasons) warn(reason);
    }
    return 0;
}

} // namespace

const Command kPluginLs = {"plugin ls", "[OPTIONS]", "List the plugins that there are and who uses them",
                           plugin_ls};

} // namespace rt::cli
