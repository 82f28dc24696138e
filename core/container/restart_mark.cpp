// SPDX-License-Identifier: Apache-2.0
#include "core/container/restart_mark.hpp"

#include <unistd.h>

namespace rt {
namespace {

constexpr const char* kName = "restarting";

} // namespace

Result<RestartMark> RestartMark::set(const Path& run_directory) {
    auto lock = LockFile::acquire(run_directory / kName); // another restart has to come to its end first
    if (!lock && lock.error().code == Code::not_found) return RestartMark({}, std::nullopt);
    if (!lock) return std::unexpected(std::move(lock).error());
    return RestartMark(run_directory / kName, std::move(*lock));
}

RestartMark::~RestartMark() {
    if (lock_) ::unlink(file_.c_str()); // gone with its directory, nearly always
}

bool is_being_restarted(const Path& run_directory) {
    if (::access((run_directory / kName).c_str(), F_OK) != 0) return false;
    const auto lock = LockFile::try_acquire(run_directory / kName);
    return lock && !*lock;
}

} // namespace rt
