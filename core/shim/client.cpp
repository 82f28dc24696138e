// SPDX-License-Identifier: Apache-2.0
#include "core/shim/client.hpp"

#include "core/base/child_process.hpp"
#include "core/base/clock.hpp"
#include "core/base/descriptor_limit.hpp"
#include "core/shim/client_state.hpp"
#include "core/shim/protocol.hpp"
#include "core/shim/run_files.hpp"
#include "core/shim/shim_cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace rt {
namespace {

using namespace shim;

constexpr int kShimDescriptor = 3;
constexpr int kLockDescriptor = 4;
constexpr int kProgramDescriptor = 5;
constexpr std::int64_t kMillisecond = 1'000'000;
// What the shim may take to answer after the deadline of the call: the driver looks at it between its steps.
constexpr std::int64_t kGrace = 2000 * kMillisecond;

struct Launched {
    std::mutex mutex;
    std::vector<pid_t> shims;
};
Launched& launched() {
    static Launched all;
    return all;
}

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
    const UniqueFd cgroup = shim_cgroup(launch.cgroup_parent);
    std::vector<ChildProcess::Descriptor> descriptors{{socket.get(), kShimDescriptor}};
    if (launch.lock >= 0) descriptors.push_back({launch.lock, kLockDescriptor});
    if (const UniqueFd mount = mount_read_only(launch.program.parent_path())) {
        auto with_mount = descriptors;
        with_mount.push_back({mount.get(), kProgramDescriptor});
        auto child = ChildProcess::start(
            arguments, environment, with_mount,
            cat("/proc/self/fd/", kProgramDescriptor, "/", launch.program.filename().native()), cgroup.get());
        if (child) return child;
    }
    return ChildProcess::start(arguments, environment, descriptors, {}, cgroup.get());
}

// The shim takes what it is sent at once, unless it was stopped.
bool becomes_writable(int socket) {
    constexpr int kPatience = 10'000; // ms
    pollfd polled{socket, POLLOUT, 0};
    int count = 0;
    do count = ::poll(&polled, 1, kPatience);
    while (count < 0 && errno == EINTR);
    return count > 0;
}

} // namespace

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
        if (sent < 0 && errno == EAGAIN && becomes_writable(fd.get())) continue; // whose fd() somebody polls
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

// What is there now, at least a byte of it (blocks, unless flags say otherwise). After the shim's end:
// `closed` is set.
Result<void> ShimClient::State::receive(int flags) {
    char buffer[64U << 10U]; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recvmsg
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec piece{buffer, sizeof buffer};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(fd.get(), &message, MSG_CMSG_CLOEXEC | flags);
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

// Until the shim has something (true), the operation is cancelled (told to the shim once), its time is over
// or it is time to ask again. A shim that somebody has stopped is told of: no driver's deadline ends that.
Result<bool> ShimClient::State::wait_readable(const Operation& operation, bool& cancelled) {
    constexpr std::int64_t kLookAgain = 1000; // ms
    std::array<pollfd, 2> polled{pollfd{fd.get(), POLLIN, 0},
                                 pollfd{cancelled ? -1 : operation.cancel_fd, POLLIN, 0}};
    std::int64_t timeout = kLookAgain;
    if (operation.deadline_ns != 0) {
        const std::int64_t left = operation.deadline_ns + kGrace - monotonic_ns();
        timeout = std::clamp<std::int64_t>(left / kMillisecond, 0, kLookAgain);
    }
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(timeout));
    if (ready < 0 && errno != EINTR) return fail_errno(errno, "wait for the container's shim");
    if (ready == 0) {
        if (const pid_t pid = stopped_peer(fd.get()); pid != 0)
            return fail(Code::deadline_exceeded, "the container's shim, process ", pid,
                        ", is stopped and answers nobody: let it go on with 'kill -CONT ", pid, "'");
        if (operation.deadline_ns != 0 && monotonic_ns() >= operation.deadline_ns + kGrace)
            return fail(Code::deadline_exceeded,
                        "the container's shim did not answer in time; its driver hangs");
    }
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
    static const Operation kNoLimit;
    for (bool cancelled = false;;) {
        RT_TRY(take());
        if (auto answer = take_answer(request)) {
            if (answer->header.type != FrameType::failed) return std::move(*answer);
            RT_TRY_ASSIGN(Error error, decode_error(answer->payload));
            return std::unexpected(std::move(error));
        }
        if (closed) return fail(Code::unavailable, "the container's shim has ended without an answer");
        RT_TRY_ASSIGN(const bool readable,
                      wait_readable(operation != nullptr ? *operation : kNoLimit, cancelled));
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

Result<std::string> ShimClient::State::reply(FrameType type, const Operation* operation) {
    if (operation == nullptr) return reply(type, {}, nullptr);
    return reply(type, encode(OperationMessage{operation->id, operation->deadline_ns}), operation);
}

Result<std::string> ShimClient::State::reply(FrameType type, std::string_view payload,
                                             const Operation* operation) {
    RT_TRY_ASSIGN(const std::uint32_t request, ask(type, payload));
    Pending pending{request, operation == nullptr ? Operation() : *operation};
    RT_TRY_ASSIGN(Received received, answer(pending, "reply"));
    if (received.header.type == FrameType::reply) return std::move(received.payload);
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
    restore_descriptor_limit(child->pid()); // before it is told to make anything
    {
        const std::lock_guard lock(launched().mutex);
        launched().shims.push_back(child->pid());
    }
    child->release();
    return ShimClient(std::move(state));
}

void ShimClient::reap_launched() {
    const std::lock_guard lock(launched().mutex);
    std::erase_if(launched().shims, [](pid_t shim) { return ::waitpid(shim, nullptr, WNOHANG) != 0; });
}

Result<ShimClient> ShimClient::connect(const Path& directory) {
    auto state = std::make_unique<State>();
    RT_TRY_ASSIGN(state->fd, connect_socket(directory));
    return ShimClient(std::move(state));
}

} // namespace rt
