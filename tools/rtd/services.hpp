// SPDX-License-Identifier: Apache-2.0
// What the handlers of streaming endpoints share. On the thread of the server only.
#pragma once

#include "tools/rtd/engine/event_hub.hpp"
#include "tools/rtd/engine/exec_registry.hpp"
#include "tools/rtd/engine/lease_keeper.hpp"
#include "tools/rtd/engine/log_changes.hpp"
#include "tools/rtd/engine/pending_attach.hpp"
#include "tools/rtd/engine/shared_work.hpp"
#include "tools/rtd/engine/worker_pool.hpp"

namespace rt::rtd {

class Services {
public:
    // open: makes an engine; called by several threads.
    Services(asio::any_io_executor executor, const WorkerPool::OpenEngine& open)
        : events(executor, workers, open), leases(executor, reapers, events), attaches(executor),
          logs(executor), questions(executor, workers), workers(open, kWorkers), reapers(open, kReapers),
          transfers(open, kTransfers), patient(open, kPatient) {}

    // Verbs wait for what reapers do (stop, rm): those have threads of their own. So have archives, pulls and
    // loads, which go on at the pace of their clients and registries, and stops, which wait as long as a
    // container is given: none of them keeps others waiting.
    static constexpr std::size_t kWorkers = 64, kReapers = 8, kTransfers = 256, kPatient = 512;

    [[nodiscard]] WorkerPool::Load load() {
        WorkerPool::Load all;
        for (WorkerPool* const pool : {&workers, &reapers, &transfers, &patient}) {
            const WorkerPool::Load one = pool->load();
            all.threads += one.threads;
            all.waiting += one.waiting;
        }
        return all;
    }

    // Some request is being worked on, or what has ended is being cleaned up.
    [[nodiscard]] bool is_busy() {
        return workers.is_busy() || reapers.is_busy() || transfers.is_busy() || patient.is_busy();
    }

    EventHub events;
    LeaseKeeper leases;
    PendingAttaches attaches;
    LogChanges logs;
    ExecRegistry execs;
    SharedWork questions;
    WorkerPool workers, reapers, transfers, patient; // last: they end first, and work for those above
};

} // namespace rt::rtd
