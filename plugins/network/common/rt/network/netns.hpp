// SPDX-License-Identifier: Apache-2.0
// Opening a socket that belongs to another network namespace. The calling thread is in that namespace for the
// time of one system call; other threads of the process never are.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <functional>

namespace rt::network {

// Runs body while this thread is inside the namespace.
sdk::Result<void> inside_namespace(int netns_fd, const std::function<sdk::Result<void>()>& body);

// socket(domain, type | SOCK_CLOEXEC, protocol) within the namespace netns_fd. The socket stays in it for
// good.
sdk::Result<sdk::UniqueFd> open_socket_in(int netns_fd, int domain, int type, int protocol);

} // namespace rt::network
