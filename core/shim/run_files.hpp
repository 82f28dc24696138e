// SPDX-License-Identifier: Apache-2.0
// The files of a container's run directory that engine and shim share: the socket, the pid file, the exit
// record. All are written whole (temporary file and rename) or not at all. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/shim/client.hpp"

namespace rt::shim {

inline constexpr const char* kSocketName = "shim.sock";
inline constexpr const char* kPidName = "shim.pid";
inline constexpr const char* kExitName = "exit";
inline constexpr const char* kLogName = "shim.log";
inline constexpr const char* kPausedName = "paused";    // there while the container is paused; empty
inline constexpr const char* kLogLossName = "log-lost"; // there once a line of the log was lost
inline constexpr const char* kHealthName = "health";    // JSON; there while a container with a check runs
// What events of the container have in common, while it runs and for who does not open the database: where
// rt.db is, and in the next line a JSON object of their attributes.
inline constexpr const char* kEventName = "event";

// Of the calling process: its pid and the time it started, so that a pid which was given out again is seen.
Result<void> write_pid_file(const Path& directory);
Result<void> write_exit_record(const Path& directory, const ExitRecord& record);
Result<void> write_log_loss(const Path& directory, const LogLoss& loss);

// shim_is_alive() for one of many: `name` is its run directory below the open one.
bool is_alive_below(int directory, const std::string& name);

// The shim of a run directory, or at the other end of a connect_socket(), where it is stopped (SIGSTOP): it
// answers nobody. 0: it is not.
pid_t stopped_shim(const Path& directory);
pid_t stopped_peer(int socket);

// Connects to, or binds and listens on, <directory>/shim.sock, also where that path is longer than sun_path
// (108 bytes) allows. Not abstract: only who may enter the directory may connect (CVE-2020-15257).
Result<UniqueFd> connect_socket(const Path& directory);
// listen_socket: mode 0600, non-blocking; already_exists: another shim is alive there.
Result<UniqueFd> listen_socket(const Path& directory);

} // namespace rt::shim
