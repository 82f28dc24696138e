// SPDX-License-Identifier: Apache-2.0
// The shim's life: from the launch to the last word.
#include "shim.hpp"

#include "core/base/clock.hpp"
#include "core/plugin/loader.hpp"
#include "core/shim/run_files.hpp"
#include "core/state/event_spool.hpp"
#include "json_lines.hpp"

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

namespace rt::shim {
namespace {

// Output that an attached client has not read: above the first the container is slowed down, below the second
// it goes on.
constexpr std::size_t kSlow = 1U << 20U;
constexpr std::size_t kGoOn = 256U << 10U;
constexpr std::size_t kMostConnections = 256;
constexpr std::int64_t kLastWords = 5'000'000'000; // ns

Shim* the_shim = nullptr; // for the driver's log, which has no context

void plugin_log(int level, const std::string& instance, const std::string& text) {
    if (the_shim != nullptr) the_shim->keep_warning(level, cat(instance, ": ", text));
}

bool is_allowed(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

} // namespace

Shim::Shim()
    : listener_(loop_, SOCK_CLOEXEC, [this](UniqueFd client) { on_client(std::move(client)); }),
      children_(loop_, *this), container_(loop_, log_, *this), reaper_(loop_, log_),
      resting_until_(loop_, [] {}), // the loop looks at what is to be done after each timer
      going_on_(loop_, [this] { go_on_alone(); }), last_words_(loop_, [this] { loop_.stop(); }),
      execs_(loop_, *this), health_(loop_, log_, *this), names_(loop_) {
    the_shim = this;
}

Result<void> Shim::run(UniqueFd launcher, UniqueFd lock) {
    lock_ = std::move(lock);
    RT_TRY(loop_.open());
    RT_TRY(adopt(std::move(launcher)));
    lease_ = last_connection_;
    loop_.run([this] { sweep(); },
              [this] {
                  container_.release_memory();
                  execs_.release_memory();
                  ::malloc_trim(0);
              });
    if (!launched_ && lock_) take_lock_away();
    return {};
}

// Who launched us is gone before saying for what. The file's name is not known to us, and nobody else would
// look for it before the next command.
void Shim::take_lock_away() {
    std::array<char, PATH_MAX> name{};
    const std::string place = cat("/proc/self/fd/", lock_.get());
    const ssize_t size = ::readlink(place.c_str(), name.data(), name.size() - 1);
    if (size > 0) ::unlink(name.data()); // whoever waits for it sees that it is another then
}

void Shim::launch(Connection& connection, const Frame& frame) {
    auto message = decode_launch(frame.payload);
    if (!message || launched_ || connection.id() != 1) return connection.hang_up();
    launched_ = true;
    id_ = message->container_id;
    directory_ = message->directory;
    log_.open(directory_);
    container_.open(id_, directory_);
    auto prepared = prepare(*message);
    lock_.reset(); // whoever looks sees us now
    if (!prepared) {
        superfluous_ = prepared.error().code == Code::already_exists || !reaper_.has_command();
        log_.line(prepared.error().message);
        container_.use_driver(std::unexpected(std::move(prepared).error()));
    } else {
        set_plugin_log(plugin_log);
        container_.use_driver(make_isolation(message->isolation));
    }
    // Not cancelled by what the client sends: it goes on with other things meanwhile.
    if (message->make_network_namespace) make_network_namespace(connection, frame, {.id = "launch"});
}

// Our own descriptor is closed again: the namespace is to die with the container's processes.
void Shim::make_network_namespace(Connection& connection, const Frame& frame, const Operation& operation) {
    auto netns = container_.make_network_namespace(operation);
    if (!netns) return answer(connection, frame, std::unexpected(std::move(netns).error()));
    connection.send(FrameType::network_namespace, frame.header.request, {}, netns->get());
}

Result<void> Shim::prepare(const LaunchMessage& message) {
    if (!directory_.is_absolute() || message.reaper_command.empty() ||
        !message.reaper_command.front().starts_with('/'))
        return fail(Code::invalid_argument, "start the shim of '", id_,
                    "': its directory and the reaper command must be absolute paths");
    reaper_.set_command([&] {
        auto command = message.reaper_command;
        command.push_back(id_);
        return command;
    }());
    RT_TRY(children_.open());
    // First the socket: it is what tells another shim of the same directory, and the pid file is that one's.
    RT_TRY_ASSIGN(UniqueFd socket, listen_socket(directory_));
    RT_TRY(write_pid_file(directory_));
    return listener_.open(std::move(socket));
}

void Shim::keep_warning(int level, const std::string& text) {
    if (collecting_ && level == RTP_LOG_WARNING) return warnings_.push_back(text);
    if (level > RTP_LOG_DEBUG) log_.line(text);
}

void Shim::on_client(UniqueFd fd) {
    if (!is_allowed(fd.get()) || connections_.size() >= kMostConnections) return;
    (void)adopt(std::move(fd)); // what cannot be served is hung up on
}

Result<void> Shim::adopt(UniqueFd fd) {
    Connection::Owner& owner = *this;
    auto connection = std::make_unique<Connection>(loop_, owner, std::move(fd), ++last_connection_);
    RT_TRY(connection->open());
    connections_.push_back(std::move(connection));
    return {};
}

void Shim::on_closed(Connection& connection) {
    if (connection.id() == lease_) lease_ = 0;
    if (connection.id() == stopper_) go_on_alone();
    execs_.client_gone(connection.id());
    if (connection.with_stdin && !connection.of_exec && container_.stdin_once())
        container_.stdio().close_stdin();
}

void Shim::on_drained(Connection& connection) {
    if (connection.of_exec)
        balance_exec(connection);
    else
        balance();
}

// After each batch of events: what became of it.
void Shim::sweep() {
    execs_.sweep();
    health_.sweep();
    names_.sweep();
    const auto gone = std::erase_if(connections_, [](const auto& connection) { return connection->dead(); });
    if (gone > 0) balance();
    if (!launched_ && connections_.empty()) loop_.stop(); // the launcher died; nobody knows of us
    if (launched_ && !finishing_) see_to_reaping();
    if (finishing_ && execs_.idle() &&
        std::ranges::all_of(connections_, [](const auto& c) { return c->queued() == 0; }))
        loop_.stop();
}

void Shim::on_container_output(Stream stream, std::string_view data) {
    for (const auto& connection : connections_)
        if (connection->attached) connection->send_output(stream, data);
    balance();
}

// The slowest attached client sets the container's pace.
void Shim::balance() {
    std::size_t most = 0;
    for (const auto& connection : connections_)
        if (connection->attached && !connection->dead()) most = std::max(most, connection->queued());
    if (most > kSlow)
        container_.stdio().pause();
    else if (most <= kGoOn)
        container_.stdio().resume();
}

void Shim::on_container_stdin(std::uint64_t source, std::size_t bytes) {
    Connection* const connection = find(source);
    if (connection == nullptr) return;
    connection->stdin_pending -= bytes;
    connection->send(FrameType::stdin_taken, 0,
                     encode(StdinTaken{static_cast<std::uint32_t>(bytes), container_.stdio().stdin_open()}));
}

Connection* Shim::find(std::uint64_t id) {
    const auto found = std::ranges::find(connections_, id, [](const auto& c) { return c->id(); });
    return found == connections_.end() || (*found)->dead() ? nullptr : found->get();
}

void Shim::on_exec_output(std::uint64_t client, Stream stream, std::string_view data) {
    Connection* const connection = find(client);
    if (connection == nullptr) return;
    connection->send_output(stream, data);
    balance_exec(*connection);
}

// An exec has one reader at most, which sets its pace.
void Shim::balance_exec(Connection& connection) {
    ExecSession* const session = execs_.of(connection.id());
    if (session == nullptr) return;
    if (connection.queued() > kSlow)
        session->stdio().pause();
    else if (connection.queued() <= kGoOn)
        session->stdio().resume();
}

void Shim::on_exec_stdin(std::uint64_t client, StdinTaken taken) {
    Connection* const connection = find(client);
    if (connection == nullptr) return;
    connection->stdin_pending -= taken.bytes;
    connection->send(FrameType::stdin_taken, 0, encode(taken));
}

void Shim::on_exec_ended(std::uint64_t client, const ExitRecord& exit) {
    if (Connection* const connection = find(client)) connection->send(FrameType::exited, 0, encode(exit));
}

void Shim::on_exec_ended_alone(const std::string& id, const ExitRecord& exit) {
    tell("exec_die", cat("\"execID\":", json_text(id), ",\"exitCode\":\"", exit.exit_code, "\""));
}

// By the command only what cannot be added without the database.
void Shim::tell(std::string_view action, std::string_view details) {
    if (auto spooled = spool(action, details); spooled && *spooled) return;
    reaper_.tell(cat("{\"action\":", json_text(action),
                     details.empty() ? std::string() : cat(",\"attributes\":{", details, "}"), "}"));
}

Result<bool> Shim::spool(std::string_view action, std::string_view details) const {
    RT_TRY_ASSIGN(const std::string known, read_file(directory_ / kEventName));
    const std::size_t line = known.find('\n');
    if (line == std::string::npos || !known.ends_with('}')) return false;
    const std::string_view attributes = std::string_view(known).substr(line + 1, known.size() - line - 2);
    return spool_event(known.substr(0, line),
                       cat("{\"time\":", now_ns(), ",\"type\":\"container\",\"action\":", json_text(action),
                           ",\"actor_id\":", json_text(id_), ",\"attributes\":", attributes,
                           details.empty() ? "" : ",", details, "}}"));
}

void Shim::on_child(pid_t pid, int status) {
    if (execs_.on_child(pid, status) || health_.on_child(pid, status)) return;
    if (!reaper_.on_child(pid, status)) return container_.on_child(pid, status);
    // Of a container that never was nothing can be left but what that run has seen.
    if (reaper_.last_run_succeeded() && lease_ == 0 && container_.phase() == Container::Phase::none &&
        !resting_)
        finish();
}

void Shim::on_health_status(std::string_view status) {
    tell(cat("health_status: ", status), "");
}

void Shim::on_container_ended() {
    health_.end();
    names_.close(); // its sockets would keep the network namespace alive
    for (const auto& connection : connections_)
        if (connection->attached || connection->watching) tell_exit(*connection);
}

void Shim::tell_exit(Connection& connection) {
    if (connection.attached) { // the next run is another
        connection.had_stdin = connection.with_stdin;
        connection.attached = connection.with_stdin = false;
    }
    connection.send(FrameType::exited, 0, encode(container_.exit_record()));
}

void Shim::see_to_reaping() {
    if (superfluous_ && lease_ == 0) return finish();
    const auto phase = container_.phase();
    const bool lives = phase == Container::Phase::running || phase == Container::Phase::ending;
    if (lease_ != 0 || lives || resting_until_.armed()) return reaper_.rest();
    // The run directory goes last: who removed it has cleaned up, and could not tell us.
    if (::access(directory_.c_str(), F_OK) != 0 && errno == ENOENT) return finish();
    reaper_.need();
}

void Shim::finish() {
    finishing_ = true;
    reaper_.rest();
    if (listener_.is_open()) {
        listener_.close();
        ::unlink((directory_ / kSocketName).c_str()); // the directory may be gone already
        ::unlink((directory_ / kPidName).c_str());
    }
    last_words_.arm(kLastWords);
}

} // namespace rt::shim
