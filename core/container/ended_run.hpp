// SPDX-License-Identifier: Apache-2.0
// A container's run that is over, though nobody has cleaned up after it yet: it shows as exited, and is
// recorded as running. Any thread.
#pragma once

#include "core/container/engine.hpp"

namespace rt {

// Its program has ended, though it may not have been cleaned up yet.
bool has_ended(Engine& engine, const Container& container);

// Cleans up after a run that has ended, as is done without us, so that its restart policy says what comes
// next. Returns at once where another process is at that, or where there is nothing to do any more.
Result<void> reap_ended(Engine& engine, const Container& container);

// refresh(), and whose run has ended is returned as the clean-up leaves it: for who acts on one at rest in
// another way than on one that runs. Waits for who is at that; unavailable: for 30 s, and it does not come to
// an end.
Result<Container> settled(Engine& engine, const Container& container);

} // namespace rt
