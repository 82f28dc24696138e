// SPDX-License-Identifier: Apache-2.0
// What rt-shim and its clients say to each other: frames over a Unix stream socket. A frame is a 12 byte
// header (payload length, type, request id; little-endian) and a payload. Requests carry an id that the
// answer repeats; output, exit and stdin_taken come unasked with id 0. Every length is bounded by the frame's
// type, and whatever does not decode is `corrupt`: the reader hangs up. docs/shim.md has the table. Values;
// any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/shim/client.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::shim {

enum class FrameType : std::uint32_t {
    // client to shim
    launch = 1, // only as the first frame of the launcher's connection
    create = 2,
    start = 3,
    signal = 4,
    attach = 5,
    stdin_data = 6, // not answered; see stdin_taken
    stdin_close = 7,
    resize = 8,
    watch_exit = 9,
    take_lease = 10,
    give_up_lease = 11,
    destroy = 12,
    reaped = 13,
    cancel = 14, // makes the socket readable, which is what the running call looks at; else ignored
    exec = 15,
    rest = 16,
    make_network_namespace = 17,
    pause = 18,
    resume = 19,
    stats = 20,
    update = 21,
    processes = 22,
    state = 23,
    serve_names = 24,
    stand_still = 25,
    go_on = 26,
    // shim to client
    ok = 64,
    failed = 65,
    created = 66, // with the network namespace's descriptor, if there is one
    output = 67,
    exited = 68,
    stdin_taken = 69,
    network_namespace = 70, // the answer to a launch or request that asked for one, with its descriptor
    reply = 71,             // the answer to stats, processes, state and serve_names
};

inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::size_t kDataLimit = 64U << 10U;       // of one stdin_data, or of an output's data
inline constexpr std::size_t kReplyLimit = 4U << 20U;       // of one reply
inline constexpr std::size_t kLaunchLimit = 96U << 10U;     // fits a socket buffer: sent before the shim runs
inline constexpr std::size_t kStdinWindow = 4 * kDataLimit; // sent by one client and not yet taken

struct Header {
    std::uint32_t length = 0;
    FrameType type = FrameType::ok;
    std::uint32_t request = 0;
};

void write_header(char* out, const Header& header); // kHeaderSize bytes
// corrupt: unknown type, or longer than its type may be.
Result<Header> parse_header(std::string_view bytes);

// Header and payload as one string.
std::string frame(FrameType type, std::uint32_t request, std::string_view payload = {});

struct Frame {
    Header header;
    std::string_view payload; // valid until the reader is used again
};

// Cuts a byte stream into frames. Memory grows with what has come, not with what a header promises.
class FrameReader {
public:
    void feed(std::string_view bytes);
    // Empty: not all of it is here yet. corrupt: hang up.
    Result<std::optional<Frame>> next();
    [[nodiscard]] bool has_frame() const; // next() has one (or a complaint)
    void release_if_empty();              // gives the memory back when nothing is pending

private:
    std::string buffer_;
    std::size_t consumed_ = 0;
};

struct LaunchMessage {
    std::string container_id;
    std::string directory;
    DriverSpec isolation;
    std::vector<std::string> reaper_command;
    bool make_network_namespace = false;
};

struct OperationMessage {
    std::string id;
    std::int64_t deadline_ns = 0;
};

struct CreateMessage {
    OperationMessage operation;
    ShimContainer container;
};

struct StartMessage {
    OperationMessage operation;
    bool attach = false; // before it starts
    bool with_stdin = false;
};

struct ExecMessage {
    OperationMessage operation;
    ShimExec exec;
    bool attach = false;
    bool with_stdin = false;
};

struct UpdateMessage {
    OperationMessage operation;
    std::string resources_json;
};

struct SignalMessage {
    OperationMessage operation;
    int number = 0;
    SignalScope scope = SignalScope::first_process;
};

struct CreatedMessage {
    int pid = 0;
    bool has_netns = false;
    std::vector<std::string> warnings;
};

struct StdinTaken {
    std::uint32_t bytes = 0;
    bool open = true; // false: the container takes no more
};

struct ResizeMessage {
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
};

std::string encode(const LaunchMessage&);
std::string encode(const OperationMessage&);
std::string encode(const CreateMessage&);
std::string encode(const StartMessage&);
std::string encode(const SignalMessage&);
std::string encode(const CreatedMessage&);
std::string encode(const StdinTaken&);
std::string encode(const ResizeMessage&);
std::string encode(const Error&);
std::string encode(const ExitRecord&);
std::string encode(const ExecMessage&);
std::string encode(const UpdateMessage&);
std::string encode(const ShimState&);
std::string encode(const ShimNames&);
std::string encode_flag(bool);
std::string encode_time(std::int64_t);
std::string encode_text(std::string_view);
std::string encode_texts(const std::vector<std::string>&);
std::string encode_numbers(const std::vector<int>&);

// Each fails with corrupt when the payload is not exactly one such message.
Result<LaunchMessage> decode_launch(std::string_view payload);
Result<OperationMessage> decode_operation(std::string_view payload);
Result<CreateMessage> decode_create(std::string_view payload);
Result<StartMessage> decode_start(std::string_view payload);
Result<SignalMessage> decode_signal(std::string_view payload);
Result<CreatedMessage> decode_created(std::string_view payload);
Result<StdinTaken> decode_stdin_taken(std::string_view payload);
Result<ResizeMessage> decode_resize(std::string_view payload);
Result<Error> decode_error(std::string_view payload);
Result<ExitRecord> decode_exit(std::string_view payload);
Result<ExecMessage> decode_exec(std::string_view payload);
Result<UpdateMessage> decode_update(std::string_view payload);
Result<ShimState> decode_state(std::string_view payload);
Result<ShimNames> decode_names(std::string_view payload);
Result<bool> decode_flag(std::string_view payload);
Result<std::int64_t> decode_time(std::string_view payload);
Result<std::string> decode_text(std::string_view payload);
Result<std::vector<std::string>> decode_texts(std::string_view payload);
Result<std::vector<int>> decode_numbers(std::string_view payload);

} // namespace rt::shim
