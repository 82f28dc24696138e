// SPDX-License-Identifier: Apache-2.0
// May we believe a file that decides what runs as root? Only if nobody but root can change it: the file and
// every directory on the way to it belong to root (or to the effective user, where that is not root) and no
// group and no other may write to them. A sticky directory such as /tmp counts as writable by others. Any
// thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <string_view>

namespace rt {

// path must be absolute and lead to a regular file; symbolic links on the way are followed, each under the
// same rule. what: "plugin", "config file", for the error's text. permission_denied names the component that
// breaks the rule, who could change it, and the command that repairs it. One lstat(2) per component, nothing
// else.
Result<void> check_trusted_file(const Path& path, std::string_view what);

} // namespace rt
