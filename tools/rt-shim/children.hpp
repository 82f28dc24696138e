// SPDX-License-Identifier: Apache-2.0
// The ends of child processes: the container's first process (by its pidfd), the reaper command, and orphans
// of the container (the shim is their subreaper). Signal handlers rather than a mask or SIG_IGN, because
// those would be inherited by the container. One thread, one instance.
#pragma once

#include "event_loop.hpp"

#include <sys/types.h>

namespace rt::shim {

class Children final : public EventLoop::Handler {
public:
    class Owner {
    public:
        virtual void on_child(pid_t pid, int status) = 0; // status of waitpid(2)

    protected:
        ~Owner() = default;
    };

    Children(EventLoop& loop, Owner& owner) : loop_(loop), owner_(owner) {}

    // SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGPIPE do nothing from now on; SIGCHLD wakes the loop.
    Result<void> open();
    // Waits for what has ended.
    void reap();
    void on_events(std::uint32_t events) override;

private:
    EventLoop& loop_;
    Owner& owner_;
    UniqueFd event_;
};

} // namespace rt::shim
