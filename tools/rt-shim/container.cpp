// SPDX-License-Identifier: Apache-2.0
#include "container.hpp"

#include "core/base/clock.hpp"
#include "core/shim/run_files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace rt::shim {
namespace {

constexpr int kDeathAfterDestroy = 5000; // ms

// Other children may end meanwhile, and their signals interrupt the wait.
bool ends_within(int pidfd, int milliseconds) {
    const std::int64_t deadline = monotonic_ns() + milliseconds * 1'000'000LL;
    for (;;) {
        pollfd polled{pidfd, POLLIN, 0};
        const std::int64_t left = std::max<std::int64_t>(deadline - monotonic_ns(), 0);
        const int count = ::poll(&polled, 1, static_cast<int>((left + 999'999) / 1'000'000));
        if (count > 0) return true;
        if (count == 0 || errno != EINTR) return false;
    }
}

// "PID (name) state ppid pgrp session tty tpgid flags ...": proc(5). The name may hold anything.
bool is_exiting_thread(const Path& stat) {
    constexpr unsigned kExiting = 0x4; // PF_EXITING
    constexpr int kBeforeFlags = 6;
    const auto text = read_file(stat);
    if (!text) return true; // gone
    std::string_view rest = *text;
    rest.remove_prefix(std::min(rest.size(), rest.rfind(')') + 2));
    for (int field = 0; field < kBeforeFlags; ++field)
        rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
    unsigned flags = 0;
    return std::from_chars(rest.data(), rest.data() + rest.size(), flags).ec == std::errc() &&
           (flags & kExiting) != 0;
}

// With all of its threads. The last one of a process namespace's first process waits for all others in there
// to be gone: their ends are seen before its own.
bool is_exiting(pid_t pid) {
    std::error_code problem;
    for (const auto& thread : std::filesystem::directory_iterator(cat("/proc/", pid, "/task"), problem))
        if (!is_exiting_thread(thread.path() / "stat")) return false;
    return true;
}

} // namespace

Container::Container(EventLoop& loop, OwnLog& log, Owner& owner)
    : loop_(loop), log_(log), owner_(owner), driver_(fail(Code::failed_precondition, "no driver is loaded")),
      stdio_(loop, *this), output_deadline_(loop, [this] {
          log_.line("output: its descriptors are still open elsewhere; what comes now is lost");
          abandon_output();
      }) {}

Result<UniqueFd> Container::make_network_namespace(const Operation& operation) {
    if (!driver_) return std::unexpected(driver_.error());
    if (phase_ != Phase::none)
        return fail(Code::failed_precondition, "make the network namespace of container '", id_,
                    "': it was created with one");
    if (made_ahead_) RT_TRY((*driver_)->destroy(operation, id_, what_.config_json));
    made_ahead_ = false;
    auto netns = (*driver_)->make_network_namespace(operation);
    made_ahead_ = netns.has_value();
    return netns;
}

Result<Process> Container::create(const Operation& operation, ShimContainer what) {
    if (!driver_) return std::unexpected(driver_.error());
    if (phase_ != Phase::none)
        return fail(Code::already_exists, "create container '", id_, "': this shim has one");
    what_ = std::move(what);
    ::unlink((directory_ / kLogLossName).c_str());
    ::unlink((directory_ / kExitName).c_str()); // of an earlier run in this shim, which was recorded
    auto process = create_driven(operation);
    stdio_.close_container_ends();
    if (!process) clear();
    return process;
}

Result<Process> Container::create_driven(const Operation& operation) {
    if (what_.log.driver == "json-file")
        RT_TRY(log_file_.open(what_.log));
    else if (what_.log.driver != "none")
        return fail(Code::unsupported, "log driver '", what_.log.driver, "': there are json-file and none");
    if (!what_.terminal) RT_TRY(stdio_.open_pipes(what_.open_stdin ? StdinMode::open : StdinMode::closed));
    const Bundle bundle{id_, what_.bundle_directory, what_.config_json, what_.rootfs,
                        stdio_.container_ends()};
    RT_TRY_ASSIGN(Process process, (*driver_)->create(operation, bundle));
    made_ahead_ = false;
    phase_ = Phase::created; // from here on there is something to destroy
    pid_ = process.pid;
    pidfd_ = std::move(process.pidfd);
    std::vector<Mount>().swap(what_.rootfs);
    if (what_.terminal && !process.console)
        return fail(Code::internal, "create container '", id_, "': the driver gave no terminal");
    if (what_.terminal) RT_TRY(stdio_.use_console(std::move(process.console)));
    RT_TRY(stdio_.run());
    RT_TRY(loop_.add(pidfd_.get(), EPOLLIN, *this));
    return process;
}

// After a failed create(): as if it had not been tried, if nothing of the container exists.
void Container::clear() {
    if (phase_ != Phase::none) return;
    stdio_.reset();
    log_file_.finish(now_ns());
    what_.health.reset();
}

Result<void> Container::reset() {
    if (phase_ == Phase::ending) abandon_output();
    if (phase_ == Phase::created || phase_ == Phase::running)
        return fail(Code::failed_precondition, "container '", id_,
                    "' is to be started again: it runs, destroy it first");
    phase_ = Phase::none;
    clear();
    started_ = loss_told_ = killed_ = false;
    lost_noted_ = 0;
    pid_ = 0;
    pidfd_.reset();
    exit_ = {};
    return {};
}

Result<UniqueFd> Container::network_namespace() const {
    if (phase_ != Phase::created && phase_ != Phase::running)
        return fail(Code::failed_precondition, "container '", id_, "' has no process: it does not run");
    return open_file(cat("/proc/", pid_, "/ns/net"), O_RDONLY); // not another's: we wait for it
}

Result<void> Container::pause(const Operation& operation) {
    RT_TRY_ASSIGN(Isolation* const driver, running_driver("pause"));
    if (paused_) return fail(Code::failed_precondition, "pause container '", id_, "': it is paused already");
    // First the file: a container that stands still and does not say so would puzzle everybody.
    RT_TRY(replace_file(directory_ / kPausedName, ""));
    paused_ = true;
    auto paused = driver->pause(operation, id_);
    if (!paused) not_paused();
    return paused;
}

Result<void> Container::resume(const Operation& operation) {
    RT_TRY_ASSIGN(Isolation* const driver, running_driver("resume"));
    if (!paused_) return fail(Code::failed_precondition, "resume container '", id_, "': it is not paused");
    RT_TRY(driver->resume(operation, id_));
    not_paused();
    return {};
}

void Container::not_paused() {
    if (std::exchange(paused_, false))
        ::unlink((directory_ / kPausedName).c_str()); // the directory may be gone already
}

Result<std::string> Container::stats(const Operation& operation) {
    RT_TRY_ASSIGN(Isolation* const driver, running_driver("stats of"));
    return driver->stats(operation, id_);
}

Result<void> Container::update(const Operation& operation, const std::string& resources_json) {
    RT_TRY_ASSIGN(Isolation* const driver, running_driver("update"));
    return driver->update(operation, id_, resources_json);
}

Result<std::vector<int>> Container::processes(const Operation& operation) {
    RT_TRY_ASSIGN(Isolation* const driver, running_driver("processes of"));
    return driver->processes(operation, id_);
}

// memory.oom_kills of the driver's stats, which go with destroy(). A container that ended well and has no
// limit cannot have met one, and is not asked about.
bool Container::was_killed_for_memory() {
    if (exit_.exit_code == 0 && what_.config_json.find("\"memory\"") == std::string::npos) return false;
    constexpr std::string_view kKey = "\"oom_kills\":";
    const auto stats = (*driver_)->stats({.id = "exit"}, id_);
    if (!stats) return false; // the driver has none: nobody can tell
    const std::size_t at = stats->find(kKey);
    if (at == std::string::npos) return false;
    const std::size_t digit = stats->find_first_not_of(' ', at + kKey.size());
    return digit != std::string::npos && (*stats)[digit] >= '1' && (*stats)[digit] <= '9';
}

Result<Isolation*> Container::awake_driver(std::string_view what) {
    if (paused_)
        return fail(Code::failed_precondition, what, " container '", id_, "': it is paused, resume it first");
    return running_driver(what);
}

Result<Isolation*> Container::running_driver(std::string_view what) {
    if (!driver_) return std::unexpected(driver_.error());
    if (phase_ != Phase::running)
        return fail(Code::failed_precondition, what, " container '", id_, "': it does not run");
    return driver_->get();
}

Result<void> Container::start(const Operation& operation) {
    if (phase_ != Phase::created)
        return fail(Code::failed_precondition, "start container '", id_,
                    phase_ == Phase::none ? "': it was not created" : "': it was started before");
    started_ = true; // its first process may be gone before we are back
    auto result = (*driver_)->start(operation, id_);
    if (result)
        phase_ = Phase::running;
    else
        started_ = false;
    return result;
}

Result<void> Container::signal(const Operation& operation, int number, SignalScope scope) {
    if (phase_ == Phase::none)
        return fail(Code::not_found, "signal container '", id_, "': it was not created");
    if (phase_ != Phase::created && phase_ != Phase::running)
        return fail(Code::failed_precondition, "signal container '", id_, "': it has ended");
    RT_TRY((*driver_)->signal(operation, id_, number, scope));
    if (number == SIGKILL) killed_ = true;
    return {};
}

bool Container::is_ending() const {
    return phase_ == Phase::ending || (phase_ == Phase::running && (killed_ || is_exiting(pid_)));
}

Result<void> Container::destroy(const Operation& operation) {
    if (phase_ == Phase::none) return {};
    RT_TRY((*driver_)->destroy(operation, id_, what_.config_json));
    if (phase_ == Phase::created || phase_ == Phase::running) {
        if (!ends_within(pidfd_.get(), kDeathAfterDestroy))
            return fail(Code::internal, "destroy container '", id_, "': process ", pid_,
                        " lives on after its driver has killed it");
        owner_.on_first_process();
    }
    if (phase_ == Phase::ending) abandon_output();
    return {};
}

void Container::on_events(std::uint32_t /*events*/) {
    owner_.on_first_process();
}

void Container::on_child(pid_t pid, int status) {
    if (pid != pid_ || (phase_ != Phase::created && phase_ != Phase::running)) return;
    loop_.remove(pidfd_.get());
    phase_ = Phase::ending;
    exit_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    exit_.finished_at = now_ns();
    not_paused();
    if (started_) exit_.oom_killed = was_killed_for_memory();
    if (stdio_.drain()) return end();
    // Others have its output open. Without its first process they are not a container any more.
    (void)(*driver_)->signal({.id = "exit"}, id_, SIGKILL, SignalScope::all_processes); // if there are any
    if (stdio_.drain()) return end();
    output_deadline_.arm(kOutputAfterDeath);
}

void Container::on_output_over() {
    if (phase_ == Phase::ending) end();
}

void Container::abandon_output() {
    (void)stdio_.drain(); // what it left open is closed now
    end();
}

void Container::end() {
    output_deadline_.cancel();
    stdio_.close();
    log_file_.finish(now_ns());
    note_lost_lines();
    exit_.log_lines_lost = log_file_.lines_lost();
    phase_ = Phase::ended;
    if (exit_.log_lines_lost > 0)
        log_.line(cat("log: ", exit_.log_lines_lost, " lines could not be written to '",
                      what_.log.file.native(), "'"));
    if (started_)
        if (const auto written = write_exit_record(directory_, exit_); !written)
            log_.line(written.error().message);
    owner_.on_container_ended();
}

void Container::on_output(Stream stream, std::string_view data) {
    log_file_.write(stream, data, now_ns());
    note_lost_lines();
    owner_.on_container_output(stream, data);
}

void Container::note_lost_lines() {
    if (log_file_.lines_lost() == lost_noted_) return;
    lost_noted_ = log_file_.lines_lost();
    if (const auto written = write_log_loss(directory_, {lost_noted_, log_file_.last_errno()}); !written)
        log_.line(written.error().message);
    if (std::exchange(loss_told_, true)) return;
    log_.line(cat("log: write '", what_.log.file.native(), "': ", std::strerror(log_file_.last_errno()),
                  "; the container goes on, lines are lost"));
}

void Container::on_stdin_taken(std::uint64_t source, std::size_t bytes) {
    owner_.on_container_stdin(source, bytes);
}

void Container::release_memory() {
    stdio_.release_memory();
    log_file_.release_memory();
}

} // namespace rt::shim
