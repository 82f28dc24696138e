// SPDX-License-Identifier: Apache-2.0
#include "core/container/create.hpp"

#include "core/image/docker_config.hpp"
#include "tools/rtctl/attached.hpp"
#include "tools/rtctl/cid_file.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/run_options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome create_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kCreate, run_options(FlagsOf::create), arguments,
                                           Operands::end_options, 1, SIZE_MAX));
    if (!parsed) return 0;
    auto request = run_request(*parsed);
    if (!request) return report({std::move(request).error(), false});
    for (const std::string& warning : request->warnings) warn(warning);
    auto cid_file = CidFile::make(request->spec.container_id_file);
    if (!cid_file) return report({std::move(cid_file).error(), false});
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RunOptions options;
    ProgressDisplay progress(stderr);
    if (!request->quiet) options.pull_progress = progress.sink();
    options.pull_credentials = find_docker_credentials;
    options.pull = request->pull;
    RT_TRY_ASSIGN(const CreatedContainer created, create(*engine, request->spec, options));
    if (auto written = cid_file->write(created.record.id); !written) warn(written.error().message);
    for (const std::string& warning : created.warnings) warn(warning);
    print_line(created.record.id);
    return 0;
}

} // namespace

const Command kCreate = {"create", "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                         "Make a container without starting it", create_command};

} // namespace rt::cli
