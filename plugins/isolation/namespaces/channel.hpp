// SPDX-License-Identifier: Apache-2.0
// What a process that is being set up and the host's process say to each other, over a pair of packet
// sockets. The child's end closes on exec: an end of file after "go" means that the user's program runs.
#pragma once

#include "system.hpp"

#include <string>
#include <utility>

namespace rt::namespaces {

enum class MessageKind : std::int32_t { ready = 1, error = 2, warning = 3, go = 4, closed = 5, terminal = 6 };

struct Message {
    MessageKind kind = MessageKind::closed;
    Error error; // error: as it happened; warning: only its message
    UniqueFd fd; // terminal: its master
};

// first is the host's end, second the child's.
Result<std::pair<UniqueFd, UniqueFd>> make_channel();

// attached: a descriptor to hand over, or -1.
Result<void> send_message(int socket, MessageKind kind, const Error& error = {}, int attached = -1);
Result<Message> receive_message(int socket);

} // namespace rt::namespaces
