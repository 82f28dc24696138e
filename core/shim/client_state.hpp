// SPDX-License-Identifier: Apache-2.0
// The inside of a ShimClient: what has come and is not yet asked for, and how an answer is waited for. One
// thread.
#pragma once

#include "core/shim/client.hpp"
#include "core/shim/protocol.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace rt {
namespace shim {

// An answer; the descriptor only with the types that carry one.
struct Received {
    Header header;
    std::string payload;
    UniqueFd passed;
};

// A call that was sent in one half of a pair of methods and is to be answered in the other.
struct Pending {
    std::uint32_t request = 0; // 0: none
    Operation operation;
};

} // namespace shim

struct ShimClient::State {
    UniqueFd fd;
    shim::FrameReader reader;
    UniqueFd passed; // the descriptor that came last; the frame it belongs to is the next that carries one
    std::deque<ShimEvent> events;
    std::vector<shim::Received> answers;
    std::vector<std::uint32_t> awaited; // requests whose answer somebody will ask for
    std::uint32_t last_request = 0;
    shim::Pending namespace_made, create, destroy, reaped, exec;
    std::size_t window = shim::kStdinWindow;
    bool stdin_open = true;
    bool closed = false;

    Result<void> send(shim::FrameType type, std::uint32_t request, std::string_view payload);
    Result<void> receive(int flags = 0);           // of recvmsg(2)
    Result<void> take();                           // events and answers go to their queues
    Result<std::optional<ShimEvent>> take_event(); // empty: there is none yet
    Result<std::uint32_t> ask(shim::FrameType type, std::string_view payload);
    Result<shim::Received> answer(std::uint32_t request, const Operation* operation = nullptr);
    Result<shim::Received> answer(shim::Pending& pending, std::string_view what);
    std::optional<shim::Received> take_answer(std::uint32_t request);
    void forget(std::uint32_t request);
    Result<bool> wait_readable(const Operation& operation, bool& cancelled);
    Result<void> simple(shim::FrameType type, std::string_view payload = {},
                        const Operation* operation = nullptr);
    // The payload of a `reply`; what is sent is the operation, if there is one.
    Result<std::string> reply(shim::FrameType type, const Operation* operation);
    Result<std::string> reply(shim::FrameType type, std::string_view payload, const Operation* operation);
    Result<void> simple_answer(shim::Pending& pending, std::string_view what);
};

} // namespace rt
