// SPDX-License-Identifier: Apache-2.0
#include "core/shim/listeners.hpp"

#include "core/base/file.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <optional>

#pragma GCC diagnostic push
// The macros of the kernel's headers cast and compare as C does.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-compare"

namespace rt::shim {
namespace {

struct Question {
    nlmsghdr header{.nlmsg_len = sizeof(Question),
                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                    .nlmsg_seq = 0,
                    .nlmsg_pid = 0};
    unix_diag_req wanted{.sdiag_family = AF_UNIX,
                         .sdiag_protocol = 0,
                         .pad = 0,
                         .udiag_states = 1U << TCP_LISTEN,
                         .udiag_ino = 0,
                         .udiag_show = UDIAG_SHOW_VFS,
                         .udiag_cookie = {}};
};

std::optional<SocketFile> file_in(const nlmsghdr& message) {
    const auto* const socket = static_cast<const unix_diag_msg*>(NLMSG_DATA(&message));
    int left = static_cast<int>(message.nlmsg_len) - static_cast<int>(NLMSG_LENGTH(sizeof *socket));
    for (const auto* part = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(part, left);
         part = RTA_NEXT(part, left)) {
        if (part->rta_type != UNIX_DIAG_VFS || RTA_PAYLOAD(part) < sizeof(unix_diag_vfs)) continue;
        const auto* const file = static_cast<const unix_diag_vfs*>(RTA_DATA(part));
        return SocketFile(file->udiag_vfs_dev, file->udiag_vfs_ino);
    }
    return std::nullopt; // it has an abstract name, or none
}

} // namespace

SocketFile::SocketFile(const struct stat& file)
    : SocketFile(major(file.st_dev) << 20U | minor(file.st_dev), static_cast<std::uint32_t>(file.st_ino)) {}

ListeningSockets listening_sockets() {
    ListeningSockets found;
    const UniqueFd kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    const Question question;
    if (!kernel || ::send(kernel.get(), &question, sizeof question, 0) != sizeof question) return found;
    alignas(nlmsghdr) std::array<char, 32768> answer; // NOLINT: recv() fills it, with all that comes at once
    for (;;) {
        const ssize_t size = ::recv(kernel.get(), answer.data(), answer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return found;
        auto left = static_cast<int>(size);
        for (const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data()); NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) return found; // the end, or an error
            if (const auto file = file_in(*message)) found.insert(*file);
        }
    }
}

} // namespace rt::shim

#pragma GCC diagnostic pop
