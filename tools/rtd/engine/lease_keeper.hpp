// SPDX-License-Identifier: Apache-2.0
// Holds the reaper leases of running containers: when one ends, it is cleaned up here, without a process of
// its own; when its shim dies, that is seen at once. Where another holds the lease, the shim's end is watched
// for all the same. Should rtd die, the shims see the leases go and clean up by themselves. On the thread of
// the server only.
#pragma once

#include "core/shim/client.hpp"
#include "tools/rtd/engine/event_hub.hpp"
#include "tools/rtd/engine/worker_pool.hpp"
#include "tools/rtd/http/asio.hpp"

#include <set>
#include <string>

namespace rt::rtd {

class LeaseKeeper {
public:
    LeaseKeeper(asio::any_io_executor executor, WorkerPool& reapers, EventHub& events)
        : executor_(std::move(executor)), reapers_(reapers), events_(events) {}

    // Takes over what runs, and what others start from now on. Until the server ends.
    Awaitable<void> run();

    // shim: of a container that runs, with its lease.
    void keep(const std::string& container_id, ShimClient shim);

private:
    enum class Role { holder, watcher };
    Awaitable<void> take_over_all();
    Awaitable<void> take_over(std::string container_id);
    void begin(const std::string& container_id, ShimClient shim, Role role);
    Awaitable<void> watch(std::string container_id, ShimClient shim, Role role);

    asio::any_io_executor executor_;
    WorkerPool& reapers_;
    EventHub& events_;
    std::set<std::string> kept_;
};

} // namespace rt::rtd
