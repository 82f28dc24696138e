// SPDX-License-Identifier: Apache-2.0
// A program that we started and may have to end. The destructor kills and reaps it, unless release() gave it
// away.
#pragma once

#include "core/base/error.hpp"

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace rt {

class ChildProcess {
public:
    // Which of our descriptors the child gets, and as which number. Everything else is
    // closed in it; of 0, 1 and 2, those that are not named are /dev/null.
    struct Descriptor {
        int ours;
        int theirs;
    };

    // Runs arguments[0] (absolute path), or program where that is given, in a session of its own.
    // environment: "KEY=value" each.
    // The child shares nothing with us but these descriptors; it is started with vfork's speed.
    // cgroup: directory of the cgroup (version 2) that it is born in, at the cost of a fork; -1: ours.
    static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                      const std::vector<std::string>& environment,
                                      const std::vector<Descriptor>& descriptors,
                                      const std::string& program = {}, int cgroup = -1);

    ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Leaves the process running; who waits for it then is not our concern.
    void release() { pid_ = 0; }
    // Waits for its end; the status of waitpid(2).
    Result<int> wait();

private:
    explicit ChildProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_;
};

} // namespace rt
