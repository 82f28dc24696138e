// SPDX-License-Identifier: Apache-2.0
// What the handlers of streaming endpoints share. On the thread of the server only.
#pragma once

#include "tools/rtd/engine/event_hub.hpp"
#include "tools/rtd/engine/exec_registry.hpp"
#include "tools/rtd/engine/lease_keeper.hpp"
#include "tools/rtd/engine/pending_attach.hpp"
#include "tools/rtd/engine/worker_pool.hpp"

namespace rt::rtd {

class Services {
public:
    // open: makes an engine; called by several threads.
    Services(asio::any_io_executor executor, const WorkerPool::OpenEngine& open)
        : workers(open, kWorkers), reapers(open, kReapers), events(executor, workers, open),
          leases(executor, reapers, events), attaches(executor) {}

    // Verbs wait for what reapers do (stop, rm): those have threads of their own.
    static constexpr std::size_t kWorkers = 64, kReapers = 8;

    WorkerPool workers, reapers;
    EventHub events;
    LeaseKeeper leases;
    PendingAttaches attaches;
    ExecRegistry execs;
};

} // namespace rt::rtd
