// SPDX-License-Identifier: Apache-2.0
// The shim's one loop: descriptors (epoll, level-triggered) and a few timers. Handlers are borrowed; one that
// goes away removes its descriptor first, and is destroyed only in after_events(), never while a batch of
// events is handled. One thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace rt::shim {

class EventLoop {
public:
    class Handler {
    public:
        virtual void on_events(std::uint32_t events) = 0; // EPOLL*

    protected:
        ~Handler() = default;
    };

    Result<void> open();
    Result<void> add(int fd, std::uint32_t events, Handler& handler);
    void change(int fd, std::uint32_t events, Handler& handler);
    void remove(int fd);

    // Runs until stop(). after_events: after each batch; idle: nothing has happened for a while (half a
    // second after the last event, once).
    void run(const std::function<void()>& after_events, const std::function<void()>& idle);
    void stop() { stopped_ = true; }

private:
    friend class Timer;
    int next_timeout();
    void run_timers();

    UniqueFd epoll_;
    std::vector<class Timer*> timers_; // armed
    bool stopped_ = false;
    bool idle_done_ = false;
};

class Timer {
public:
    Timer(EventLoop& loop, std::function<void()> action) : loop_(loop), action_(std::move(action)) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { cancel(); }

    void arm(std::int64_t delay_ns);
    void cancel();
    [[nodiscard]] bool armed() const { return due_ != 0; }

private:
    friend class EventLoop;
    EventLoop& loop_;
    std::function<void()> action_;
    std::int64_t due_ = 0; // CLOCK_MONOTONIC
};

} // namespace rt::shim
