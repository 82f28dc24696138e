// SPDX-License-Identifier: Apache-2.0
// Started by rt-shim when a container has ended and nobody holds its lease.
#include "core/container/reap.hpp"
#include "core/container/start.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome reap_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kReap, options::options_description("Options"), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const std::string& id = parsed->operands.front();
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine->run_directory(id)));
    if (const auto lease = shim.take_lease(); !lease) {
        if (lease.error().code == Code::unavailable) return 0; // somebody else is at it
        return std::unexpected(lease.error());
    }
    // Where we were slow to come, another has cleaned up, and started it again behind the same socket.
    RT_TRY_ASSIGN(const ShimState now, shim.state());
    if (now.phase == "running" || now.phase == "ending") return 0;
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    const auto found = state->containers.find(id);
    if (found && found->phase == Phase::restarting)
        RT_TRY(start_by_policy(*engine, id, std::move(shim)));
    else
        RT_TRY(reap(*engine, id, &shim));
    return 0;
}

} // namespace

const Command kReap = {"reap", "CONTAINER-ID",
                       "Clean up after a container that has ended (started by rt-shim)", reap_command};

} // namespace rt::cli
