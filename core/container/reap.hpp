// SPDX-License-Identifier: Apache-2.0
// The one clean-up: unmount, detach, remove cgroups, record, --rm. Run by whoever holds the reaper lease, by
// the command that the shim starts when nobody does, and by anybody who finds a container whose shim is dead.
// Repeatable from any point; two at once get an order through the container's lock.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/container/engine.hpp"
#include "core/shim/client.hpp"

#include <string>
#include <vector>

namespace rt {

// After the container has ended. shim: the connection that holds the lease, or null when the shim is dead.
// A container that ends with --rm, or that was never made, is removed, and so is one with --rm that a restart
// had stopped which was killed; any other is recorded as exited. Does nothing where the next run has begun.
Result<void> reap(Engine& engine, const std::string& container_id, ShimClient* shim);

// The same for who has the container's lock already, having found its shim dead under it.
Result<void> reap(Engine& engine, const std::string& container_id, LockFile lock);

// As reap(), and the container goes in any case: for one that did not come to be, and for a removal. Its
// anonymous volumes go with it, or stay. The caller holds the container's lock and hands it over.
enum class AnonymousVolumes { remove, keep };
Result<void> abandon(Engine& engine, const std::string& container_id, ShimClient* shim, LockFile lock,
                     AnonymousVolumes volumes = AnonymousVolumes::remove);

// A start that came to nothing: what it made goes, the container stays as it was before, with the reason.
struct FailedStart {
    Container before;
    int exit_code = 0;
    std::string problem;
};
Result<void> take_back_start(Engine& engine, ShimClient* shim, LockFile lock, const FailedStart& failed);

// The error of a call that went through a shim. Where that has died meanwhile, what it said last explains it,
// and goes with the run directory.
Error with_last_words(const Engine& engine, const std::string& container_id, const ShimClient* shim,
                      Error error);

// The command line of `rtctl` that reaps; the id follows it.
std::vector<std::string> reaper_command(const Engine& engine);

} // namespace rt
