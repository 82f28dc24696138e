// SPDX-License-Identifier: Apache-2.0
#include "exec_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>

namespace rt::namespaces {
namespace {

Result<void> close_inherited(ExecSetup& setup) {
    std::vector<int> keep{setup.channel.get(), setup.launcher.get(), setup.target};
    for (const auto& fd : setup.entrances) keep.push_back(fd.get());
    close_all_except(keep);
    return {};
}

// All at once: setns(2) with a pidfd also changes the root directory to the container's. Being born in the
// pid namespace is done already.
Result<void> join_namespaces(ExecSetup& setup) {
    if (::setns(setup.target, setup.namespace_flags & ~CLONE_NEWPID) < 0)
        return fail_errno(errno, "join the container's namespaces");
    (void)::close(setup.target); // our copy; it must not be seen from inside
    if ((setup.namespace_flags & CLONE_NEWUSER) == 0) return {};
    if (::setresgid(0, 0, 0) < 0 || ::setresuid(0, 0, 0) < 0 || ::setgroups(0, nullptr) < 0)
        return fail_errno(errno, "become root of the container's user namespace");
    return {};
}

Result<void> make_terminal(ExecSetup& setup) {
    if (!setup.process.terminal) return {};
    const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root) return fail_errno(errno, "open the container's root");
    RT_TRY_ASSIGN(const Terminal terminal, open_terminal(root.get(), setup.process));
    RT_TRY(take_terminal(terminal.slave));
    return send_message(setup.channel.get(), MessageKind::terminal, {}, terminal.master.get());
}

constexpr Step<ExecSetup> kExecSteps[] = {
    {"signals", common<reset_signals>},
    {"standard streams", common<take_stdio>},
    {"inherited descriptors", close_inherited},
    {"cgroups", common<enter_cgroups>},
    {"session", common<start_session>},
    {"out-of-memory score", common<set_oom_score>},
    {"security label", common<open_label>},
    {"namespaces", join_namespaces},
    {"terminal", make_terminal},
    {"user", common<resolve_identity>},
    {"standard streams", common<hand_stdio_to_user>},
};

} // namespace

void run_exec(ExecSetup& setup) {
    run_steps<ExecSetup>(setup, kExecSteps);
    if (!send_message(setup.channel.get(), MessageKind::ready)) ::_exit(126);
    const auto message = receive_message(setup.channel.get());
    if (!message || message->kind != MessageKind::go) ::_exit(126); // the host is gone
    run_program(setup);
}

} // namespace rt::namespaces
