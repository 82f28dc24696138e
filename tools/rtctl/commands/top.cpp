// SPDX-License-Identifier: Apache-2.0
#include "core/container/top.hpp"

#include "core/base/text.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

constexpr std::size_t kColumnWidth = 20; // docker's

std::vector<std::string> printable_cells(const std::vector<std::string>& cells) {
    std::vector<std::string> shown;
    for (const std::string& cell : cells) shown.push_back(printable(cell));
    return shown;
}

Outcome top_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kTop, options::options_description("Options"), arguments,
                                           Operands::end_options, 1, SIZE_MAX));
    if (!parsed) return 0;
    std::string ps_options;
    for (std::size_t i = 1; i < parsed->operands.size(); ++i)
        ps_options += cat(ps_options.empty() ? "" : " ", parsed->operands[i]);
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const ProcessTable found, top(*engine, parsed->operands.front(), ps_options));
    Table table(printable_cells(found.titles), {.least_width = kColumnWidth, .cut_to_fit = false});
    for (const auto& process : found.processes) table.add(printable_cells(process));
    table.print();
    return 0;
}

} // namespace

const Command kTop = {"top", "CONTAINER [ps OPTIONS]", "Show the processes of a container, as ps does",
                      top_command};

} // namespace rt::cli
