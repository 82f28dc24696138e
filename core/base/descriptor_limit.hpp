// SPDX-License-Identifier: Apache-2.0
// How many descriptors this process may have. Any thread.
#pragma once

#include <sys/types.h>

namespace rt {

// As many as it may give itself: a server has one for each client.
void raise_descriptor_limit();

// What a child inherited of that is taken back: programs that were written for few try each one.
void restore_descriptor_limit(pid_t child);

} // namespace rt
