// SPDX-License-Identifier: Apache-2.0
#include "spawn.hpp"

#include "process_setup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <exception>

namespace rt::namespaces {
namespace {

// CVE-2016-9962, CVE-2022-29162: what is cloned into a container's pid namespace must be opaque to it from
// the start.
class NotDumpable {
public:
    NotDumpable() : before_(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) {
        (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    NotDumpable(const NotDumpable&) = delete;
    NotDumpable& operator=(const NotDumpable&) = delete;
    ~NotDumpable() {
        if (before_ == 1) (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }

private:
    int before_;
};

// Children are born in another pid namespace for as long as this lives.
class PidNamespaceForChildren {
public:
    static Result<PidNamespaceForChildren> enter(int fd) {
        PidNamespaceForChildren out;
        if (fd < 0) return out;
        UniqueFd own(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
        if (!own) return fail_errno(errno, "open '/proc/self/ns/pid'");
        if (::setns(fd, CLONE_NEWPID) < 0) return fail_errno(errno, "join the pid namespace");
        out.own_ = std::move(own);
        return out;
    }
    Result<void> leave() {
        if (!own_) return {};
        const UniqueFd own = std::move(own_);
        if (::setns(own.get(), CLONE_NEWPID) < 0)
            return fail_errno(errno, "go back to the host's pid namespace");
        return {};
    }
    PidNamespaceForChildren(PidNamespaceForChildren&&) = default;
    PidNamespaceForChildren& operator=(PidNamespaceForChildren&&) = default;
    ~PidNamespaceForChildren() { (void)leave(); } // after a failed clone, whose error is the one that counts

private:
    PidNamespaceForChildren() = default;
    UniqueFd own_;
};

int clone_process(const SpawnRequest& request, int& pidfd) {
    CloneArguments arguments;
    arguments.flags = request.flags | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<__u64>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    if (request.cgroup >= 0) {
        arguments.flags |= kCloneIntoCgroup;
        arguments.cgroup = static_cast<__u64>(request.cgroup);
    }
    return clone3(arguments);
}

constexpr int kCheckEveryMs = 100;

Result<Message> receive_report(const Talk& talk) {
    for (;;) {
        pollfd readable{talk.channel, POLLIN, 0};
        const int ready = ::poll(&readable, 1, kCheckEveryMs);
        if (ready < 0 && errno != EINTR) return fail_errno(errno, "wait for the container's process");
        if (ready <= 0) {
            RT_TRY(talk.check());
            continue;
        }
        RT_TRY_ASSIGN(Message message, receive_message(talk.channel));
        if (message.kind != MessageKind::warning) return message;
        talk.warn(message.error.message);
    }
}

} // namespace

Result<Spawned> spawn(const SpawnRequest& request) {
    const NotDumpable opaque;
    RT_TRY_ASSIGN(PidNamespaceForChildren elsewhere, PidNamespaceForChildren::enter(request.pid_namespace));
    int pidfd = -1;
    const int pid = clone_process(request, pidfd);
    if (pid == 0) {
        try {
            request.child();
        } catch (...) { // nobody is left to tell: the closed channel does
        }
        ::_exit(126);
    }
    if (pid < 0) return fail_errno(errno, "clone a process into the container's namespaces");
    Spawned out{pid, UniqueFd(pidfd)};
    if (const auto back = elsewhere.leave(); !back) {
        kill_and_reap(out);
        return std::unexpected(back.error());
    }
    return out;
}

void kill_and_reap(const Spawned& process) {
    (void)::kill(process.pid, SIGKILL); // ours and not reaped, so the number is still its own
    while (::waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

Result<void> await_ready(const Talk& talk, UniqueFd& terminal) {
    for (;;) {
        RT_TRY_ASSIGN(Message message, receive_report(talk));
        if (message.kind == MessageKind::ready) return {};
        if (message.kind == MessageKind::error) return std::unexpected(std::move(message.error));
        if (message.kind != MessageKind::terminal)
            return fail(Code::internal,
                        "the container's first process ended before it was ready (killed from outside, or "
                        "out of memory under the container's limit)");
        terminal = std::move(message.fd);
    }
}

Result<void> let_go(const Talk& talk, const std::string& program) {
    if (!send_message(talk.channel, MessageKind::go))
        return fail(Code::failed_precondition, "start '", program,
                    "': the container's process has ended already");
    RT_TRY_ASSIGN(Message message, receive_report(talk));
    if (message.kind == MessageKind::closed) return {}; // the child's end closed on exec
    if (message.error.message.empty())                  // from the launcher, which has no texts
        return std::unexpected(exec_error(program, message.error.sys_errno));
    return std::unexpected(std::move(message.error));
}

} // namespace rt::namespaces
