// SPDX-License-Identifier: Apache-2.0
#include "event_loop.hpp"

#include "core/base/clock.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace rt::shim {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr int kIdleAfter = 500; // ms

} // namespace

Result<void> EventLoop::open() {
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return fail_errno(errno, "make the shim's epoll instance");
    return {};
}

Result<void> EventLoop::add(int fd, std::uint32_t events, Handler& handler) {
    epoll_event event{events, {.ptr = &handler}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return fail_errno(errno, "wait for events of a descriptor");
    return {};
}

void EventLoop::change(int fd, std::uint32_t events, Handler& handler) {
    epoll_event event{events, {.ptr = &handler}};
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event); // fd was added: nothing can fail
}

void EventLoop::remove(int fd) {
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); // as above
}

int EventLoop::next_timeout() {
    std::int64_t earliest = -1;
    for (const Timer* timer : timers_)
        if (earliest < 0 || timer->due_ < earliest) earliest = timer->due_;
    int timeout = -1;
    if (earliest >= 0) {
        const std::int64_t left = (earliest - monotonic_ns() + kMillisecond - 1) / kMillisecond;
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }
    if (!idle_done_ && (timeout < 0 || timeout > kIdleAfter)) timeout = kIdleAfter;
    return timeout;
}

void EventLoop::run_timers() {
    if (timers_.empty()) return;
    const std::int64_t now = monotonic_ns();
    for (const std::vector<Timer*> armed = timers_; Timer * timer : armed) {
        // An action before it may have cancelled it.
        if (std::ranges::find(timers_, timer) == timers_.end() || timer->due_ > now) continue;
        timer->cancel();
        timer->action_();
    }
}

void EventLoop::run(const std::function<void()>& after_events, const std::function<void()>& idle) {
    std::array<epoll_event, 32> events; // NOLINT(cppcoreguidelines-pro-type-member-init): epoll_wait fills it
    while (!stopped_) {
        const int timeout = next_timeout();
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
        for (int i = 0; i < count; ++i)
            static_cast<Handler*>(events[static_cast<std::size_t>(i)].data.ptr)
                ->on_events(events[static_cast<std::size_t>(i)].events);
        run_timers();
        after_events();
        if (count > 0) {
            idle_done_ = false;
        } else if (count == 0 && timeout == kIdleAfter) {
            idle_done_ = true;
            idle();
        }
    }
}

void Timer::arm(std::int64_t delay_ns) {
    cancel();
    due_ = monotonic_ns() + delay_ns;
    loop_.timers_.push_back(this);
}

void Timer::cancel() {
    due_ = 0;
    std::erase(loop_.timers_, this);
}

} // namespace rt::shim
