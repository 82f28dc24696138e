// SPDX-License-Identifier: Apache-2.0
// Programs that are to run in containers, or have run there through rtd: docker's API makes them in one call,
// starts them in another and asks of them in a third. On the thread of the server only.
#pragma once

#include "core/container/exec.hpp"
#include "tools/rtd/engine/shim_stream.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace rt::rtd {

struct Exec {
    std::string id, container_id;
    ExecRequest request;
    bool attach_stdout = false, attach_stderr = false;
    std::string detach_keys{}; // bytes
    enum class State { made, starting, running, ended } state = State::made;
    int pid = 0, exit_code = 0;
    std::shared_ptr<ShimStream> stream{}; // while a client takes part
};

class ExecRegistry {
public:
    // Of those that have ended, and those that nobody has started, the oldest go when there are too many.
    static constexpr std::size_t kMost = 4096;

    std::shared_ptr<Exec> add(Exec exec);
    [[nodiscard]] std::shared_ptr<Exec> find(const std::string& id) const; // null: there is none

private:
    std::map<std::string, std::shared_ptr<Exec>> by_id_;
    std::list<std::string> oldest_first_;
};

} // namespace rt::rtd
