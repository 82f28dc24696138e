// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/service_manager.hpp"

#include "core/base/error.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace rt::rtd {

void notify_service_manager(std::string_view state) {
    const char* const name = std::getenv("NOTIFY_SOCKET");
    const std::size_t length = name == nullptr ? 0 : std::strlen(name);
    sockaddr_un address{};
    if (length < 2 || length >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@')) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, length);
    if (name[0] == '@') address.sun_path[0] = '\0'; // a name that is no file
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // One that does not listen is no reason not to serve.
    (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), // NOLINT
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

} // namespace rt::rtd
