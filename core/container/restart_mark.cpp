// SPDX-License-Identifier: Apache-2.0
#include "core/container/restart_mark.hpp"

#include "core/container/engine.hpp"

#include <unistd.h>

namespace rt {
namespace {

Path lock_of(const Engine& engine, const std::string& container_id) {
    return engine.lock_file(cat(kRestartLock, container_id));
}

} // namespace

Result<RestartMark> RestartMark::set(const Engine& engine, const std::string& container_id) {
    const Path file = lock_of(engine, container_id);
    RT_TRY(make_directories(file.parent_path()));
    RT_TRY_ASSIGN(LockFile lock, LockFile::acquire(file));
    return RestartMark(file, std::move(lock));
}

Result<std::optional<RestartMark>> RestartMark::try_set(const Engine& engine,
                                                        const std::string& container_id) {
    Path file = lock_of(engine, container_id);
    RT_TRY(make_directories(file.parent_path()));
    RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(file));
    if (!lock) return std::nullopt;
    return RestartMark(std::move(file), std::move(*lock));
}

RestartMark::~RestartMark() {
    if (lock_.descriptor() >= 0 && !file_.empty()) ::unlink(file_.c_str()); // held: it is ours
}

bool is_being_restarted(const Engine& engine, const std::string& container_id) {
    const Path file = lock_of(engine, container_id);
    if (::access(file.c_str(), F_OK) != 0) return errno != ENOENT;
    const auto lock = LockFile::try_acquire(file);
    return !lock || !*lock;
}

void forget_restart(const Engine& engine, const std::string& container_id) {
    if (::access(lock_of(engine, container_id).c_str(), F_OK) == 0)
        (void)RestartMark::try_set(engine, container_id); // which goes at once
}

} // namespace rt
