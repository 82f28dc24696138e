// SPDX-License-Identifier: Apache-2.0
// The part of a storage driver that is the same wherever a snapshot is one directory of a SnapshotStore. A
// driver derives from it and adds create, probe, prepare and mounts. Any thread, several at once.
#pragma once

#include "leftovers.hpp"
#include "snapshot_store.hpp"

#include <rt/sdk/storage.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace rt::storage {

class StoreDriver {
public:
    sdk::Result<void> commit(sdk::Call call, std::string_view id) {
        RT_TRY(call.check());
        return store_.commit(id);
    }
    sdk::Result<void> remove(sdk::Call call, std::string_view id) { return store_.remove(call, id); }
    sdk::Result<std::vector<sdk::Snapshot>> list(sdk::Call) { return store_.list(); }
    // Blocks shared with another snapshot count in full: file systems do not tell them apart cheaply.
    sdk::Result<sdk::Usage> usage(sdk::Call call, std::string_view id) { return store_.usage(call, id); }

    sdk::Result<std::string> find_leftovers(sdk::Call call, std::string_view known) {
        return storage::find_leftovers(store_, call, known);
    }
    sdk::Result<void> remove_leftover(sdk::Call call, std::string_view known, std::string_view leftover) {
        return storage::remove_leftover(store_, call, known, leftover);
    }

protected:
    explicit StoreDriver(SnapshotStore store) : store_(std::move(store)) {}
    ~StoreDriver() = default;

    // The state of a snapshot whose mounts are asked for; failed_precondition where it cannot be mounted so.
    [[nodiscard]] sdk::Result<sdk::SnapshotState>
    state_to_mount(std::string_view id, const sdk::Parents& parents, sdk::MountMode mode) const {
        RT_TRY_ASSIGN(const sdk::SnapshotState state, store_.state_of(id));
        RT_TRY(store_.check_parents(parents));
        if (mode != sdk::MountMode::read_only && state == sdk::SnapshotState::committed)
            return sdk::fail(
                sdk::Code::failed_precondition, "the snapshot '", id,
                "' is committed and cannot be mounted read-write: prepare a new one on top of it");
        return state;
    }

    SnapshotStore store_;
};

} // namespace rt::storage
