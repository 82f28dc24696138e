// SPDX-License-Identifier: Apache-2.0
// A container's health check with docker's meaning: a program that is run in it from time to time, and after
// so many failures in a row the container is unhealthy. Only while the container runs and is not paused. The
// file `health` in the run directory tells at any time what is known. One thread.
#pragma once

#include "core/base/file.hpp"
#include "exec_session.hpp"
#include "shim_log.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::shim {

class HealthCheck final : ExecSession::Owner {
public:
    class Owner {
    public:
        virtual void on_health_status(std::string_view status) = 0; // it has changed
        virtual void on_exec_process() = 0;                         // wait for children
        virtual bool container_is_ending() = 0;

    protected:
        ~Owner() = default;
    };

    HealthCheck(EventLoop& loop, OwnLog& log, Owner& owner);

    // The container runs from now on.
    void begin(const ShimHealth& what, Isolation& driver, const std::string& container_id,
               const Path& directory);
    void pause();  // a check that is under way is given up
    void resume(); // the next after an interval
    void end();    // the container has ended; what is known stays. A check that was under way says nothing
    void forget(); // and that goes as well

    bool on_child(pid_t pid, int status);
    void sweep();                                                   // after a batch of events
    [[nodiscard]] const std::string& json() const { return json_; } // as in the file; empty: no check

private:
    enum class Status { starting, healthy, unhealthy };
    struct Finding {
        std::int64_t start = 0, end = 0; // ns
        int exit_code = 0;               // -1: it did not come to an end of its own
        std::string output;
    };

    void on_exec_output(ExecSession& session, Stream stream, std::string_view data) override;
    void on_exec_stdin(ExecSession& /*session*/, std::size_t /*bytes*/) override {} // it has none
    void on_exec_process() override { owner_.on_exec_process(); }
    void on_exec_ended(ExecSession& session) override;

    static std::string_view name_of(Status status);
    [[nodiscard]] bool in_start_period() const;
    void wait();
    void probe();
    void time_is_over();
    void give_up();
    void conclude(int exit_code, std::string output);
    void record();

    EventLoop& loop_;
    OwnLog& log_;
    Owner& owner_;
    std::optional<ShimHealth> what_; // while the container runs
    Isolation* driver_ = nullptr;
    std::string container_id_;
    Path directory_;
    Timer next_, limit_;
    std::unique_ptr<ExecSession> session_;           // the check that is under way
    std::vector<std::unique_ptr<ExecSession>> over_; // until sweep()
    std::int64_t began_ = 0;                         // the container; monotonic
    std::uint64_t count_ = 0;
    Finding finding_; // of the check that is under way
    bool cut_ = false;
    Status status_ = Status::starting;
    int failing_streak_ = 0;
    std::deque<Finding> findings_;
    std::string json_;
};

} // namespace rt::shim
