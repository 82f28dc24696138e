// SPDX-License-Identifier: Apache-2.0
// A stream of frames between a shim and its client. First byte: how much comes at once.
#include "core/shim/protocol.hpp"
#include "fuzz/fuzz.hpp"

using namespace rt;
using namespace rt::shim;

namespace {

// What was decoded is encoded to the same bytes.
template <class Message>
void same(const Result<Message>& message, std::string_view payload) {
    if (message) fuzz::must(encode(*message) == payload, "a message has one form");
}

void decode(FrameType type, std::string_view payload) {
    switch (type) {
    case FrameType::launch: return same(decode_launch(payload), payload);
    case FrameType::create: return same(decode_create(payload), payload);
    case FrameType::start: return same(decode_start(payload), payload);
    case FrameType::signal: return same(decode_signal(payload), payload);
    case FrameType::exec: return same(decode_exec(payload), payload);
    case FrameType::update: return same(decode_update(payload), payload);
    case FrameType::resize: return same(decode_resize(payload), payload);
    case FrameType::serve_names: return same(decode_names(payload), payload);
    case FrameType::destroy: return same(decode_operation(payload), payload);
    case FrameType::created: return same(decode_created(payload), payload);
    case FrameType::failed: return same(decode_error(payload), payload);
    case FrameType::exited: return same(decode_exit(payload), payload);
    case FrameType::stdin_taken: return same(decode_stdin_taken(payload), payload);
    case FrameType::reply:
        same(decode_state(payload), payload);
        (void)decode_text(payload);
        (void)decode_numbers(payload);
        return;
    default: (void)decode_flag(payload); (void)decode_time(payload);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t step = data[0] + std::size_t{1};
    std::string_view rest = fuzz::text_of(data + 1, size - 1);
    FrameReader reader;
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, step);
        rest.remove_prefix(part.size());
        reader.feed(part);
        for (;;) {
            const auto next = reader.next();
            if (!next) return 0;
            if (!*next) break;
            decode((*next)->header.type, (*next)->payload);
        }
        reader.release_if_empty();
    }
    return 0;
}
