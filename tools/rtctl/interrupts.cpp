// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/interrupts.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace rt::cli {

Result<Interrupts> Interrupts::catch_them() {
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action{};
        ::sigaction(signal, nullptr, &action);
        if (action.sa_handler != SIG_IGN) sigaddset(&set, signal); // as nohup has it
    }
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) {
        const int problem = errno;
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return fail_errno(problem, "catch signals");
    }
    return Interrupts(std::move(fd), before);
}

Interrupts::Interrupts(Interrupts&& other) noexcept : fd_(std::move(other.fd_)), before_(other.before_) {}

// One that came too late to be looked at does now what it would have done.
Interrupts::~Interrupts() {
    if (fd_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::unexpected<Failure> Interrupts::failure(Error error) const {
    signalfd_siginfo come{};
    const bool interrupted = ::read(fd_.get(), &come, sizeof come) == sizeof come;
    constexpr int kSignal = 128;
    const int code = interrupted ? kSignal + static_cast<int>(come.ssi_signo) : kFailed;
    return std::unexpected(Failure(std::move(error), code));
}

} // namespace rt::cli
