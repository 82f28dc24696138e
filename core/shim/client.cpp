// SPDX-License-Identifier: Apache-2.0
#include "core/shim/client.hpp"

#include "core/base/child_process.hpp"
#include "core/base/clock.hpp"
#include "core/shim/protocol.hpp"
#include "core/shim/run_files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <deque>

namespace rt {
namespace {

using namespace shim;

constexpr int kShimDescriptor = 3;
constexpr int kProgramDescriptor = 4;
constexpr std::int64_t kMillisecond = 1'000'000;
// What the shim may take to answer after the deadline of the call: the driver looks at it between its steps.
constexpr std::int64_t kGrace = 2000 * kMillisecond;

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

// The program's directory as a mount of its own that nobody can write through; empty where that cannot be
// had.
UniqueFd mount_read_only(const Path& directory) {
    UniqueFd mount(::open_tree(AT_FDCWD, directory.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (!mount || ::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
        return {};
    return mount;
}

// A container that gets hold of /proc/PID/exe of the shim, or of its copy before exec, must not be able to
// change the file (CVE-2019-5736). Drivers take care of that by themselves where the mount is missing, which
// costs each start more. The mount lives as long as the shim, which keeps its descriptor.
Result<ChildProcess> start_program(const ShimLaunch& launch, const UniqueFd& socket) {
    const std::vector<std::string> arguments{launch.program.native(), launch.container_id};
    const std::vector<std::string> environment{
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    if (const UniqueFd mount = mount_read_only(launch.program.parent_path())) {
        auto child = ChildProcess::start(
            arguments, environment, {{socket.get(), kShimDescriptor}, {mount.get(), kProgramDescriptor}},
            cat("/proc/self/fd/", kProgramDescriptor, "/", launch.program.filename().native()));
        if (child) return child;
    }
    return ChildProcess::start(arguments, environment, {{socket.get(), kShimDescriptor}});
}

} // namespace

struct ShimClient::State {
    UniqueFd fd;
    FrameReader reader;
    UniqueFd passed; // the descriptor that came last; the frame it belongs to is the next that carries one
    std::deque<ShimEvent> events;
    std::vector<Received> answers;
    std::vector<std::uint32_t> awaited; // requests whose answer somebody will ask for
    std::uint32_t last_request = 0;
    Pending namespace_made, create, destroy, reaped;
    std::size_t window = kStdinWindow;
    bool stdin_open = true;
    bool closed = false;

    Result<void> send(FrameType type, std::uint32_t request, std::string_view payload);
    Result<void> receive();
    Result<void> take(); // events and answers go to their queues
    Result<std::uint32_t> ask(FrameType type, std::string_view payload);
    Result<Received> answer(std::uint32_t request, const Operation* operation = nullptr);
    Result<Received> answer(Pending& pending, std::string_view what);
    std::optional<Received> take_answer(std::uint32_t request);
    void forget(std::uint32_t request);
    Result<bool> wait_readable(const Operation* operation, bool& cancelled);
    Result<void> simple(FrameType type, std::string_view payload = {}, const Operation* operation = nullptr);
    Result<void> simple_answer(Pending& pending, std::string_view what);
};

// All of a frame; blocks while the shim does not read, which it always does.
Result<void> ShimClient::State::send(FrameType type, std::uint32_t request, std::string_view payload) {
    char header[kHeaderSize];
    write_header(header, {static_cast<std::uint32_t>(payload.size()), type, request});
    std::array<iovec, 2> pieces{iovec{header, sizeof header}, iovec{const_cast<char*>(payload.data()),
                                                                    payload.size()}}; // NOLINT: iovec's type
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    while (pieces[0].iov_len + pieces[1].iov_len > 0) {
        const ssize_t sent = ::sendmsg(fd.get(), &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return fail_errno(errno, "talk to the container's shim");
        auto left = static_cast<std::size_t>(sent);
        for (iovec& piece : pieces) {
            const std::size_t part = std::min(left, piece.iov_len);
            piece.iov_base = static_cast<char*>(piece.iov_base) + part;
            piece.iov_len -= part;
            left -= part;
        }
    }
    return {};
}

// What is there now, at least a byte of it (blocks). After the shim's end: `closed` is set.
Result<void> ShimClient::State::receive() {
    char buffer[64U << 10U]; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recvmsg
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec piece{buffer, sizeof buffer};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(fd.get(), &message, MSG_CMSG_CLOEXEC);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    if (count < 0 && errno != ECONNRESET) return fail_errno(errno, "hear from the container's shim");
    for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        int received = -1;
        std::memcpy(&received, CMSG_DATA(item), sizeof received);
        passed.reset(received);
    }
    if (count <= 0)
        closed = true;
    else
        reader.feed({buffer, static_cast<std::size_t>(count)});
    return {};
}

Result<void> ShimClient::State::take() {
    for (;;) {
        RT_TRY_ASSIGN(const std::optional<Frame> next, reader.next());
        if (!next) {
            reader.release_if_empty();
            return {};
        }
        const std::string_view payload = next->payload;
        ShimEvent event;
        switch (next->header.type) {
        case FrameType::output:
            if (payload.empty()) return fail(Code::corrupt, "the shim's protocol: a malformed 'output'");
            event.kind = ShimEvent::Kind::output;
            event.stream = payload.front() == static_cast<char>(Stream::error) ? Stream::error : Stream::out;
            event.data = payload.substr(1);
            break;
        case FrameType::exited: {
            event.kind = ShimEvent::Kind::exit;
            RT_TRY_ASSIGN(event.exit, decode_exit(payload));
            break;
        }
        case FrameType::stdin_taken: {
            RT_TRY_ASSIGN(const StdinTaken taken, decode_stdin_taken(payload));
            window = std::min(kStdinWindow, window + taken.bytes);
            if (!taken.open) stdin_open = false;
            event.kind = ShimEvent::Kind::progress;
            if (!events.empty() && events.back().kind == event.kind) continue;
            break;
        }
        default: {
            Received received{next->header, std::string(payload), {}};
            const bool carries = received.header.type == FrameType::created ||
                                 received.header.type == FrameType::network_namespace;
            if (carries) received.passed = std::move(passed);
            // An answer to a call that was given up is passed over.
            if (std::ranges::find(awaited, received.header.request) != awaited.end())
                answers.push_back(std::move(received));
            continue;
        }
        }
        events.push_back(std::move(event));
    }
}

// Until the shim has something (true), the operation is cancelled (told to the shim once) or its time is
// over.
Result<bool> ShimClient::State::wait_readable(const Operation* operation, bool& cancelled) {
    if (operation == nullptr || (operation->cancel_fd < 0 && operation->deadline_ns == 0)) return true;
    std::array<pollfd, 2> polled{pollfd{fd.get(), POLLIN, 0},
                                 pollfd{cancelled ? -1 : operation->cancel_fd, POLLIN, 0}};
    int timeout = -1;
    if (operation->deadline_ns != 0) {
        const std::int64_t left = operation->deadline_ns + kGrace - monotonic_ns();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left / kMillisecond, 0, 3'600'000));
    }
    const int ready = ::poll(polled.data(), polled.size(), timeout);
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "wait for the container's shim");
    if (ready == 0 && operation->deadline_ns != 0 && monotonic_ns() >= operation->deadline_ns + kGrace)
        return fail(Code::deadline_exceeded, "the container's shim did not answer in time; its driver hangs");
    if (polled[1].revents != 0 && !cancelled) {
        cancelled = true;
        RT_TRY(send(FrameType::cancel, 0, {}));
    }
    return ready > 0 && polled[0].revents != 0;
}

// A shim that has ended may have left an answer, so that it cannot be talked to shows when that is missing.
Result<std::uint32_t> ShimClient::State::ask(FrameType type, std::string_view payload) {
    const std::uint32_t request = ++last_request;
    if (auto sent = send(type, request, payload); !sent && sent.error().code != Code::unavailable)
        return std::unexpected(std::move(sent).error());
    awaited.push_back(request);
    return request;
}

void ShimClient::State::forget(std::uint32_t request) {
    std::erase(awaited, request);
    std::erase_if(answers, [&](const Received& one) { return one.header.request == request; });
}

std::optional<Received> ShimClient::State::take_answer(std::uint32_t request) {
    const auto found =
        std::ranges::find(answers, request, [](const Received& one) { return one.header.request; });
    if (found == answers.end()) return std::nullopt;
    Received answer = std::move(*found);
    answers.erase(found);
    return answer;
}

Result<Received> ShimClient::State::answer(std::uint32_t request, const Operation* operation) {
    struct Forget {
        State& state;
        std::uint32_t request;
        ~Forget() { state.forget(request); }
    } const forget_it{*this, request};
    for (bool cancelled = false;;) {
        RT_TRY(take());
        if (auto answer = take_answer(request)) {
            if (answer->header.type != FrameType::failed) return std::move(*answer);
            RT_TRY_ASSIGN(Error error, decode_error(answer->payload));
            return std::unexpected(std::move(error));
        }
        if (closed) return fail(Code::unavailable, "the container's shim has ended without an answer");
        RT_TRY_ASSIGN(const bool readable, wait_readable(operation, cancelled));
        if (readable) RT_TRY(receive());
    }
}

Result<Received> ShimClient::State::answer(Pending& pending, std::string_view what) {
    const Pending call = std::exchange(pending, {});
    if (call.request == 0)
        return fail(Code::failed_precondition, "hear from the container's shim: '", what,
                    "' was not asked for");
    return answer(call.request, &call.operation);
}

Result<void> ShimClient::State::simple(FrameType type, std::string_view payload, const Operation* operation) {
    RT_TRY_ASSIGN(const std::uint32_t request, ask(type, payload));
    Pending pending{request, operation == nullptr ? Operation() : *operation};
    return simple_answer(pending, "ok");
}

Result<void> ShimClient::State::simple_answer(Pending& pending, std::string_view what) {
    RT_TRY_ASSIGN(const Received received, answer(pending, what));
    if (received.header.type == FrameType::ok) return {};
    return fail(Code::corrupt, "the shim's protocol: an answer of the wrong type");
}

ShimClient::ShimClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ShimClient::ShimClient(ShimClient&&) noexcept = default;
ShimClient& ShimClient::operator=(ShimClient&&) noexcept = default;
ShimClient::~ShimClient() = default;

Result<ShimClient> ShimClient::launch(const ShimLaunch& launch) {
    const std::string message = encode(LaunchMessage{launch.container_id, launch.directory, launch.isolation,
                                                     launch.reaper_command, launch.make_network_namespace});
    if (message.size() > kLaunchLimit)
        return fail(Code::invalid_argument, "start the shim of '", launch.container_id,
                    "': the driver's config is too long (at most ", kLaunchLimit, " bytes with all names)");
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_errno(errno, "make a socket pair for the shim of '", launch.container_id, "'");
    auto state = std::make_unique<State>();
    state->fd.reset(pair[0]);
    const UniqueFd theirs(pair[1]);
    // Before the shim runs: it knows what to clean up even when we die at the next line.
    if (launch.make_network_namespace) {
        RT_TRY_ASSIGN(state->namespace_made.request, state->ask(FrameType::launch, message));
    } else {
        RT_TRY(state->send(FrameType::launch, 0, message));
    }
    auto child = start_program(launch, theirs);
    if (!child) return in_context(std::move(child).error(), "start the shim of '", launch.container_id, "'");
    child->release();
    return ShimClient(std::move(state));
}

Result<ShimClient> ShimClient::connect(const Path& directory) {
    auto state = std::make_unique<State>();
    RT_TRY_ASSIGN(state->fd, connect_socket(directory));
    return ShimClient(std::move(state));
}

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

Result<ShimEvent> ShimClient::next() {
    for (;;) {
        RT_TRY(state_->take());
        if (!state_->events.empty()) {
            ShimEvent event = std::move(state_->events.front());
            state_->events.pop_front();
            return event;
        }
        if (state_->closed) return ShimEvent{};
        RT_TRY(state_->receive());
    }
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

} // namespace rt
