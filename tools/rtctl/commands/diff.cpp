// SPDX-License-Identifier: Apache-2.0
#include "core/container/diff.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome diff(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kDiff, options::options_description("Options"), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const auto changes, diff_container(*engine, parsed->operands.front()));
    for (const Change& change : changes) {
        const char kind = change.kind == ChangeKind::added     ? 'A'
                          : change.kind == ChangeKind::deleted ? 'D'
                                                               : 'C';
        print_line(cat(kind, " ", change.path));
    }
    return 0;
}

} // namespace

const Command kDiff = {"diff", "CONTAINER", "Show what a container has changed in its files", diff};

} // namespace rt::cli
