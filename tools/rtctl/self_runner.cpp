// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/self_runner.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <utility>
#include <vector>

namespace rt::cli {
namespace {

constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kMostWords = 64U << 10U;

std::string last_line(int fd) {
    std::string text(kMostWords, '\0');
    const off_t size = ::lseek(fd, 0, SEEK_END);
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
    const ssize_t count = ::pread(fd, text.data(), text.size(), begin);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    while (text.ends_with('\n')) text.pop_back();
    text.erase(0, text.rfind('\n') + 1);
    constexpr std::string_view kSpeaker = "rtctl: ";
    if (text.starts_with(kSpeaker)) text.erase(0, kSpeaker.size());
    return text;
}

} // namespace

Result<void> SelfRunner::start(const std::string& id, const Arguments& arguments) {
    std::vector<std::string> command{(program_directory() / "rtctl").native()};
    if (!globals_.config_file.empty())
        command.insert(command.end(), {"--config", std::filesystem::absolute(globals_.config_file).native()});
    command.insert(command.end(), arguments.begin(), arguments.end());
    UniqueFd said(::memfd_create("rtctl", MFD_CLOEXEC));
    if (!said) return fail_errno(errno, "make a file in memory");
    RT_TRY_ASSIGN(ChildProcess process, ChildProcess::start(command, {kPath}, {{said.get(), 2}}));
    UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0)));
    if (!end) return fail_errno(errno, "watch the process ", process.pid());
    children_.push_back({id, std::move(process), std::move(end), std::move(said)});
    return {};
}

Result<SelfRunner::Ended> SelfRunner::wait() {
    for (;;) {
        std::vector<pollfd> polled;
        for (const Child& child : children_) polled.push_back({child.end.get(), POLLIN, 0});
        if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR)
            return fail_errno(errno, "wait for rtctl");
        auto ready = polled.begin();
        for (auto child = children_.begin(); child != children_.end(); ++child, ++ready) {
            if (ready->revents == 0) continue;
            RT_TRY_ASSIGN(const int status, child->process.wait());
            Ended ended{child->id, WIFEXITED(status) && WEXITSTATUS(status) == 0,
                        last_line(child->said.get())};
            if (!ended.succeeded && ended.words.empty())
                ended.words = WIFSIGNALED(status) ? cat("ended by signal ", WTERMSIG(status))
                                                  : cat("ended with code ", WEXITSTATUS(status));
            children_.erase(child);
            return ended;
        }
    }
}

} // namespace rt::cli
