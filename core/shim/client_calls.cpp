// SPDX-License-Identifier: Apache-2.0
// What a ShimClient asks for: one frame, one answer.
#include "core/shim/client_state.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace rt {

using namespace shim;

Result<UniqueFd> ShimClient::network_namespace(const Operation& operation) {
    state_->namespace_made.operation = {operation.id, operation.deadline_ns, -1}; // nothing is sent
    RT_TRY_ASSIGN(Received answer, state_->answer(state_->namespace_made, "network namespace"));
    if (answer.header.type != FrameType::network_namespace)
        return fail(Code::corrupt, "the shim's protocol: an answer of the wrong type");
    if (!answer.passed)
        return fail(Code::resource_exhausted,
                    "the network namespace's descriptor did not arrive: too many open files");
    return std::move(answer.passed);
}

Result<void> ShimClient::send_create(const Operation& operation, const ShimContainer& container) {
    const std::string message = encode(CreateMessage{{operation.id, operation.deadline_ns}, container});
    RT_TRY_ASSIGN(const std::uint32_t request, state_->ask(FrameType::create, message));
    state_->create = {request, operation};
    return {};
}

Result<ShimCreated> ShimClient::receive_created() {
    RT_TRY_ASSIGN(Received answer, state_->answer(state_->create, "create"));
    if (answer.header.type != FrameType::created)
        return fail(Code::corrupt, "the shim's protocol: an answer of the wrong type");
    RT_TRY_ASSIGN(CreatedMessage created, decode_created(answer.payload));
    if (created.has_netns && !answer.passed)
        return fail(Code::resource_exhausted,
                    "the network namespace's descriptor did not arrive: too many open files");
    return ShimCreated{created.pid, std::move(answer.passed), std::move(created.warnings)};
}

Result<ShimCreated> ShimClient::create(const Operation& operation, const ShimContainer& container) {
    RT_TRY(send_create(operation, container));
    return receive_created();
}

Result<void> ShimClient::attach_and_start(const Operation& operation, Attach attach) {
    const StartMessage message{
        {operation.id, operation.deadline_ns}, attach != Attach::none, attach == Attach::output_and_input};
    return state_->simple(FrameType::start, encode(message), &operation);
}

Result<void> ShimClient::start(const Operation& operation) {
    return attach_and_start(operation, Attach::none);
}

Result<void> ShimClient::signal(const Operation& operation, int number, SignalScope scope) {
    const SignalMessage message{{operation.id, operation.deadline_ns}, number, scope};
    return state_->simple(FrameType::signal, encode(message), &operation);
}

Result<void> ShimClient::attach(bool with_stdin) {
    return state_->simple(FrameType::attach, encode_flag(with_stdin));
}

Result<void> ShimClient::write(std::string_view data) {
    while (!data.empty()) {
        while (state_->window == 0 && state_->stdin_open && !state_->closed) {
            RT_TRY(state_->receive());
            RT_TRY(state_->take());
        }
        if (state_->closed)
            return fail(Code::unavailable, "write to the container's stdin: its shim has ended");
        if (!state_->stdin_open)
            return fail(Code::failed_precondition, "the container takes no more input: its stdin is closed");
        const std::size_t part = std::min({data.size(), state_->window, kDataLimit});
        RT_TRY(state_->send(FrameType::stdin_data, 0, data.substr(0, part)));
        state_->window -= part;
        data.remove_prefix(part);
    }
    return {};
}

std::size_t ShimClient::write_window() const {
    return state_->window;
}

Result<void> ShimClient::close_stdin() {
    return state_->simple(FrameType::stdin_close);
}

Result<void> ShimClient::resize(unsigned short rows, unsigned short columns) {
    return state_->simple(FrameType::resize, encode(ResizeMessage{rows, columns}));
}

Result<void> ShimClient::post_close_stdin() {
    return state_->send(FrameType::stdin_close, ++state_->last_request, {});
}

Result<void> ShimClient::post_resize(unsigned short rows, unsigned short columns) {
    return state_->send(FrameType::resize, ++state_->last_request, encode(ResizeMessage{rows, columns}));
}

Result<std::optional<ShimEvent>> ShimClient::State::take_event() {
    RT_TRY(take());
    if (events.empty()) return closed ? std::optional(ShimEvent{}) : std::nullopt;
    std::optional<ShimEvent> event = std::move(events.front());
    events.pop_front();
    return event;
}

Result<ShimEvent> ShimClient::next() {
    for (;;) {
        RT_TRY_ASSIGN(auto event, state_->take_event());
        if (event) return std::move(*event);
        RT_TRY(state_->receive());
    }
}

Result<std::optional<ShimEvent>> ShimClient::poll_next() {
    RT_TRY_ASSIGN(auto event, state_->take_event());
    if (event) return event;
    RT_TRY(state_->receive(MSG_DONTWAIT));
    return state_->take_event();
}

int ShimClient::fd() const {
    return state_->fd.get();
}

bool ShimClient::has_buffered() const {
    return !state_->events.empty() || state_->closed || state_->reader.has_frame();
}

Result<void> ShimClient::watch_exit() {
    return state_->simple(FrameType::watch_exit);
}
Result<void> ShimClient::take_lease() {
    return state_->simple(FrameType::take_lease);
}
Result<void> ShimClient::give_up_lease() {
    return state_->simple(FrameType::give_up_lease);
}
Result<void> ShimClient::send_destroy(const Operation& operation) {
    RT_TRY_ASSIGN(
        const std::uint32_t request,
        state_->ask(FrameType::destroy, encode(OperationMessage{operation.id, operation.deadline_ns})));
    state_->destroy = {request, operation};
    return {};
}

Result<void> ShimClient::receive_destroyed() {
    return state_->simple_answer(state_->destroy, "destroy");
}

Result<void> ShimClient::destroy(const Operation& operation) {
    RT_TRY(send_destroy(operation));
    return receive_destroyed();
}

Result<void> ShimClient::reaped() {
    RT_TRY(send_reaped());
    return receive_reaped();
}

Result<void> ShimClient::send_reaped() {
    RT_TRY_ASSIGN(state_->reaped.request, state_->ask(FrameType::reaped, {}));
    return {};
}

Result<void> ShimClient::receive_reaped() {
    return state_->simple_answer(state_->reaped, "reaped");
}

Result<int> ShimClient::exec(const Operation& operation, const ShimExec& exec, Attach attach) {
    RT_TRY(send_exec(operation, exec, attach));
    return receive_exec();
}

Result<void> ShimClient::send_exec(const Operation& operation, const ShimExec& exec, Attach attach) {
    const ExecMessage message{{operation.id, operation.deadline_ns},
                              exec,
                              attach != Attach::none,
                              attach == Attach::output_and_input};
    RT_TRY_ASSIGN(const std::uint32_t request, state_->ask(FrameType::exec, encode(message)));
    state_->exec = {request, operation};
    return {};
}

Result<int> ShimClient::receive_exec() {
    RT_TRY_ASSIGN(const Received answer, state_->answer(state_->exec, "exec"));
    if (answer.header.type != FrameType::created)
        return fail(Code::corrupt, "the shim's protocol: an answer of the wrong type");
    RT_TRY_ASSIGN(const CreatedMessage created, decode_created(answer.payload));
    return created.pid;
}

Result<void> ShimClient::pause(const Operation& operation) {
    return state_->simple(FrameType::pause, encode(OperationMessage{operation.id, operation.deadline_ns}),
                          &operation);
}

Result<void> ShimClient::stand_still(const Operation& operation) {
    return state_->simple(FrameType::stand_still,
                          encode(OperationMessage{operation.id, operation.deadline_ns}), &operation);
}

Result<void> ShimClient::go_on(const Operation& operation) {
    return state_->simple(FrameType::go_on, encode(OperationMessage{operation.id, operation.deadline_ns}),
                          &operation);
}

Result<void> ShimClient::resume(const Operation& operation) {
    return state_->simple(FrameType::resume, encode(OperationMessage{operation.id, operation.deadline_ns}),
                          &operation);
}

Result<std::vector<std::string>> ShimClient::update(const Operation& operation,
                                                    const std::string& resources_json) {
    const UpdateMessage message{{operation.id, operation.deadline_ns}, resources_json};
    RT_TRY_ASSIGN(const std::string reply, state_->reply(FrameType::update, encode(message), &operation));
    return decode_texts(reply);
}

Result<std::string> ShimClient::stats(const Operation& operation) {
    RT_TRY_ASSIGN(const std::string reply, state_->reply(FrameType::stats, &operation));
    return decode_text(reply);
}

Result<std::vector<int>> ShimClient::processes(const Operation& operation) {
    RT_TRY_ASSIGN(const std::string reply, state_->reply(FrameType::processes, &operation));
    return decode_numbers(reply);
}

Result<ShimState> ShimClient::state() {
    RT_TRY_ASSIGN(const std::string reply, state_->reply(FrameType::state, nullptr));
    return decode_state(reply);
}

Result<ShimNamePorts> ShimClient::serve_names(const ShimNames& names) {
    RT_TRY_ASSIGN(const std::uint32_t request, state_->ask(FrameType::serve_names, encode(names)));
    RT_TRY_ASSIGN(const Received received, state_->answer(request));
    if (received.header.type != FrameType::reply)
        return fail(Code::corrupt, "the shim's protocol: an answer of the wrong type");
    RT_TRY_ASSIGN(const std::vector<int> ports, decode_numbers(received.payload));
    if (ports.size() != 2) return fail(Code::corrupt, "the shim's protocol: two ports were expected");
    return ShimNamePorts{static_cast<std::uint16_t>(ports[0]), static_cast<std::uint16_t>(ports[1])};
}

Result<UniqueFd> ShimClient::make_network_namespace(const Operation& operation) {
    RT_TRY_ASSIGN(state_->namespace_made.request,
                  state_->ask(FrameType::make_network_namespace,
                              encode(OperationMessage{operation.id, operation.deadline_ns})));
    return network_namespace(operation);
}

Result<void> ShimClient::rest(std::int64_t delay_ns) {
    return state_->simple(FrameType::rest, encode_time(delay_ns));
}

} // namespace rt
