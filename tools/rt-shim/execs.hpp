// SPDX-License-Identifier: Apache-2.0
// The further processes of a container that clients have asked for: those that run, and how the last ones
// ended. Each belongs to the connection that asked for it, until that goes. One thread.
#pragma once

#include "core/shim/protocol.hpp"
#include "exec_session.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace rt::shim {

class Execs final : ExecSession::Owner {
public:
    class Owner {
    public:
        // client: the id of the connection, which is there.
        virtual void on_exec_output(std::uint64_t client, Stream stream, std::string_view data) = 0;
        virtual void on_exec_stdin(std::uint64_t client, StdinTaken taken) = 0;
        virtual void on_exec_ended(std::uint64_t client, const ExitRecord& exit) = 0;
        // Nobody waits for it: its client has gone, or never wanted its output.
        virtual void on_exec_ended_alone(const std::string& id, const ExitRecord& exit) = 0;
        virtual void on_exec_process() = 0; // wait for children

    protected:
        ~Owner() = default;
    };

    Execs(EventLoop& loop, Owner& owner) : loop_(loop), owner_(owner) {}

    // Runs it for this connection; begin() lets its output come.
    Result<ExecSession*> start(Isolation& driver, const std::string& container_id, const Operation& operation,
                               const ExecMessage& message, std::uint64_t client);
    // The one of this connection that runs; null: there is none.
    ExecSession* of(std::uint64_t client);
    void client_gone(std::uint64_t client);
    bool on_child(pid_t pid, int status);

    void sweep(); // after a batch of events: those that have ended go
    [[nodiscard]] bool idle() const { return sessions_.empty(); }
    [[nodiscard]] std::vector<ShimExecState> states() const;
    void forget(); // those that have ended
    void release_memory();

private:
    void on_exec_output(ExecSession& session, Stream stream, std::string_view data) override;
    void on_exec_stdin(ExecSession& session, std::size_t bytes) override;
    void on_exec_process() override { owner_.on_exec_process(); }
    void on_exec_ended(ExecSession& session) override;

    EventLoop& loop_;
    Owner& owner_;
    std::vector<std::unique_ptr<ExecSession>> sessions_;
    std::deque<ShimExecState> finished_; // the last of them behind
};

} // namespace rt::shim
