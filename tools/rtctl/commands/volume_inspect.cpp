// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/inspected.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome volume_inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_inspect_format(description);
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kVolumeInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return show_inspected(*parsed, [&](const std::string& name) { return look_at_volume(*engine, name); });
}

} // namespace

const Command kVolumeInspect = {"volume inspect", "[OPTIONS] VOLUME...", "Show everything about volumes",
                                volume_inspect};

} // namespace rt::cli
