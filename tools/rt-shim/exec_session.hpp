// SPDX-License-Identifier: Apache-2.0
// A further process in the container, with pipes or a pty of its own. It has ended when its process has and
// its output was read to the end (or two seconds later, when others still have it open). One thread.
#pragma once

#include "core/interfaces/isolation.hpp"
#include "stdio_relay.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace rt::shim {

class ExecSession final : StdioRelay::Sink, EventLoop::Handler {
public:
    class Owner {
    public:
        virtual void on_exec_output(ExecSession& session, Stream stream, std::string_view data) = 0;
        virtual void on_exec_stdin(ExecSession& session, std::size_t bytes) = 0;
        virtual void on_exec_process() = 0; // it has changed: wait for children
        virtual void on_exec_ended(ExecSession& session) = 0;

    protected:
        ~Owner() = default;
    };

    ExecSession(EventLoop& loop, Owner& owner, ShimExec what);
    ExecSession(const ExecSession&) = delete;
    ExecSession& operator=(const ExecSession&) = delete;
    ~ExecSession(); // its process, if it still runs, goes on

    // Runs it; its output stays in its pipes until begin().
    Result<void> start(Isolation& driver, const Operation& operation, const std::string& container_id);
    void begin();
    // A child of ours has ended. True: it was this one's process.
    bool on_child(pid_t pid, int status);
    Result<void> signal(int number); // to its process

    [[nodiscard]] const std::string& id() const { return what_.id; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] const ExitRecord& exit_record() const { return exit_; }
    StdioRelay& stdio() { return stdio_; }
    void release_memory() { stdio_.release_memory(); }

    std::uint64_t client = 0; // the connection that it is the process of; 0: none any more
    bool attached = false;    // that one gets its output

private:
    void on_output(Stream stream, std::string_view data) override;
    void on_stdin_taken(std::uint64_t source, std::size_t bytes) override;
    void on_output_over() override;
    void on_events(std::uint32_t events) override; // of the pidfd
    Result<void> take_over(Process process);
    void drain();
    void end();

    EventLoop& loop_;
    Owner& owner_;
    ShimExec what_;
    StdioRelay stdio_;
    Timer output_deadline_;
    UniqueFd pidfd_;
    pid_t pid_ = 0;
    bool dead_ = false; // its process; output may still come
    bool ended_ = false;
    ExitRecord exit_;
};

} // namespace rt::shim
