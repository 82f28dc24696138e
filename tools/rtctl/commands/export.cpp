// SPDX-License-Identifier: Apache-2.0
#include "core/base/id.hpp"
#include "core/container/copy.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace rt::cli {
namespace {

// The file is there whole or not at all.
Result<void> export_to_file(Engine& engine, const std::string& reference, const std::string& file) {
    const std::string temporary = cat(file, ".", random_hex(8), ".tmp");
    RT_TRY_ASSIGN(const UniqueFd out, open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    Rollback rollback;
    rollback.add([&] { ::unlink(temporary.c_str()); });
    RT_TRY(export_container(engine, reference, out.get()));
    if (::rename(temporary.c_str(), file.c_str()) != 0) return fail_errno(errno, "write '", file, "'");
    rollback.commit();
    return {};
}

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
        RT_TRY(export_to_file(*engine, reference, file));
    return 0;
}

} // namespace

const Command kExport = {"export", "[OPTIONS] CONTAINER", "Write a container's files as a tar",
                         export_command};

} // namespace rt::cli
