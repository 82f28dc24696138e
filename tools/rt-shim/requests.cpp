// SPDX-License-Identifier: Apache-2.0
// What clients of the shim ask for, one request at a time.
#include "shim.hpp"

namespace rt::shim {

void Shim::on_frame(Connection& connection, const Frame& frame) {
    if (!launched_ && frame.header.type != FrameType::launch) return connection.hang_up();
    switch (frame.header.type) {
    case FrameType::launch: return launch(connection, frame);
    case FrameType::create: return create(connection, frame);
    case FrameType::attach: return attach(connection, frame);
    case FrameType::stdin_data: return take_stdin(connection, frame.payload);
    case FrameType::reaped: return reaped(connection, frame);
    case FrameType::exec: return exec(connection, frame);
    case FrameType::state: return tell_state(connection, frame);
    case FrameType::serve_names: return serve_names(connection, frame);
    case FrameType::pause:
    case FrameType::stand_still:
    case FrameType::go_on:
    case FrameType::resume:
    case FrameType::stats:
    case FrameType::update:
    case FrameType::processes: return driver_request(connection, frame);
    case FrameType::make_network_namespace: {
        const auto message = decode_operation(frame.payload);
        if (!message) return connection.hang_up();
        return make_network_namespace(connection, frame, operation_of(*message, connection));
    }
    case FrameType::cancel: return;
    case FrameType::watch_exit:
        answer(connection, frame, {});
        connection.watching = true;
        if (container_.phase() == Container::Phase::ended) tell_exit(connection);
        return;
    case FrameType::signal:
    case FrameType::stdin_close:
    case FrameType::resize:
        if (connection.of_exec) return answer(connection, frame, exec_request(connection, frame));
        return answer(connection, frame, simple_request(connection, frame));
    case FrameType::start:
    case FrameType::rest:
    case FrameType::take_lease:
    case FrameType::give_up_lease:
    case FrameType::destroy: return answer(connection, frame, simple_request(connection, frame));
    case FrameType::ok:
    case FrameType::failed:
    case FrameType::created:
    case FrameType::output:
    case FrameType::exited:
    case FrameType::stdin_taken:
    case FrameType::reply:
    case FrameType::network_namespace: return connection.hang_up(); // ours to say
    }
}

void Shim::answer(Connection& connection, const Frame& frame, const Result<void>& result) {
    if (result)
        connection.send(FrameType::ok, frame.header.request);
    else if (result.error().code == Code::corrupt && result.error().sys_errno == EPROTO)
        connection.hang_up();
    else
        connection.send(FrameType::failed, frame.header.request, encode(result.error()));
}

Result<void> Shim::simple_request(Connection& connection, const Frame& frame) {
    switch (frame.header.type) {
    case FrameType::start: {
        RT_TRY_ASSIGN(const StartMessage message, decode_start(frame.payload));
        if (message.attach) connection.attached = true; // what it says at once is not lost
        if (message.with_stdin) connection.with_stdin = true;
        RT_TRY(container_.start(operation_of(message.operation, connection)));
        if (container_.health()) {
            RT_TRY_ASSIGN(Isolation* const driver, container_.awake_driver("check"));
            health_.begin(*container_.health(), *driver, id_, directory_);
        }
        return {};
    }
    case FrameType::destroy: {
        RT_TRY_ASSIGN(const OperationMessage message, decode_operation(frame.payload));
        return container_.destroy(operation_of(message, connection));
    }
    case FrameType::signal: {
        RT_TRY_ASSIGN(const SignalMessage message, decode_signal(frame.payload));
        return container_.signal(operation_of(message.operation, connection), message.number, message.scope);
    }
    case FrameType::resize: {
        RT_TRY_ASSIGN(const ResizeMessage message, decode_resize(frame.payload));
        return container_.stdio().resize(message.rows, message.columns);
    }
    case FrameType::stdin_close: container_.stdio().close_stdin(); return {};
    case FrameType::take_lease: return take_lease(connection);
    case FrameType::rest: return rest(connection, frame.payload);
    default: return give_up_lease(connection);
    }
}

void Shim::create(Connection& connection, const Frame& frame) {
    auto message = decode_create(frame.payload);
    if (!message) return connection.hang_up();
    resting_ = false;
    resting_until_.cancel();
    warnings_.clear();
    collecting_ = true;
    auto process =
        container_.create(operation_of(message->operation, connection), std::move(message->container));
    collecting_ = false;
    if (!process) {
        for (const std::string& warning : warnings_) log_.line(warning);
        return answer(connection, frame, std::unexpected(std::move(process).error()));
    }
    const CreatedMessage created{process->pid, bool(process->netns), std::exchange(warnings_, {})};
    connection.send(FrameType::created, frame.header.request, encode(created), process->netns.get());
}

void Shim::serve_names(Connection& connection, const Frame& frame) {
    const auto names = decode_names(frame.payload);
    if (!names) return connection.hang_up();
    const auto netns = container_.network_namespace();
    const auto ports = netns ? names_.serve(netns->get(), *names) : std::unexpected(netns.error());
    if (!ports) return answer(connection, frame, std::unexpected(ports.error()));
    connection.send(FrameType::reply, frame.header.request, encode_numbers({ports->udp, ports->tcp}));
}

void Shim::attach(Connection& connection, const Frame& frame) {
    const auto with_stdin = decode_flag(frame.payload);
    if (!with_stdin) return connection.hang_up();
    answer(connection, frame, {});
    connection.attached = true;
    if (*with_stdin) connection.with_stdin = true;
    if (container_.phase() == Container::Phase::ended) tell_exit(connection);
}

void Shim::take_stdin(Connection& connection, std::string_view data) {
    connection.stdin_pending += data.size();
    const bool in_bounds =
        connection.stdin_pending <= kStdinWindow && container_.stdio().stdin_queued() <= 16 * kStdinWindow;
    if ((!connection.with_stdin && !connection.had_stdin) || !in_bounds) return connection.hang_up();
    if (!connection.with_stdin) return on_container_stdin(connection.id(), data.size());
    if (connection.of_exec) {
        if (ExecSession* const session = execs_.of(connection.id()))
            return session->stdio().push_stdin(connection.id(), data);
        return on_exec_stdin(connection.id(), {static_cast<std::uint32_t>(data.size()), false});
    }
    container_.stdio().push_stdin(connection.id(), data);
}

Result<void> Shim::take_lease(Connection& connection) {
    if (lease_ != 0 && lease_ != connection.id())
        return fail(Code::unavailable, "take the lease of container '", id_,
                    "': another process cleans it up");
    lease_ = connection.id();
    return {};
}

Result<void> Shim::give_up_lease(Connection& connection) {
    if (lease_ != connection.id())
        return fail(Code::failed_precondition, "give up the lease of container '", id_, "': it is not yours");
    lease_ = 0;
    return {};
}

void Shim::reaped(Connection& connection, const Frame& frame) {
    if (lease_ != connection.id())
        return answer(
            connection, frame,
            fail(Code::failed_precondition, "container '", id_, "' is reaped: take its lease first"));
    children_.reap(); // its end may not have been seen yet
    if (container_.phase() == Container::Phase::ending) container_.abandon_output();
    if (container_.phase() == Container::Phase::created || container_.phase() == Container::Phase::running)
        return answer(
            connection, frame,
            fail(Code::failed_precondition, "container '", id_, "' is reaped: it runs, destroy it first"));
    finish();
    answer(connection, frame, {});
}

Result<void> Shim::rest(Connection& connection, std::string_view payload) {
    RT_TRY_ASSIGN(const std::int64_t delay_ns, decode_time(payload));
    if (lease_ != connection.id())
        return fail(Code::failed_precondition, "container '", id_,
                    "' is to be started again: take its lease first");
    children_.reap(); // its end may not have been seen yet
    RT_TRY(container_.reset());
    execs_.forget();
    health_.forget();
    lease_ = 0;
    resting_ = true;
    reaper_.forget_back_off();
    if (delay_ns > 0) resting_until_.arm(delay_ns);
    return {};
}

} // namespace rt::shim
