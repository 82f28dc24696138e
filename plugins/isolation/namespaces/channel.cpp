// SPDX-License-Identifier: Apache-2.0
#include "channel.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace rt::namespaces {
namespace {

struct Packet {
    std::int32_t kind, code, sys_errno;
    std::array<char, 1000> text;
};
constexpr std::size_t kHeader = offsetof(Packet, text);

} // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
        return fail_errno(errno, "make the channel to the container's process");
    return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<void> send_message(int socket, MessageKind kind, const Error& error, int attached) {
    Packet packet{};
    packet.kind = static_cast<std::int32_t>(kind);
    packet.code = static_cast<std::int32_t>(error.code);
    packet.sys_errno = error.sys_errno;
    const auto size = std::min(error.message.size(), packet.text.size());
    std::memcpy(packet.text.data(), error.message.data(), size);
    iovec piece{&packet, kHeader + size};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (attached >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &attached, sizeof attached);
    }
    while (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0)
        if (errno != EINTR) return fail_errno(errno, "send a message between rt and the container's process");
    return {};
}

Result<Message> receive_message(int socket) {
    Packet packet{};
    iovec piece{&packet, sizeof packet};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t got = 0;
    while ((got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0) {
        // The other end died with something of ours unread. That is told first, and once; what it said before
        // it died, or its end, comes next.
        if (errno == ECONNRESET) continue;
        if (errno != EINTR) return fail_errno(errno, "receive a message of the container's process");
    }
    Message message;
    if (const cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights != nullptr && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
        message.fd.reset(fd);
    }
    if (got < static_cast<ssize_t>(kHeader)) return message;
    message.kind = static_cast<MessageKind>(packet.kind);
    message.error = {static_cast<Code>(packet.code), packet.sys_errno,
                     std::string(packet.text.data(), static_cast<std::size_t>(got) - kHeader)};
    return message;
}

} // namespace rt::namespaces
