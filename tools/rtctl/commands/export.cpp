// SPDX-License-Identifier: Apache-2.0
#include "core/base/new_file.hpp"
#include "core/container/copy.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt::cli {
namespace {

// The file is there whole or not at all. What is there and no file, a device say, is not to be replaced by
// one.
Result<void> export_to_file(Engine& engine, const std::string& reference, const Path& file) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return fail(Code::invalid_argument, "write '", file.native(), "': it is no regular file");
    const Path directory = file.has_parent_path() ? file.parent_path() : Path(".");
    const UniqueFd parent(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent) return fail_errno(errno, "write '", file.native(), "'");
    auto made = NewFile::make(parent.get());
    if (!made) return in_context(std::move(made).error(), "write '", file.native(), "'");
    RT_TRY(export_container(engine, reference, made->fd()));
    if (auto named = made->take_name(file.filename()); !named)
        return in_context(std::move(named).error(), "write '", file.native(), "'");
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
