// SPDX-License-Identifier: Apache-2.0
// CVE-2019-5736: until it executes the user's program, a container's process runs the host's rt-shim, and an
// image could have itself started as /proc/self/exe, or as an interpreter of that name, and then write to
// that file. So where the host's program does not lie on a read-only mount, a tiny static program out of a
// sealed memfd is executed in between, which executes the user's.
#pragma once

#include "system.hpp"

namespace rt::namespaces {

// A new descriptor of the sealed launcher; empty where the host's program cannot be written through its mount
// anyway.
Result<UniqueFd> open_launcher();

} // namespace rt::namespaces
