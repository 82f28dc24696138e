// SPDX-License-Identifier: Apache-2.0
// Is a plugin's entry what <rtp/entry.h> says it must be? Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <rtp/entry.h>

namespace rt {

// The texts: none is null, id and kind are well-formed, and the id is the file's name. file names the plugin.
Result<void> check_entry_texts(const rtp_entry& entry, const Path& file);

} // namespace rt
