// SPDX-License-Identifier: Apache-2.0
#include "core/container/network_change.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace rt {
namespace {

Path file_in(const Path& run_directory) {
    return run_directory / kNetworkChangeName;
}

} // namespace

Result<void> begin_network_change(const Path& run_directory) {
    RT_TRY(open_file(file_in(run_directory), O_WRONLY | O_CREAT | O_NOFOLLOW));
    return {};
}

Result<void> end_network_change(const Path& run_directory) {
    const Path file = file_in(run_directory);
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove '", file.native(), "'");
    return {};
}

bool has_network_change(const Path& run_directory) {
    return ::access(file_in(run_directory).c_str(), F_OK) == 0;
}

} // namespace rt
