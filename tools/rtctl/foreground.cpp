// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/foreground.hpp"

#include "tools/rtctl/job_control.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/output_stream.hpp"
#include "tools/rtctl/raw_terminal.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

namespace rt::cli {
namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : numbers) ::sigaddset(&set, number);
    return set;
}

// What a user or a service manager sends to rtctl and means for the container. Job control and our own
// children stay here.
sigset_t ending_signals() {
    return set_of({SIGHUP, SIGINT, SIGQUIT, SIGTERM});
}
sigset_t other_signals() {
    return set_of({SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM});
}

UniqueFd open_signals(const sigset_t& set) {
    return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

// The container may have ended meanwhile: its exit is on the way to us.
Result<void> unless_over(Result<void> outcome) {
    if (outcome) return outcome;
    const Code code = outcome.error().code;
    return code == Code::failed_precondition || code == Code::not_found ? Result<void>() : outcome;
}

} // namespace

struct Foreground::State {
    explicit State(const ForegroundOptions& wanted)
        : options(wanted), detach(wanted.detach_keys), stdin_open(wanted.with_stdin) {}

    ForegroundOptions options;
    DetachFilter detach;
    bool stdin_open;
    sigset_t old_mask{};
    UniqueFd ending, others;
    std::optional<RawTerminal> raw;
    OutputStream out{STDOUT_FILENO}, error{STDERR_FILENO};
    OnResize on_resize;
    int asked_to_end = 0;
    bool told_to_end = false;
    bool gone_told = false;
    std::optional<ForegroundResult> result; // known; what it said last may still be on its way out

    // A terminal is our input; raw: as soon as we have it.
    bool shares_terminal = false, wants_raw = false;

    [[nodiscard]] bool is_waiting() const { return out.is_waiting() || error.is_waiting(); }
    [[nodiscard]] bool has_signals() const;
    bool has_terminal(int number);
    Result<void> wait(ShimClient& shim);
    Result<void> pass_signals(ShimClient& shim, int fd);
    Result<void> pass_signal(ShimClient& shim, int number);
    Result<void> pass_input(ShimClient& shim);
    Result<void> take_event(ShimClient& shim);
    void give_up_output();
    void see_reader(ShimClient& shim);
    Result<void> pass_size(ShimClient& shim);
};

Foreground::Foreground(const ForegroundOptions& options) : state_(std::make_unique<State>(options)) {
    if (!options.with_stdout) state_->out = OutputStream(-1);
    if (!options.with_stderr) state_->error = OutputStream(-1);
    const sigset_t ending = ending_signals();
    const sigset_t others = other_signals();
    sigset_t all = set_of({SIGCONT}); // for stop_job()
    ::sigorset(&all, &all, &ending);
    ::sigorset(&all, &all, &others);
    ::sigprocmask(SIG_BLOCK, &all, &state_->old_mask);
    state_->ending = open_signals(ending);
    state_->others = open_signals(others);
    ::signal(SIGPIPE,
             SIG_IGN); // NOLINT(cert-err33-c): cannot fail for SIGPIPE; write() tells about a closed reader
}

void Foreground::on_resize(OnResize call) {
    state_->on_resize = std::move(call);
}

int Foreground::cancel_fd() const {
    return state_->ending.get();
}

Foreground::~Foreground() {
    state_->raw.reset();
    ::sigprocmask(SIG_SETMASK, &state_->old_mask, nullptr);
}

Result<void> Foreground::State::pass_size(ShimClient& shim) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
    const Result<void> resized = shim.resize(size.ws_row, size.ws_col);
    if (resized && on_resize) on_resize(size.ws_row, size.ws_col);
    return unless_over(resized);
}

Result<void> Foreground::State::pass_signals(ShimClient& shim, int fd) {
    signalfd_siginfo info{};
    while (::read(fd, &info, sizeof info) == sizeof info)
        RT_TRY(pass_signal(shim, static_cast<int>(info.ssi_signo)));
    return {};
}

Result<void> Foreground::State::pass_signal(ShimClient& shim, int number) {
    if (number == SIGWINCH) return options.terminal ? pass_size(shim) : Result<void>();
    const bool ends = number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
    told_to_end = told_to_end || ends;
    if (result) {
        if (ends) give_up_output();
        return {};
    }
    if (options.signals == SignalProxy::to_us) {
        if (ends) result = ForegroundResult{ForegroundEnd::interrupted, {}, number};
        return {};
    }
    // A first process feels no signal that it does not handle. Who asks a third time means it.
    const bool insists = (number == SIGINT || number == SIGTERM) && ++asked_to_end >= 3;
    const auto sent = shim.signal({"signal"}, insists ? SIGKILL : number,
                                  insists ? SignalScope::all_processes : SignalScope::first_process);
    if (!sent && ends) give_up_output();
    return unless_over(sent);
}

// The container has ended, and what keeps us is a reader of ours that does not read.
void Foreground::State::give_up_output() {
    out = OutputStream(-1);
    error = OutputStream(-1);
}

Result<void> Foreground::State::pass_input(ShimClient& shim) {
    std::array<char, 32768> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), std::min(buffer.size(), shim.write_window()));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (count <= 0) {
        stdin_open = false;
        return unless_over(shim.close_stdin());
    }
    std::string data(buffer.data(), static_cast<std::size_t>(count));
    const bool detached = raw && detach.filter(data);
    if (!data.empty()) {
        const auto written = shim.write(data);
        if (!written && written.error().code == Code::failed_precondition)
            stdin_open = false; // the container takes no more
        else
            RT_TRY(written);
    }
    if (detached) result = ForegroundResult{ForegroundEnd::detached, {}, 0};
    return {};
}

Result<void> Foreground::State::take_event(ShimClient& shim) {
    RT_TRY_ASSIGN(const ShimEvent event, shim.next());
    switch (event.kind) {
    case ShimEvent::Kind::exit: result = ForegroundResult{ForegroundEnd::exited, event.exit, 0}; break;
    case ShimEvent::Kind::closed: result = ForegroundResult{ForegroundEnd::lost, {}, 0}; break;
    case ShimEvent::Kind::progress: break;
    case ShimEvent::Kind::output: (event.stream == Stream::error ? error : out).put(event.data); break;
    }
    return {};
}

void Foreground::State::see_reader(ShimClient& shim) {
    if (!out.reader_is_gone() && !error.reader_is_gone()) return;
    if (options.reader_gone == ReaderGone::leave) {
        if (!result) result = ForegroundResult{ForegroundEnd::interrupted, {}, SIGPIPE};
    } else if (!std::exchange(gone_told, true)) {
        // It may have ended just now.
        (void)shim.signal({"reader gone"}, SIGKILL, SignalScope::all_processes);
    }
}

bool Foreground::State::has_signals() const {
    std::array<pollfd, 2> fds{pollfd{ending.get(), POLLIN, 0}, pollfd{others.get(), POLLIN, 0}};
    return ::poll(fds.data(), fds.size(), 0) > 0;
}

// Waits for it, stopped, as every job in the background that wants its terminal; but not once it is told to
// end. number: what the kernel would stop us with.
bool Foreground::State::has_terminal(int number) {
    while (is_in_background()) {
        if (told_to_end || has_signals()) return false;
        if (!stop_job(number)) return true; // then the kernel has the word
    }
    return true;
}

// One look at everything that can happen. The shim is not read while our readers are behind: it slows the
// container.
Result<void> Foreground::State::wait(ShimClient& shim) {
    if (wants_raw && !raw && !result && has_terminal(SIGTTOU)) raw.emplace();
    const bool takes_events = !result && !is_waiting();
    const bool leaves_terminal = shares_terminal && told_to_end && is_in_background();
    const bool takes_input = !result && stdin_open && shim.write_window() > 0 && !leaves_terminal;
    std::array<pollfd, 6> fds{pollfd{takes_events ? shim.fd() : -1, POLLIN, 0},
                              pollfd{ending.get(), POLLIN, 0},
                              pollfd{others.get(), POLLIN, 0},
                              pollfd{takes_input ? STDIN_FILENO : -1, POLLIN, 0},
                              pollfd{out.is_waiting() ? out.fd() : -1, POLLOUT, 0},
                              pollfd{error.is_waiting() ? error.fd() : -1, POLLOUT, 0}};
    const bool buffered = takes_events && shim.has_buffered();
    if (::poll(fds.data(), fds.size(), buffered ? 0 : -1) < 0 && errno != EINTR)
        return fail_errno(errno, "wait for the container");
    if (fds[4].revents != 0) out.flush();
    if (fds[5].revents != 0) error.flush();
    if (fds[1].revents != 0) RT_TRY(pass_signals(shim, ending.get()));
    if (fds[2].revents != 0) RT_TRY(pass_signals(shim, others.get()));
    if (fds[3].revents != 0 && !result && (!shares_terminal || has_terminal(SIGTTIN)))
        RT_TRY(pass_input(shim));
    if ((fds[0].revents != 0 || buffered) && !result) RT_TRY(take_event(shim));
    see_reader(shim);
    return {};
}

Result<ForegroundResult> Foreground::follow(ShimClient& shim) {
    state_->shares_terminal = state_->options.with_stdin && is_terminal(STDIN_FILENO);
    state_->wants_raw = state_->options.terminal && state_->shares_terminal;
    if (state_->options.terminal) RT_TRY(state_->pass_size(shim));
    while (!state_->result || state_->is_waiting()) RT_TRY(state_->wait(shim));
    return *state_->result;
}

} // namespace rt::cli
