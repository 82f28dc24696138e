// SPDX-License-Identifier: Apache-2.0
// For tests that need root: namespaces of the test's own, so that nothing it mounts or links can stay on the
// machine.
#pragma once

#include <string>

namespace rt::test {

// Moves the calling (single-threaded) process into new mount, network, IPC and UTS namespaces; mounts are
// private and lo is up. Call it once, first thing. With RT_TEST_IN_MEMORY in the environment TempDirs are
// then on a tmpfs of the test's own, which goes with its last process.
void enter_sandbox();
void leave_sandbox(); // takes away the directory that the tmpfs was mounted on

// Where TempDirs of root are made.
const std::string& directory_of_tests();

} // namespace rt::test
