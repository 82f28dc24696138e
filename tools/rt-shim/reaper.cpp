// SPDX-License-Identifier: Apache-2.0
#include "reaper.hpp"

#include "core/base/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>

namespace rt::shim {
namespace {

constexpr std::int64_t kFirstDelay = 100'000'000;      // 100 ms
constexpr std::int64_t kLongestDelay = 30'000'000'000; // 30 s
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

} // namespace

void Reaper::need() {
    if (pid_ != 0 || again_.armed()) return;
    if (delay_ == 0)
        spawn();
    else
        again_.arm(delay_);
}

void Reaper::back_off() {
    delay_ = std::clamp(delay_ * 2, kFirstDelay, kLongestDelay);
}

void Reaper::spawn() {
    if (pid_ != 0) return;
    const auto null = open_file("/dev/null", O_RDWR);
    const UniqueFd log = log_.descriptor();
    const int messages = log ? log.get() : null ? null->get() : 0;
    back_off();
    auto child =
        ChildProcess::start(command_, {kPath}, {{null ? null->get() : 0, 0}, {messages, 1}, {messages, 2}});
    if (!child) {
        log_.line(cat("clean-up: ", child.error().message));
        again_.arm(delay_);
        return;
    }
    pid_ = child->pid();
    child->release(); // the shim's own loop waits for it
}

void Reaper::tell(const std::string& details) {
    if (!has_command()) return;
    std::vector<std::string> command(command_.begin(), command_.end() - 1);
    if (command.back() == "reap") command.pop_back();
    command.insert(command.end(), {"event", command_.back(), details});
    auto child = ChildProcess::start(command, {kPath}, {});
    if (!child) return log_.line(cat("event: ", child.error().message));
    child->release(); // the shim's own loop waits for it
}

bool Reaper::on_child(pid_t pid, int status) {
    if (pid != pid_) return false;
    pid_ = 0;
    succeeded_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!succeeded_)
        log_.line(cat("clean-up: '", command_.front(), "' ended with ",
                      WIFEXITED(status) ? "code " : "signal ",
                      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
    return true;
}

} // namespace rt::shim
