// SPDX-License-Identifier: Apache-2.0
// The one container of a shim: drives the isolation driver, owns stdio and log, and knows how it ended.
//
//   none -> created -> running -> ending (its first process is dead, output still comes) -> ended
//
// A container that is destroyed before start() goes from created to ended and leaves no exit record. One
// thread.
#pragma once

#include "core/interfaces/isolation.hpp"
#include "core/shim/protocol.hpp"
#include "log_writer.hpp"
#include "shim_log.hpp"
#include "stdio_relay.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::shim {

class Container final : StdioRelay::Sink, EventLoop::Handler {
public:
    enum class Phase { none, created, running, ending, ended };

    class Owner {
    public:
        virtual void on_container_output(Stream stream, std::string_view data) = 0;
        virtual void on_container_stdin(std::uint64_t source, std::size_t bytes) = 0;
        virtual void on_first_process() = 0; // it has changed: wait for children
        virtual void on_container_ended() = 0;

    protected:
        ~Owner() = default;
    };

    Container(EventLoop& loop, OwnLog& log, Owner& owner);

    void open(const std::string& id, const Path& directory) {
        id_ = id;
        directory_ = directory;
    }
    void use_driver(Result<std::shared_ptr<Isolation>> driver) { driver_ = std::move(driver); }

    // For the create() to come. One that an earlier call made and no create() took goes first.
    Result<UniqueFd> make_network_namespace(const Operation& operation);
    Result<Process> create(const Operation& operation, ShimContainer what); // pidfd and console stay here
    Result<void> start(const Operation& operation);
    Result<void> signal(const Operation& operation, int number, SignalScope scope);
    // Nothing is left of it afterwards, and its first process has been waited for.
    Result<void> destroy(const Operation& operation);

    // Of an ended one: it may be created again. Not while it runs.
    Result<void> reset();

    // Of the running one. While it is paused the file `paused` says so in the run directory.
    Result<void> pause(const Operation& operation);
    Result<void> resume(const Operation& operation);
    Result<std::string> stats(const Operation& operation);
    Result<void> update(const Operation& operation, const std::string& resources_json);
    Result<std::vector<int>> processes(const Operation& operation);
    // failed_precondition: it does not run, or is paused. For a further process.
    Result<Isolation*> awake_driver(std::string_view what);

    // That of its first process; failed_precondition: there is none (yet, or any more).
    Result<UniqueFd> network_namespace() const;

    void on_child(pid_t pid, int status);
    void abandon_output(); // of a container that is ending

    [[nodiscard]] Phase phase() const { return phase_; }
    [[nodiscard]] bool stdin_once() const { return what_.stdin_once; }
    [[nodiscard]] bool is_paused() const { return paused_; }
    [[nodiscard]] const std::optional<ShimHealth>& health() const { return what_.health; }
    // Its first process is dead, exits (what else runs in its process namespace dies before it), or was
    // killed.
    [[nodiscard]] bool is_ending() const;
    [[nodiscard]] pid_t pid() const { return phase_ == Phase::none ? 0 : pid_; }
    [[nodiscard]] const ExitRecord& exit_record() const { return exit_; }
    StdioRelay& stdio() { return stdio_; }
    void release_memory();

private:
    void on_output(Stream stream, std::string_view data) override;
    void on_stdin_taken(std::uint64_t source, std::size_t bytes) override;
    void on_output_over() override;
    void on_events(std::uint32_t events) override; // of the first process's pidfd

    Result<Process> create_driven(const Operation& operation);
    void clear();
    void note_lost_lines();
    Result<Isolation*> running_driver(std::string_view what);
    void not_paused();
    [[nodiscard]] bool was_killed_for_memory();
    void end();

    EventLoop& loop_;
    OwnLog& log_;
    Owner& owner_;
    std::string id_;
    Path directory_;
    Result<std::shared_ptr<Isolation>> driver_;
    ShimContainer what_;
    StdioRelay stdio_;
    LogWriter log_file_;
    Timer output_deadline_;
    Phase phase_ = Phase::none;
    bool started_ = false;
    bool loss_told_ = false;
    std::uint64_t lost_noted_ = 0; // lines of the log, in the run directory
    bool paused_ = false;
    bool killed_ = false;     // SIGKILL was sent
    bool made_ahead_ = false; // a network namespace that no create() has taken
    pid_t pid_ = 0;
    UniqueFd pidfd_;
    ExitRecord exit_;
};

} // namespace rt::shim
