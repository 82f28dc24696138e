// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

namespace rt::shim {

Connection::Connection(EventLoop& loop, Owner& owner, UniqueFd fd, std::uint64_t id)
    : loop_(loop), owner_(owner), fd_(std::move(fd)), id_(id) {}

Connection::~Connection() {
    if (fd_) loop_.remove(fd_.get());
}

Result<void> Connection::open() {
    watched_ = EPOLLIN;
    return loop_.add(fd_.get(), watched_, *this);
}

void Connection::watch() {
    if (dead()) return;
    const std::uint32_t wanted = queued() > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (wanted == watched_) return;
    watched_ = wanted;
    loop_.change(fd_.get(), wanted, *this);
}

void Connection::hang_up() {
    if (dead()) return;
    loop_.remove(fd_.get());
    fd_.reset();
    std::string().swap(out_);
    sent_ = 0;
    owner_.on_closed(*this);
}

void Connection::on_events(std::uint32_t events) {
    if (dead()) return; // hung up on earlier in this batch
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive();
}

void Connection::receive() {
    std::array<char, 16U << 10U> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
    // Plain recv: descriptors that a peer passes are never taken in.
    const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return hang_up();
    reader_.feed({buffer.data(), static_cast<std::size_t>(count)});
    handle_frames();
    reader_.release_if_empty();
}

void Connection::handle_frames() {
    while (!dead()) {
        const auto next = reader_.next();
        if (!next) return hang_up();
        if (!*next) return;
        owner_.on_frame(*this, **next);
    }
}

void Connection::send(FrameType type, std::uint32_t request, std::string_view payload, int descriptor) {
    std::array<char, kHeaderSize> header{};
    write_header(header.data(), {static_cast<std::uint32_t>(payload.size()), type, request});
    send_pieces({header.data(), header.size()}, payload, descriptor);
}

void Connection::send_output(Stream stream, std::string_view data) {
    std::array<char, kHeaderSize + 1> header{};
    write_header(header.data(), {static_cast<std::uint32_t>(data.size() + 1), FrameType::output, 0});
    header.back() = static_cast<char>(stream);
    send_pieces({header.data(), header.size()}, data, -1);
}

// Straight from the caller's memory while the peer keeps up; what it does not take is copied.
void Connection::send_pieces(std::string_view head, std::string_view data, int descriptor) {
    if (dead() || deaf_) return;
    // A descriptor goes with the first byte of its frame. Clients ask one thing at a time, so that only
    // output can be in front of an answer: it goes first.
    if (queued() > 0 && descriptor >= 0) flush();
    std::size_t sent = 0;
    if (queued() == 0) {
        std::array<iovec, 2> pieces{
            iovec{const_cast<char*>(head.data()), head.size()},  // NOLINT: iovec's type
            iovec{const_cast<char*>(data.data()), data.size()}}; // NOLINT
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        if (descriptor >= 0) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* item = CMSG_FIRSTHDR(&message);
            item->cmsg_level = SOL_SOCKET;
            item->cmsg_type = SCM_RIGHTS;
            item->cmsg_len = CMSG_LEN(sizeof descriptor);
            std::memcpy(CMSG_DATA(item), &descriptor, sizeof descriptor);
        }
        const ssize_t count = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            deaf_ = true; // its end is seen by reading, after what it had sent
            // No memory, say: it must not wait for what does not come.
            if (errno != EPIPE && errno != ECONNRESET) ::shutdown(fd_.get(), SHUT_RDWR);
            return;
        }
        if (count > 0) sent = static_cast<std::size_t>(count);
    }
    keep(head, sent);
    keep(data, sent > head.size() ? sent - head.size() : 0);
    watch();
}

void Connection::keep(std::string_view text, std::size_t skip) {
    if (skip >= text.size()) return;
    if (sent_ > out_.size() / 2) {
        out_.erase(0, sent_);
        sent_ = 0;
    }
    out_ += text.substr(skip);
}

void Connection::flush() {
    while (queued() > 0) {
        const ssize_t count = ::send(fd_.get(), out_.data() + sent_, queued(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return watch();
        if (count < 0) {
            deaf_ = true;
            sent_ = out_.size();
        } else {
            sent_ += static_cast<std::size_t>(count);
        }
    }
    std::string().swap(out_);
    sent_ = 0;
    watch();
    owner_.on_drained(*this);
}

} // namespace rt::shim
