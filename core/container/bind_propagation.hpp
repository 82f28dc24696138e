// SPDX-License-Identifier: Apache-2.0
// Whether what a bind mount asks for (shared, rslave, ...) can come true: the mount that its source is on has
// to take part in it. Looks at the host. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/container/mount_spec.hpp"

namespace rt {

// invalid_argument, in docker's words: shared and rshared need a source on a shared mount, slave and rslave
// one on a shared mount or a slave. Without that nothing would come through, without a word.
Result<void> check_propagation(const MountSpec& mount);

} // namespace rt
