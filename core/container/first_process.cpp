// SPDX-License-Identifier: Apache-2.0
#include "core/container/first_process.hpp"

#include "core/shim/client.hpp"

#include <fcntl.h>

namespace rt {
namespace {

Result<int> running_pid(ShimClient& shim) {
    RT_TRY_ASSIGN(const ShimState state, shim.state());
    if (state.phase != "running" || state.pid <= 0) return fail(Code::unavailable, "it does not run");
    return state.pid;
}

} // namespace

Result<UniqueFd> hold_first_process(const Path& run_directory) {
    auto shim = ShimClient::connect(run_directory);
    if (!shim) return fail(Code::unavailable, "it does not run");
    RT_TRY_ASSIGN(const int pid, running_pid(*shim));
    auto process = open_file(cat("/proc/", pid), O_PATH | O_DIRECTORY);
    if (!process) return fail(Code::unavailable, "it has ended");
    RT_TRY_ASSIGN(const int still, running_pid(*shim));
    if (still != pid) return fail(Code::unavailable, "it has been started again meanwhile");
    return process;
}

} // namespace rt
