// SPDX-License-Identifier: Apache-2.0
// A pseudo terminal out of the container's own devpts. Everything goes through descriptors: what the
// container puts at /dev/console or /dev/pts cannot redirect it.
#pragma once

#include "oci_config.hpp"

namespace rt::namespaces {

struct Terminal {
    UniqueFd master, slave;
};

// root: the container's root (before pivot_root), or the process's own root directory.
Result<Terminal> open_terminal(int root, const ProcessSpec& process);

// Puts the terminal at /dev/console. First process only, before pivot_root.
Result<void> bind_console(int root, const Terminal& terminal);

// Makes the terminal the controlling one of the calling session leader, and its stdio.
Result<void> take_terminal(const UniqueFd& slave);

} // namespace rt::namespaces
