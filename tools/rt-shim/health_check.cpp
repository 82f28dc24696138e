// SPDX-License-Identifier: Apache-2.0
#include "health_check.hpp"

#include "core/base/clock.hpp"
#include "core/shim/run_files.hpp"
#include "json_lines.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace rt::shim {
namespace {

constexpr std::size_t kMostOutput = 4096; // kept of one check, as docker does
constexpr std::size_t kMostFindings = 5;
constexpr std::int64_t kShortest = 1'000'000; // ns; docker's least interval
constexpr int kNoEnd = -1;

// "30s", "1m30s", "1.5s": as Go words a duration.
std::string seconds_text(std::int64_t ns) {
    const std::int64_t minutes = ns / 60'000'000'000;
    const std::int64_t rest = ns % 60'000'000'000;
    std::string fraction = std::to_string(1'000'000'000 + rest % 1'000'000'000).substr(1);
    while (fraction.ends_with('0')) fraction.pop_back();
    return cat(minutes > 0 ? cat(minutes, "m") : std::string(), rest / 1'000'000'000,
               fraction.empty() ? "" : ".", fraction, "s");
}

} // namespace

HealthCheck::HealthCheck(EventLoop& loop, OwnLog& log, Owner& owner)
    : loop_(loop), log_(log), owner_(owner), next_(loop, [this] { probe(); }),
      limit_(loop, [this] { time_is_over(); }) {}

void HealthCheck::begin(const ShimHealth& what, Isolation& driver, const std::string& container_id,
                        const Path& directory) {
    what_ = what;
    driver_ = &driver;
    container_id_ = container_id;
    directory_ = directory;
    began_ = monotonic_ns();
    status_ = Status::starting;
    failing_streak_ = 0;
    findings_.clear();
    record();
    wait();
}

bool HealthCheck::in_start_period() const {
    return status_ == Status::starting && monotonic_ns() - began_ < what_->start_period;
}

void HealthCheck::wait() {
    next_.arm(std::max(in_start_period() ? what_->start_interval : what_->interval, kShortest));
}

void HealthCheck::probe() {
    finding_ = {};
    finding_.start = now_ns();
    cut_ = false;
    ExecSession::Owner& owner = *this;
    session_ =
        std::make_unique<ExecSession>(loop_, owner, ShimExec{cat("health-", ++count_), what_->process_json});
    const std::int64_t deadline = monotonic_ns() + what_->timeout;
    const auto started = session_->start(*driver_, {.id = "health", .deadline_ns = deadline}, container_id_);
    if (!started) {
        over_.push_back(std::move(session_));
        // The container has just ended, which we are about to hear of: that says nothing of how it was.
        if (started.error().code == Code::failed_precondition) return wait();
        return conclude(kNoEnd, started.error().message);
    }
    limit_.arm(std::max(what_->timeout, kShortest));
    session_->begin();
}

void HealthCheck::on_exec_output(ExecSession& session, Stream /*stream*/, std::string_view data) {
    if (&session != session_.get()) return;
    const std::size_t room = kMostOutput - finding_.output.size();
    finding_.output += data.substr(0, room);
    if (data.size() > room) cut_ = true;
}

void HealthCheck::on_exec_ended(ExecSession& session) {
    if (&session != session_.get()) return; // was given up
    const int exit_code = session.exit_record().exit_code;
    over_.push_back(std::move(session_)); // it is its own handler that is running
    conclude(exit_code, cat(finding_.output, cut_ ? "..." : ""));
}

void HealthCheck::time_is_over() {
    std::string text = cat("Health check exceeded timeout (", seconds_text(what_->timeout), ")");
    if (!finding_.output.empty()) text += cat(": ", finding_.output, cut_ ? "..." : "");
    give_up();
    conclude(kNoEnd, std::move(text));
}

// With what it has started: its process leads a group of its own. The loop waits for it.
void HealthCheck::give_up() {
    limit_.cancel();
    if (!session_) return;
    if (session_->signal(SIGKILL)) ::kill(-session_->pid(), SIGKILL); // its own until it was waited for
    over_.push_back(std::move(session_));
}

void HealthCheck::conclude(int exit_code, std::string output) {
    limit_.cancel();
    if (owner_.container_is_ending()) return; // and took the check along, or let it fail
    finding_.end = now_ns();
    finding_.exit_code = exit_code;
    finding_.output = std::move(output);
    findings_.push_back(std::exchange(finding_, {}));
    if (findings_.size() > kMostFindings) findings_.pop_front();
    const Status before = status_;
    if (exit_code == 0) {
        failing_streak_ = 0;
        status_ = Status::healthy;
    } else if (!in_start_period()) {
        ++failing_streak_;
        if (failing_streak_ >= std::max(what_->retries, 1)) status_ = Status::unhealthy;
    }
    record();
    if (status_ != before) owner_.on_health_status(name_of(status_));
    wait();
}

std::string_view HealthCheck::name_of(Status status) {
    switch (status) {
    case Status::healthy: return "healthy";
    case Status::unhealthy: return "unhealthy";
    case Status::starting: break;
    }
    return "starting";
}

void HealthCheck::record() {
    json_ = cat("{\"status\":\"", name_of(status_), "\",\"failing_streak\":", failing_streak_, ",\"log\":[");
    for (const Finding& finding : findings_)
        json_ += cat(&finding == &findings_.front() ? "" : ",", "{\"start\":\"", rfc3339(finding.start),
                     "\",\"end\":\"", rfc3339(finding.end), "\",\"exit_code\":", finding.exit_code,
                     ",\"output\":", json_text(finding.output), "}");
    json_ += "]}";
    if (const auto written = replace_file(directory_ / kHealthName, json_); !written)
        log_.line(written.error().message);
}

void HealthCheck::pause() {
    next_.cancel();
    give_up();
}

void HealthCheck::resume() {
    if (what_ && !session_) wait();
}

void HealthCheck::end() {
    pause();
    what_.reset();
}

void HealthCheck::forget() {
    end();
    if (json_.empty()) return;
    ::unlink((directory_ / kHealthName).c_str()); // the directory may be gone already
    json_.clear();
    findings_.clear();
}

bool HealthCheck::on_child(pid_t pid, int status) {
    return session_ && session_->on_child(pid, status);
}

void HealthCheck::sweep() {
    over_.clear();
}

} // namespace rt::shim
