// SPDX-License-Identifier: Apache-2.0
#include "core/container/copy.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/output_file.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

namespace rt::cli {
namespace {

Outcome export_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("output,o", options::value<std::string>()->value_name("FILE"),
                              "write to a file instead of standard output");
    RT_TRY_ASSIGN(const auto parsed, parse(kExport, description, arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const auto file = parsed->get<std::string>("output");
    if (file.empty() && is_terminal(STDOUT_FILENO))
        return fail(Code::invalid_argument,
                    "export: standard output is a terminal: use -o FILE or send it elsewhere");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const std::string& reference = parsed->operands.front();
    if (file.empty())
        RT_TRY(export_container(*engine, reference, STDOUT_FILENO));
    else
        RT_TRY(write_to_file(file, [&](int out) { return export_container(*engine, reference, out); }));
    return 0;
}

} // namespace

const Command kExport = {"export", "[OPTIONS] CONTAINER", "Write a container's files as a tar",
                         export_command};

} // namespace rt::cli
