// SPDX-License-Identifier: Apache-2.0
#include "exec_session.hpp"

#include "core/base/clock.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rt::shim {

ExecSession::ExecSession(EventLoop& loop, Owner& owner, ShimExec what)
    : loop_(loop), owner_(owner), what_(std::move(what)), stdio_(loop, *this),
      output_deadline_(loop, [this] { end(); }) {}

ExecSession::~ExecSession() {
    stdio_.close();
    if (pidfd_ && !dead_) loop_.remove(pidfd_.get());
}

Result<void> ExecSession::start(Isolation& driver, const Operation& operation,
                                const std::string& container_id) {
    if (!what_.terminal) RT_TRY(stdio_.open_pipes(what_.open_stdin ? StdinMode::open : StdinMode::closed));
    auto process = driver.exec(operation, container_id, what_.process_json, stdio_.container_ends());
    stdio_.close_container_ends();
    if (!process) return std::unexpected(std::move(process).error());
    auto taken = take_over(std::move(*process));
    if (!taken) (void)signal(SIGKILL); // nobody could follow it; the loop waits for it
    return taken;
}

Result<void> ExecSession::take_over(Process process) {
    pid_ = process.pid;
    pidfd_ = std::move(process.pidfd);
    if (what_.terminal && !process.console)
        return fail(Code::internal, "run exec '", what_.id, "': the driver gave no terminal");
    if (what_.terminal) RT_TRY(stdio_.use_console(std::move(process.console)));
    return loop_.add(pidfd_.get(), EPOLLIN, *this);
}

void ExecSession::begin() {
    if (stdio_.run()) return;
    stdio_.close(); // out of memory: it goes on without output
}

void ExecSession::on_events(std::uint32_t /*events*/) {
    owner_.on_exec_process();
}

bool ExecSession::on_child(pid_t pid, int status) {
    if (pid != pid_ || dead_) return false;
    dead_ = true;
    if (pidfd_) loop_.remove(pidfd_.get());
    exit_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    exit_.finished_at = now_ns();
    drain();
    return true;
}

void ExecSession::drain() {
    if (stdio_.drain())
        end();
    else
        output_deadline_.arm(kOutputAfterDeath);
}

void ExecSession::on_output_over() {
    if (dead_) end();
}

void ExecSession::end() {
    if (std::exchange(ended_, true)) return;
    output_deadline_.cancel();
    stdio_.close();
    owner_.on_exec_ended(*this);
}

Result<void> ExecSession::signal(int number) {
    if (dead_) return fail(Code::failed_precondition, "signal exec '", what_.id, "': it has ended");
    if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0) return {};
    if (errno == ESRCH) return fail(Code::failed_precondition, "signal exec '", what_.id, "': it has ended");
    return fail_errno(errno, "signal exec '", what_.id, "'");
}

void ExecSession::on_output(Stream stream, std::string_view data) {
    owner_.on_exec_output(*this, stream, data);
}

void ExecSession::on_stdin_taken(std::uint64_t /*source*/, std::size_t bytes) {
    owner_.on_exec_stdin(*this, bytes);
}

} // namespace rt::shim
