// SPDX-License-Identifier: Apache-2.0
// Does the same thing to many containers at once: each in an rtctl of its own, so that none can hold up or
// bring down another. One thread.
#pragma once

#include "core/base/child_process.hpp"
#include "tools/rtctl/command.hpp"

#include <list>
#include <string>

namespace rt::cli {

class SelfRunner {
public:
    explicit SelfRunner(const Globals& globals) : globals_(globals) {}

    // id: what wait() calls it. Its standard input and output are nowhere.
    Result<void> start(const std::string& id, const Arguments& arguments);
    [[nodiscard]] std::size_t running() const { return children_.size(); }

    struct Ended {
        std::string id;
        bool succeeded = false;
        std::string words; // the last line of what it said on standard error, without "rtctl: "
    };
    // The next one that ends; at least one runs.
    Result<Ended> wait();

private:
    struct Child {
        std::string id;
        ChildProcess process;
        UniqueFd end;  // pidfd: readable when it has ended
        UniqueFd said; // its standard error
    };

    const Globals& globals_;
    std::list<Child> children_;
};

} // namespace rt::cli
