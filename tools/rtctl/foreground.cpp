// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/foreground.hpp"

#include "tools/rtctl/output.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace rt::cli {
namespace {

constexpr char kCtrlP = 0x10;
constexpr char kCtrlQ = 0x11;

// Raw mode for as long as the object lives.
class RawTerminal {
public:
    RawTerminal() {
        if (::tcgetattr(STDIN_FILENO, &saved_) != 0) return;
        termios raw = saved_;
        ::cfmakeraw(&raw);
        active_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal() {
        if (active_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
    }

private:
    termios saved_{};
    bool active_ = false;
};

// What a user or a service manager sends to rtctl and means for the container. Job control and our own
// children stay here.
sigset_t forwarded_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM})
        ::sigaddset(&set, number);
    return set;
}

// False: nobody reads our output any more. When it only cannot be written (a full disk) the container goes
// on; its log is in another place.
bool put(int fd, std::string_view data) {
    while (!data.empty()) {
        const ssize_t count = ::write(fd, data.data(), data.size());
        if (count >= 0) {
            data.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd writable{fd, POLLOUT, 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return errno != EPIPE;
        }
    }
    return true;
}

} // namespace

struct Foreground::State {
    ForegroundOptions options;
    sigset_t old_mask{};
    UniqueFd signals;
    std::optional<RawTerminal> raw;
    bool stdin_open = false;
    bool saw_ctrl_p = false;
    bool reader_gone = false;
    int asked_to_end = 0;

    Result<void> pass_signals(ShimClient& shim);
    Result<bool> pass_input(ShimClient& shim); // true: detach
    Result<std::optional<ForegroundResult>> take_event(ShimClient& shim);
    static Result<void> pass_size(ShimClient& shim);
    bool strip_detach_keys(std::string& data);
};

Foreground::Foreground(const ForegroundOptions& options) : state_(std::make_unique<State>()) {
    state_->options = options;
    state_->stdin_open = options.with_stdin;
    const sigset_t set = forwarded_signals();
    ::sigprocmask(SIG_BLOCK, &set, &state_->old_mask);
    state_->signals = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    ::signal(SIGPIPE,
             SIG_IGN); // NOLINT(cert-err33-c): cannot fail for SIGPIPE; write() tells about a closed reader
}

int Foreground::signals() const {
    return state_->signals.get();
}

Foreground::~Foreground() {
    state_->raw.reset();
    ::sigprocmask(SIG_SETMASK, &state_->old_mask, nullptr);
}

Result<void> Foreground::State::pass_size(ShimClient& shim) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
    return shim.resize(size.ws_row, size.ws_col);
}

Result<void> Foreground::State::pass_signals(ShimClient& shim) {
    signalfd_siginfo info{};
    while (::read(signals.get(), &info, sizeof info) == sizeof info) {
        const int number = static_cast<int>(info.ssi_signo);
        if (number == SIGWINCH) {
            if (options.terminal) RT_TRY(pass_size(shim));
            continue;
        }
        // A first process feels no signal that it does not handle. Who asks a third time means it.
        const bool insists = (number == SIGINT || number == SIGTERM) && ++asked_to_end >= 3;
        const auto sent = shim.signal({"signal"}, insists ? SIGKILL : number,
                                      insists ? SignalScope::all_processes : SignalScope::first_process);
        // It may have ended meanwhile: its exit is on the way to us.
        if (!sent && sent.error().code != Code::failed_precondition && sent.error().code != Code::not_found)
            return sent;
    }
    return {};
}

// ctrl-p is held back until the next key says what it was.
bool Foreground::State::strip_detach_keys(std::string& data) {
    std::string passed;
    for (const char key : data) {
        if (saw_ctrl_p && key == kCtrlQ) {
            data = passed;
            return true;
        }
        if (saw_ctrl_p) passed += kCtrlP;
        saw_ctrl_p = key == kCtrlP;
        if (!saw_ctrl_p) passed += key;
    }
    data = passed;
    return false;
}

Result<bool> Foreground::State::pass_input(ShimClient& shim) {
    std::array<char, 32768> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), std::min(buffer.size(), shim.write_window()));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (count <= 0) {
        stdin_open = false;
        RT_TRY(shim.close_stdin());
        return false;
    }
    std::string data(buffer.data(), static_cast<std::size_t>(count));
    const bool detach = raw && strip_detach_keys(data);
    if (data.empty()) return detach;
    const auto written = shim.write(data);
    if (!written && written.error().code != Code::failed_precondition)
        return std::unexpected(written.error());
    if (!written) stdin_open = false; // the container takes no more
    return detach;
}

Result<std::optional<ForegroundResult>> Foreground::State::take_event(ShimClient& shim) {
    RT_TRY_ASSIGN(const ShimEvent event, shim.next());
    switch (event.kind) {
    case ShimEvent::Kind::exit: return ForegroundResult{ForegroundEnd::exited, event.exit};
    case ShimEvent::Kind::closed: return ForegroundResult{ForegroundEnd::lost, {}};
    case ShimEvent::Kind::progress: return std::nullopt;
    case ShimEvent::Kind::output: break;
    }
    const bool taken = put(event.stream == Stream::error ? STDERR_FILENO : STDOUT_FILENO, event.data);
    if (taken || std::exchange(reader_gone, true)) return std::nullopt;
    // "rtctl run ... | head": what SIGPIPE would do to a program of the host, and which the first process of
    // a container would not feel. Without it the program would write into its log for ever.
    (void)shim.signal({"reader gone"}, SIGKILL, SignalScope::all_processes); // it may have ended just now
    return std::nullopt;
}

Result<ForegroundResult> Foreground::follow(ShimClient& shim) {
    if (state_->options.terminal) {
        RT_TRY(State::pass_size(shim));
        if (state_->options.with_stdin && is_terminal(STDIN_FILENO)) state_->raw.emplace();
    }
    for (;;) {
        const bool takes_input = state_->stdin_open && shim.write_window() > 0;
        std::array<pollfd, 3> fds{pollfd{shim.fd(), POLLIN, 0}, pollfd{state_->signals.get(), POLLIN, 0},
                                  pollfd{takes_input ? STDIN_FILENO : -1, POLLIN, 0}};
        if (::poll(fds.data(), fds.size(), shim.has_buffered() ? 0 : -1) < 0 && errno != EINTR)
            return fail_errno(errno, "wait for the container");
        if (fds[1].revents != 0) RT_TRY(state_->pass_signals(shim));
        if (fds[2].revents != 0) {
            RT_TRY_ASSIGN(const bool detach, state_->pass_input(shim));
            if (detach) return ForegroundResult{ForegroundEnd::detached, {}};
        }
        if (fds[0].revents != 0 || shim.has_buffered()) {
            RT_TRY_ASSIGN(const auto result, state_->take_event(shim));
            if (result) return *result;
        }
    }
}

} // namespace rt::cli
