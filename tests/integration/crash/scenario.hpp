// SPDX-License-Identifier: Apache-2.0
// What is struck: one command on a host that is in a known state.
#pragma once

#include "tracer.hpp"

#include <string>
#include <vector>

namespace rt::test {

using Words = std::vector<std::string>;

// What may be true of the container "victim" afterwards, besides that it is in a true state.
enum class Fate { may_be_missing, is_there };

struct Scenario {
    std::string name;
    std::vector<Words> before; // commands that are not struck
    Words command;
    Fate fate = Fate::is_there;
    bool to_the_end = false; // the container ends by itself, and what its shim does then belongs to it
    std::vector<Role> roles;

    [[nodiscard]] bool starts() const { // the command, or what it makes the shim do
        return command.front() == "run" || command.front() == "start" || command.front() == "restart";
    }
};

const std::vector<Scenario>& scenarios();

} // namespace rt::test
