// SPDX-License-Identifier: Apache-2.0
// Pure; any thread.
#pragma once

#include "core/container/spec.hpp"

namespace rt {

// unsupported: names the first option of the spec that rt does not have, and why.
Result<void> refuse_unsupported(const ContainerSpec& spec);

} // namespace rt
