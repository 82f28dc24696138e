// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/base/text.hpp"
#include "core/container/inspect.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

constexpr std::size_t kShortId = 12;
constexpr std::size_t kShortCommand = 20;

// A command line comes from the image: it may hold anything.
std::string quote(const std::string& command, bool whole) {
    std::string shown = printable(command);
    if (!whole && shown.size() > kShortCommand) {
        std::size_t end = kShortCommand - 1;
        while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xc0U) == 0x80U)
            --end; // no half character
        shown = shown.substr(0, end) + "…";
    }
    return cat("\"", shown, "\"");
}

Json to_json(const ContainerSummary& summary) {
    return {{"ID", summary.record.id.substr(0, kShortId)},
            {"Names", summary.record.name},
            {"Image", summary.record.image_name},
            {"Command", quote(summary.command, false)},
            {"CreatedAt", rfc3339(summary.record.created_at)},
            {"RunningFor", cat(human_duration(now_ns() - summary.record.created_at), " ago")},
            {"State", summary.running ? "running" : std::string(name_of(summary.record.phase))},
            {"Status", summary.status},
            {"Ports", summary.ports},
            {"Networks", summary.record.network}};
}

Result<int> ps(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("all,a", "also those that do not run")("quiet,q", "ids only")(
        "no-trunc", "whole ids and commands")("format",
                                              options::value<std::string>()->value_name("table|json"),
                                              "how to show them; json: one object a line");
    RT_TRY_ASSIGN(const auto parsed, parse(kPs, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Format format, parse_format(parsed->get<std::string>("format")));
    const bool whole = parsed->has("no-trunc");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const auto list,
                  list_containers(*engine, parsed->has("all") ? Which::all : Which::running));

    Table table({"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"});
    for (const Error& problem : list.problems) warn(problem.message);
    for (const ContainerSummary& summary : list.containers) {
        const std::string id = whole ? summary.record.id : summary.record.id.substr(0, kShortId);
        if (parsed->has("quiet"))
            print_line(id);
        else if (format == Format::json)
            print_json_line(to_json(summary));
        else
            table.add({id, summary.record.image_name, quote(summary.command, whole),
                       cat(human_duration(now_ns() - summary.record.created_at), " ago"), summary.status,
                       summary.ports, summary.record.name});
    }
    if (!parsed->has("quiet") && format == Format::table) table.print();
    return 0;
}

} // namespace

const Command kPs = {"ps", "[OPTIONS]", "List containers", ps};

} // namespace rt::cli
