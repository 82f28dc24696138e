// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/effective.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

Outcome config_show(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format", options::value<std::string>()->value_name("json"),
                              "the file is JSON, and so is what is shown");
    RT_TRY_ASSIGN(const auto parsed, parse(kConfigShow, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    if (const auto format = parsed->get<std::string>("format", "json"); format != "json")
        return fail(Code::invalid_argument, "--format '", format,
                    "' is not 'json'; 'rtctl config explain' shows a table");
    RT_TRY_ASSIGN(const Wiring wiring, load_wiring(globals.config_file));
    std::vector<std::string> problems;
    print_json(effective_json(wiring, problems));
    for (const std::string& problem : problems) warn(problem);
    return problems.empty() ? 0 : 1;
}

} // namespace

const Command kConfigShow = {"config show", "[OPTIONS]", "Show the wiring in effect, every default filled in",
                             config_show};

} // namespace rt::cli
