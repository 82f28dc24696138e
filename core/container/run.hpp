// SPDX-License-Identifier: Apache-2.0
// Makes a container and starts it. Every step is recorded or undone: a failure leaves nothing, and after a
// kill between any two steps the shim's reaper or the next command cleans up (reap.hpp, recovery.hpp).
#pragma once

#include "core/container/engine.hpp"
#include "core/container/phase_timer.hpp"
#include "core/container/spec.hpp"
#include "core/image/image_service.hpp"
#include "core/shim/client.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rt {

enum class PullPolicy { missing, always, never };

struct RunOptions {
    ShimClient::Attach attachment =
        ShimClient::Attach::none; // of the ShimClient that run() returns, before anything runs
    // Told the id of a container that is made and whose program does not run yet: who wants to miss none of
    // its output attaches to its shim now.
    std::function<void(const std::string&)> before_program{};
    int cancel_fd = -1; // readable: give up, leave nothing; matters most while an image is pulled
    PullPolicy pull = PullPolicy::missing;
    ImageProgressSink pull_progress;
    CredentialSource pull_credentials; // of the registry that is pulled from; empty: nobody's
};

// A container that runs. shim holds the reaper lease: reap() after the exit, or shim.give_up_lease().
struct RunningContainer {
    Container record;
    ShimClient shim;
    std::vector<std::string> warnings;
};

// The error of a program that cannot be executed has code not_found or permission_denied *and* program_failed
// true. Where there is nothing to start, since it runs or its restart policy is about to, runs_already is
// true (a port that is taken has the same code).
struct RunFailure {
    Error error;
    bool program_failed = false;
    bool runs_already = false;
};

std::expected<RunningContainer, RunFailure> run(Engine& engine, const ContainerSpec& spec,
                                                const RunOptions& options);

} // namespace rt
