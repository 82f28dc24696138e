// SPDX-License-Identifier: Apache-2.0
// What clients of the shim ask for, of further processes in the container and of its state.
#include "core/base/clock.hpp"
#include "shim.hpp"

#include <utility>

namespace rt::shim {
namespace {

std::string_view name_of(Container::Phase phase) {
    switch (phase) {
    case Container::Phase::none: return "none";
    case Container::Phase::created: return "created";
    case Container::Phase::running: return "running";
    case Container::Phase::ending: return "ending";
    case Container::Phase::ended: break;
    }
    return "ended";
}

} // namespace

void Shim::exec(Connection& connection, const Frame& frame) {
    const auto message = decode_exec(frame.payload);
    if (!message) return connection.hang_up();
    if (connection.attached || connection.watching || connection.id() == lease_)
        return answer(connection, frame,
                      fail(Code::failed_precondition, "run exec '", message->exec.id,
                           "': it needs a connection of its own"));
    const Operation operation = operation_of(message->operation, connection);
    const auto started = [&]() -> Result<ExecSession*> {
        RT_TRY_ASSIGN(Isolation* const driver, container_.awake_driver("run a program in"));
        return execs_.start(*driver, id_, operation, *message, connection.id());
    }();
    if (!started) return answer(connection, frame, std::unexpected(started.error()));
    connection.of_exec = true;
    connection.with_stdin = message->with_stdin;
    connection.send(FrameType::created, frame.header.request,
                    encode(CreatedMessage{(*started)->pid(), false, {}}));
    (*started)->begin();
}

Result<void> Shim::exec_request(Connection& connection, const Frame& frame) {
    ExecSession* const session = execs_.of(connection.id());
    if (session == nullptr) return fail(Code::failed_precondition, "the exec has ended");
    switch (frame.header.type) {
    case FrameType::signal: {
        RT_TRY_ASSIGN(const SignalMessage message, decode_signal(frame.payload));
        return session->signal(message.number);
    }
    case FrameType::resize: {
        RT_TRY_ASSIGN(const ResizeMessage message, decode_resize(frame.payload));
        return session->stdio().resize(message.rows, message.columns);
    }
    default: session->stdio().close_stdin(); return {};
    }
}

// Passed on to the driver.
void Shim::driver_request(Connection& connection, const Frame& frame) {
    const auto reply = [&]() -> Result<std::string> {
        if (frame.header.type == FrameType::update) {
            RT_TRY_ASSIGN(const UpdateMessage message, decode_update(frame.payload));
            return update(operation_of(message.operation, connection), message.resources_json);
        }
        RT_TRY_ASSIGN(const OperationMessage message, decode_operation(frame.payload));
        const Operation operation = operation_of(message, connection);
        switch (frame.header.type) {
        case FrameType::pause:
            RT_TRY(container_.pause(operation));
            health_.pause();
            stopper_ = 0;
            return std::string();
        case FrameType::resume:
            RT_TRY(container_.resume(operation));
            health_.resume();
            stopper_ = 0;
            return std::string();
        case FrameType::stand_still: RT_TRY(stand_still(operation, connection)); return std::string();
        case FrameType::go_on: RT_TRY(go_on(operation, connection.id())); return std::string();
        case FrameType::stats: {
            RT_TRY_ASSIGN(const std::string stats, container_.stats(operation));
            return encode_text(stats);
        }
        default: {
            RT_TRY_ASSIGN(const std::vector<int> pids, container_.processes(operation));
            return encode_numbers(pids);
        }
        }
    }();
    if (!reply || reply->empty())
        return answer(connection, frame, reply ? Result<void>() : std::unexpected(reply.error()));
    if (reply->size() > kReplyLimit)
        return answer(connection, frame,
                      fail(Code::resource_exhausted, "container '", id_, "': its driver's answer has ",
                           reply->size(), " bytes, at most ", kReplyLimit, " can be passed on"));
    connection.send(FrameType::reply, frame.header.request, *reply);
}

// For as long as the connection lives, and told by us: its client may not get round to it.
Result<void> Shim::stand_still(const Operation& operation, const Connection& connection) {
    RT_TRY(container_.pause(operation));
    health_.pause();
    stopper_ = connection.id();
    tell("pause", "");
    return {};
}

// Where it still stands still for that connection: somebody else may have resumed it since, or paused it for
// good.
Result<void> Shim::go_on(const Operation& operation, std::uint64_t connection) {
    if (stopper_ != connection || !container_.is_paused()) return {};
    RT_TRY(container_.resume(operation));
    health_.resume();
    stopper_ = 0;
    tell("unpause", "");
    return {};
}

// Whoever wanted it to stand still for himself has gone without a word.
void Shim::go_on_alone() {
    if (stopper_ == 0) return; // somebody else has resumed it since the last try, and may have paused it anew
    constexpr std::int64_t kPatience = 10'000'000'000, kPause = 100'000'000; // ns
    const Operation operation{.id = "go on", .deadline_ns = monotonic_ns() + kPatience};
    if (const auto gone_on = go_on(operation, stopper_); !gone_on) {
        log_.line(gone_on.error().message);
        going_on_.arm(kPause);
    }
}

// Answers the driver's warnings.
Result<std::string> Shim::update(const Operation& operation, const std::string& resources_json) {
    warnings_.clear();
    collecting_ = true;
    const Result<void> outcome = container_.update(operation, resources_json);
    collecting_ = false;
    const std::vector<std::string> warnings = std::exchange(warnings_, {});
    if (outcome) return encode_texts(warnings);
    for (const std::string& warning : warnings) log_.line(warning);
    return std::unexpected(outcome.error());
}

void Shim::tell_state(Connection& connection, const Frame& frame) {
    ShimState state;
    state.phase = resting_ ? "resting" : name_of(container_.phase());
    state.pid = container_.pid();
    state.paused = container_.is_paused();
    state.health = health_.json();
    state.execs = execs_.states();
    connection.send(FrameType::reply, frame.header.request, encode(state));
}

} // namespace rt::shim
