// SPDX-License-Identifier: Apache-2.0
// For tests that need root: namespaces of the test's own, so that nothing it mounts or links can stay on the
// machine.
#pragma once

namespace rt::test {

// Moves the calling (single-threaded) process into new mount, network, IPC and UTS namespaces; mounts are
// private and lo is up. Call it once, first thing. Where the environment names a directory in RT_TEST_MEMORY,
// that is a tmpfs of its own, and TempDirs are made there: it goes with the last process of the test.
void enter_sandbox();

} // namespace rt::test
