// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/log_changes.hpp"

#include "tools/rtd/log.hpp"

#include <boost/asio/redirect_error.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace rt::rtd {
namespace {

using asio::steady_timer;
using boost::system::error_code;
using boost::system::system_error;

} // namespace

Awaitable<void> LogWatch::changed() {
    while (!changed_) {
        news_.expires_at(steady_timer::time_point::max());
        error_code woken;
        co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!changed_) throw system_error(asio::error::operation_aborted); // our caller is being cancelled
    }
    changed_ = false;
}

void LogWatch::wake() {
    changed_ = true;
    news_.cancel();
}

Awaitable<void> LogChanges::run() {
    while (!changes_) {
        opened_.expires_at(steady_timer::time_point::max());
        error_code woken;
        co_await opened_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    for (;;) {
        co_await changes_->async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        alignas(inotify_event) std::array<char, 16U << 10U> buffer;
        const ssize_t count = ::read(changes_->native_handle(), buffer.data(), buffer.size());
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            throw system_error(errno, boost::system::system_category(), "hear of changes of logs");
        for (ssize_t at = 0; at < count;) {
            const auto& event = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += static_cast<ssize_t>(sizeof event) + event.len;
            take(event);
        }
    }
}

Result<void> LogChanges::open() {
    if (changes_) return {};
    UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd) return fail_errno(errno, "inotify");
    changes_.emplace(executor_, fd.release());
    opened_.cancel();
    return {};
}

// One that is not there is heard of by its directory.
Result<void> LogChanges::watch_file(const std::string& file) {
    const int number = ::inotify_add_watch(changes_->native_handle(), file.c_str(), IN_MODIFY);
    if (number < 0 && errno != ENOENT) return fail_errno(errno, "watch '", file, "'");
    if (number >= 0) files_[number] = file;
    return {};
}

// Followers that have ended, and files that nobody follows any more.
void LogChanges::forget_the_gone() {
    std::erase_if(followers_, [](const auto& follower) { return follower.second.expired(); });
    for (const auto& [number, file] : files_) // the kernel says that it is ignored, and then it goes
        if (!followers_.contains(file)) ::inotify_rm_watch(changes_->native_handle(), number);
}

Result<std::shared_ptr<LogWatch>> LogChanges::watch(const Path& file) {
    RT_TRY(open());
    forget_the_gone();
    const std::string directory = file.parent_path().native();
    const int number =
        ::inotify_add_watch(changes_->native_handle(), directory.c_str(), IN_CREATE | IN_MOVED_TO);
    if (number < 0) return fail_errno(errno, "watch '", directory, "'");
    directories_[number] = directory;
    auto watch = std::make_shared<LogWatch>(executor_);
    RT_TRY(watch_file(file.native()));
    followers_.emplace(file.native(), watch);
    return watch;
}

void LogChanges::take(const inotify_event& event) {
    const auto look_again_at = [this](const std::string& file) {
        if (const auto watched = watch_file(file); !watched) log(LogLevel::warning, watched.error().message);
    };
    if ((event.mask & IN_Q_OVERFLOW) != 0) { // it may have been anybody's, and a new file
        forget_the_gone();
        for (const auto& [file, follower] : followers_) {
            look_again_at(file);
            if (const auto watch = follower.lock()) watch->wake();
        }
        return;
    }
    if ((event.mask & IN_IGNORED) != 0) {
        files_.erase(event.wd);
        directories_.erase(event.wd);
        return;
    }
    if (const auto found = directories_.find(event.wd); found != directories_.end()) {
        if (event.len == 0) return;
        const std::string file = cat(found->second, "/", event.name);
        if (followers_.contains(file) && wake(file)) look_again_at(file);
        return;
    }
    const auto found = files_.find(event.wd);
    if (found == files_.end() || wake(found->second)) return;
    ::inotify_rm_watch(changes_->native_handle(), event.wd); // the kernel says then that it is ignored
}

bool LogChanges::wake(const std::string& file) {
    const auto [first, last] = followers_.equal_range(file);
    bool any = false;
    for (auto one = first; one != last;) {
        const auto watch = one->second.lock();
        if (watch) watch->wake();
        any = any || watch;
        one = watch ? std::next(one) : followers_.erase(one);
    }
    return any;
}

} // namespace rt::rtd
