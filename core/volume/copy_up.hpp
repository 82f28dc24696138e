// SPDX-License-Identifier: Apache-2.0
// The content of an image becomes that of an empty volume, whole or not at all, also when the process is
// killed in the middle: it is copied beside the volume, given a name that says it is whole, and only then
// moved. Whoever finds it half copied throws it away, whoever finds it half moved goes on. The caller holds
// the volume's lock. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <functional>

namespace rt {

struct CopyUp {
    int destination = -1; // a directory of the volume, borrowed; open for reading
    // A directory on the same mount for what is on its way, borrowed; may be the destination itself.
    int beside = -1;
};

// Ends what was interrupted. Answers whether the destination is empty.
Result<bool> finish_copy_up(const CopyUp& place);

// source: a directory, borrowed. The destination is empty. check: asked for each file; its failure ends the
// copy, and nothing of it stays.
Result<void> copy_up(int source, const CopyUp& place, const std::function<Result<void>()>& check);

} // namespace rt
