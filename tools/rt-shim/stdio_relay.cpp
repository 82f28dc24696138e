// SPDX-License-Identifier: Apache-2.0
#include "stdio_relay.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace rt::shim {
namespace {

// What one output frame may carry, and what a pipe holds.
constexpr std::size_t kReadSize = 64U << 10U;
constexpr int kBusyPipe = 1 << 20; // of one that was seen full; the kernel takes its memory only as it fills
constexpr std::int64_t kConsoleRetry = 100'000'000; // ns
// A stream that is drained while somebody goes on writing to it is left after this much.
constexpr std::size_t kDrainLimit = 4U << 20U;

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe for the container's stdio");
    return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Result<void> set_non_blocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return fail_errno(errno, "prepare the container's stdio");
    return {};
}

} // namespace

StdioRelay::StdioRelay(EventLoop& loop, Sink& sink)
    : loop_(loop), sink_(sink), reopened_(loop, [this] { watch(out_); }) {
    for (Channel* channel : {&in_, &out_, &error_}) channel->relay = this;
    in_.stream = Stream::in;
    error_.stream = Stream::error;
}

Result<void> StdioRelay::open_pipes(StdinMode mode) {
    if (mode == StdinMode::open) {
        RT_TRY_ASSIGN(Pipe in, make_pipe());
        container_ends_[0] = std::move(in.read);
        in_.fd = std::move(in.write);
        RT_TRY(set_non_blocking(in_.fd.get()));
        stdin_open_ = true;
    } else {
        RT_TRY_ASSIGN(container_ends_[0], open_file("/dev/null", O_RDONLY));
    }
    for (Channel* channel : {&out_, &error_}) {
        RT_TRY_ASSIGN(Pipe out, make_pipe());
        channel->fd = std::move(out.read);
        container_ends_[channel->stream == Stream::out ? 1 : 2] = std::move(out.write);
        RT_TRY(set_non_blocking(channel->fd.get()));
    }
    return {};
}

std::array<int, 3> StdioRelay::container_ends() const {
    return {container_ends_[0].get(), container_ends_[1].get(), container_ends_[2].get()};
}

void StdioRelay::close_container_ends() {
    for (UniqueFd& end : container_ends_) end.reset();
}

Result<void> StdioRelay::use_console(UniqueFd master) {
    console_ = true;
    stdin_open_ = true;
    out_.fd = std::move(master);
    return set_non_blocking(out_.fd.get());
}

Result<void> StdioRelay::run() {
    running_ = true;
    for (Channel* channel : {&in_, &out_, &error_}) {
        if (!channel->fd) continue;
        // For stdin nothing is asked for: that the reader has gone is told anyhow.
        channel->watched = channel == &in_ ? 0U : static_cast<std::uint32_t>(EPOLLIN);
        RT_TRY(loop_.add(channel->fd.get(), channel->watched, *channel));
        channel->in_loop = true;
    }
    write_stdin();
    return {};
}

void StdioRelay::watch(Channel& channel) {
    if (!running_ || !channel.fd) return;
    std::uint32_t wanted = 0;
    if (&channel != &in_ && !paused_) wanted |= EPOLLIN;
    if (&channel == &input() && stdin_bytes_ > 0) wanted |= EPOLLOUT;
    if (!channel.in_loop) {
        channel.in_loop = loop_.add(channel.fd.get(), wanted, channel).has_value();
        channel.watched = wanted;
    } else if (wanted != channel.watched) {
        channel.watched = wanted;
        loop_.change(channel.fd.get(), wanted, channel);
    }
}

void StdioRelay::shut(Channel& channel) {
    if (channel.fd && channel.in_loop) loop_.remove(channel.fd.get());
    channel.in_loop = channel.grown = false;
    channel.fd.reset();
}

void StdioRelay::pause() {
    if (std::exchange(paused_, true)) return;
    watch(out_);
    watch(error_);
}

void StdioRelay::resume() {
    if (!std::exchange(paused_, false)) return;
    watch(out_);
    watch(error_);
}

void StdioRelay::on_channel(Channel& channel, std::uint32_t events) {
    if (!channel.fd) return;
    if (&channel == &in_) {
        if ((events & EPOLLERR) != 0) return discard_stdin(); // nobody has the reading end
        return write_stdin();
    }
    if ((events & EPOLLOUT) != 0) write_stdin();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    if (paused_ && (events & EPOLLIN) == 0) {
        // A hang-up is told even to who asked for nothing: look again when reading goes on.
        loop_.remove(channel.fd.get());
        channel.in_loop = false;
        return;
    }
    if (read_once(channel) == Reading::over) over(channel);
}

StdioRelay::Reading StdioRelay::read_once(Channel& channel) {
    if (!buffer_) buffer_.reset(new char[kReadSize]); // NOLINT: make_unique would touch all of it
    const ssize_t count = ::read(channel.fd.get(), buffer_.get(), kReadSize);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Reading::nothing_now;
    if (count == kReadSize) grow(channel);
    if (count <= 0) return Reading::over; // a pty says EIO when nobody has its other side open
    sink_.on_output(channel.stream, {buffer_.get(), static_cast<std::size_t>(count)});
    return Reading::more;
}

// A container that says much is not to wait for us after every 64 KiB. Best effort.
void StdioRelay::grow(Channel& channel) const {
    if (console_ || std::exchange(channel.grown, true)) return;
    (void)::fcntl(channel.fd.get(), F_SETPIPE_SZ, kBusyPipe);
}

// A pipe that has ended stays so. A console may be opened again as long as the container lives.
void StdioRelay::over(Channel& channel) {
    if (console_) {
        loop_.remove(channel.fd.get());
        channel.in_loop = false;
        reopened_.arm(kConsoleRetry);
        return;
    }
    shut(channel);
    if (!out_.fd && !error_.fd && !std::exchange(over_told_, true)) sink_.on_output_over();
}

bool StdioRelay::drain() {
    bool all_over = true;
    for (Channel* channel : {&out_, &error_}) {
        Reading reading = Reading::more;
        for (std::size_t bytes = 0; channel->fd && reading == Reading::more && bytes < kDrainLimit;
             bytes += kReadSize)
            reading = read_once(*channel);
        if (reading == Reading::over) shut(*channel);
        if (channel->fd) all_over = false;
    }
    return all_over;
}

void StdioRelay::close() {
    reopened_.cancel();
    discard_stdin();
    for (Channel* channel : {&in_, &out_, &error_}) shut(*channel);
    over_told_ = true;
}

void StdioRelay::reset() {
    close();
    close_container_ends();
    console_ = running_ = paused_ = stdin_open_ = stdin_ending_ = over_told_ = false;
}

void StdioRelay::push_stdin(std::uint64_t source, std::string_view data) {
    if (!stdin_open_ || stdin_ending_) return sink_.on_stdin_taken(source, data.size());
    stdin_.push_back({source, std::string(data)});
    stdin_bytes_ += data.size();
    if (running_) write_stdin();
}

void StdioRelay::write_stdin() {
    if (!running_) return;
    while (!stdin_.empty()) {
        Segment& first = stdin_.front();
        const std::string_view rest = std::string_view(first.data).substr(first.taken);
        const ssize_t count = ::write(input().fd.get(), rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0 && console_ && errno == EIO) break;
        if (count < 0) return discard_stdin();
        first.taken += static_cast<std::size_t>(count);
        stdin_bytes_ -= static_cast<std::size_t>(count);
        const std::uint64_t source = first.source;
        if (first.taken == first.data.size()) stdin_.pop_front();
        sink_.on_stdin_taken(source, static_cast<std::size_t>(count));
    }
    if (stdin_.empty() && stdin_ending_) return discard_stdin();
    watch(input());
}

// Nothing goes in any more.
void StdioRelay::discard_stdin() {
    stdin_open_ = false;
    shut(in_);
    stdin_bytes_ = 0;
    for (std::deque<Segment> rest = std::exchange(stdin_, {}); const Segment& segment : rest)
        sink_.on_stdin_taken(segment.source, segment.data.size() - segment.taken);
    if (console_) watch(out_);
}

void StdioRelay::close_stdin() {
    if (console_ || !stdin_open_) return;
    stdin_ending_ = true;
    if (running_) write_stdin();
}

Result<void> StdioRelay::resize(unsigned short rows, unsigned short columns) {
    if (!console_ || !out_.fd)
        return fail(Code::failed_precondition, "resize the container's terminal: it has none");
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    if (::ioctl(out_.fd.get(), TIOCSWINSZ, &size) != 0)
        return fail_errno(errno, "resize the container's terminal");
    return {};
}

} // namespace rt::shim
