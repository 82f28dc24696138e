// SPDX-License-Identifier: Apache-2.0
#include "core/shim/listeners.hpp"

#include "core/base/error.hpp"
#include "core/shim/run_files.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

// The macros of the kernel's headers cast as C does.
#pragma GCC diagnostic ignored "-Wold-style-cast"

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
                         .udiag_show = UDIAG_SHOW_NAME,
                         .udiag_cookie = {}};
};

std::string_view name_in(const nlmsghdr& message) {
    const auto* const socket = static_cast<const unix_diag_msg*>(NLMSG_DATA(&message));
    int left = static_cast<int>(message.nlmsg_len) - static_cast<int>(NLMSG_LENGTH(sizeof *socket));
    for (const auto* part = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(part, left);
         part = RTA_NEXT(part, left))
        if (part->rta_type == UNIX_DIAG_NAME)
            return {static_cast<const char*>(RTA_DATA(part)), RTA_PAYLOAD(part)};
    return {};
}

// "ID" of "DIRECTORY/ID/shim.sock".
std::optional<std::string_view> directory_of(std::string_view name, std::string_view directory) {
    const std::size_t socket = name.rfind('/');
    if (socket == std::string_view::npos) return std::nullopt;
    std::string_view file = name.substr(socket + 1); // with a zero at its end, or without
    if (file.ends_with('\0')) file.remove_suffix(1);
    const std::string_view path = name.substr(0, socket);
    if (file != kSocketName || !path.starts_with(directory)) return std::nullopt;
    const std::string_view rest = path.substr(directory.size());
    if (rest.size() < 2 || rest.front() != '/' || rest.find('/', 1) != std::string_view::npos)
        return std::nullopt;
    return rest.substr(1);
}

} // namespace

std::unordered_set<std::string> listening_below(const Path& directory) {
    std::unordered_set<std::string> found;
    const UniqueFd kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    const Question question;
    if (!kernel || ::send(kernel.get(), &question, sizeof question, 0) != sizeof question) return found;
    alignas(nlmsghdr) std::vector<char> answer(32768); // as much as the kernel tells at once
    for (;;) {
        const ssize_t size = ::recv(kernel.get(), answer.data(), answer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return found;
        auto left = static_cast<unsigned>(size);
        for (const auto* message = reinterpret_cast<const nlmsghdr*>(answer.data()); NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) return found; // the end, or an error
            if (const auto name = directory_of(name_in(*message), directory.native())) found.emplace(*name);
        }
    }
}

} // namespace rt::shim
