// SPDX-License-Identifier: Apache-2.0
#include "execs.hpp"

#include <algorithm>

namespace rt::shim {
namespace {

constexpr std::size_t kMostRunning = 256;
constexpr std::size_t kRemembered = 64;

} // namespace

Result<ExecSession*> Execs::start(Isolation& driver, const std::string& container_id,
                                  const Operation& operation, const ExecMessage& message,
                                  std::uint64_t client) {
    const std::string& id = message.exec.id;
    const auto known = states();
    if (std::ranges::find(known, id, &ShimExecState::id) != known.end())
        return fail(Code::already_exists, "run exec '", id, "': there is one of this id");
    if (of(client) != nullptr)
        return fail(Code::failed_precondition, "run exec '", id, "': this connection has one that runs");
    if (sessions_.size() >= kMostRunning)
        return fail(Code::resource_exhausted, "run exec '", id, "': ", kMostRunning,
                    " run in this container already");
    ExecSession::Owner& owner = *this;
    // Among the others before it runs: its end may be seen at any time.
    sessions_.push_back(std::make_unique<ExecSession>(loop_, owner, message.exec));
    ExecSession& session = *sessions_.back();
    if (auto started = session.start(driver, operation, container_id); !started) {
        sessions_.pop_back();
        return std::unexpected(std::move(started).error());
    }
    session.client = client;
    session.attached = message.attach;
    return &session;
}

ExecSession* Execs::of(std::uint64_t client) {
    for (const auto& session : sessions_)
        if (session->client == client && !session->ended()) return session.get();
    return nullptr;
}

// It goes on, and nobody hears it.
void Execs::client_gone(std::uint64_t client) {
    ExecSession* const session = of(client);
    if (session == nullptr) return;
    session->client = 0;
    session->attached = false;
    session->stdio().close_stdin();
    session->stdio().resume();
}

bool Execs::on_child(pid_t pid, int status) {
    return std::ranges::any_of(sessions_,
                               [&](const auto& session) { return session->on_child(pid, status); });
}

void Execs::sweep() {
    std::erase_if(sessions_, [](const auto& session) { return session->ended(); });
}

std::vector<ShimExecState> Execs::states() const {
    std::vector<ShimExecState> all(finished_.begin(), finished_.end());
    for (const auto& session : sessions_)
        if (!session->ended()) all.push_back({session->id(), session->pid(), true, 0});
    return all;
}

void Execs::forget() {
    finished_.clear();
    finished_.shrink_to_fit();
}

void Execs::release_memory() {
    for (const auto& session : sessions_) session->release_memory();
}

void Execs::on_exec_output(ExecSession& session, Stream stream, std::string_view data) {
    if (session.attached) owner_.on_exec_output(session.client, stream, data);
}

void Execs::on_exec_stdin(ExecSession& session, std::size_t bytes) {
    if (session.client != 0)
        owner_.on_exec_stdin(session.client,
                             {static_cast<std::uint32_t>(bytes), session.stdio().stdin_open()});
}

void Execs::on_exec_ended(ExecSession& session) {
    finished_.push_back({session.id(), session.pid(), false, session.exit_record().exit_code});
    if (finished_.size() > kRemembered) finished_.pop_front();
    if (session.client != 0) owner_.on_exec_ended(session.client, session.exit_record());
    if (!session.attached) owner_.on_exec_ended_alone(session.id(), session.exit_record());
}

} // namespace rt::shim
