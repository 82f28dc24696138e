// SPDX-License-Identifier: Apache-2.0
#include "core/config/wording.hpp"
#include "core/plugin/effective.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::cli {
namespace {

bool is_at_or_below(const std::string& pointer, const std::string& wanted) {
    return pointer == wanted || pointer.starts_with(wanted + "/");
}

// "storage/default" is as good as "/storage/default"; "/" and "" are everything.
std::string normalized(std::string pointer) {
    while (pointer.ends_with('/')) pointer.pop_back();
    return pointer.empty() || pointer.starts_with('/') ? pointer : cat("/", pointer);
}

Outcome config_explain(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format", options::value<std::string>()->value_name("table|json"),
                              "how to show them; json: one object a line");
    RT_TRY_ASSIGN(const auto parsed, parse(kConfigExplain, description, arguments, Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const Wiring wiring, load_wiring(globals.config_file));
    EffectiveWiring effective = explain_wiring(wiring);
    if (const std::string wanted = parsed->operands.empty() ? "" : normalized(parsed->operands.front());
        !wanted.empty()) {
        std::vector<std::string> known;
        for (const WiringValue& value : effective.values)
            for (std::string above = value.pointer; !above.empty(); above.erase(above.rfind('/')))
                known.push_back(above);
        std::erase_if(effective.values,
                      [&](const auto& value) { return !is_at_or_below(value.pointer, wanted); });
        if (effective.values.empty())
            return fail(Code::not_found, "there is no value '", wanted, "' in the wiring",
                        suggestion(wanted, known), "; 'rtctl config explain' lists all");
    }
    Table table({"VALUE", "IS", "FROM"});
    for (const auto& [pointer, value, origin] : effective.values) {
        if (format == Format::json)
            print_json_line({{"Pointer", pointer}, {"Value", Json::parse(value)}, {"Origin", origin}});
        else
            table.add({pointer, value, origin});
    }
    if (format == Format::table) table.print();
    for (const std::string& problem : effective.problems) warn(problem);
    return effective.problems.empty() ? 0 : 1;
}

} // namespace

const Command kConfigExplain = {"config explain", "[OPTIONS] [POINTER]",
                                "Say for every value of the wiring where it came from", config_explain};

} // namespace rt::cli
