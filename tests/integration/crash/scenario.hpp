// SPDX-License-Identifier: Apache-2.0
// What is struck: one command on a host that is in a known state.
#pragma once

#include "tracer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt::test {

using Words = std::vector<std::string>;

// What may be true of the container "victim" afterwards, besides that it is in a true state.
enum class Fate { may_be_missing, is_there };

// A command that works, and what is in its output; without one it is refused.
struct Truth {
    Words command;
    std::optional<std::string> output = std::string();
};

// The struck command is given once more: it works, or is refused in one of these words. Then all of this is
// true.
struct Again {
    std::vector<std::string> refusals = {};
    bool runs = false; // the container is started for it where it does not run
    std::vector<Truth> then = {};
};

struct Scenario {
    std::string name;
    std::vector<Words> before = {}; // commands that are not struck
    Words command;
    Fate fate = Fate::is_there;
    bool goes_with_its_end = false; // whatever is killed: it runs, or is no more
    bool to_the_end = false;        // the container ends by itself, and what its shim does then belongs to it
    std::vector<Role> roles;
    std::vector<Truth> always = {}; // of a container that runs, once somebody has looked
    std::optional<Again> again = {};
    bool pulls = false;            // there is a registry that has the image "tiny"
    std::vector<Words> after = {}; // removes what there is besides the container, which is gone by then

    [[nodiscard]] bool starts() const { // the command, or what it makes the shim do
        return command.front() == "run" || command.front() == "start" || command.front() == "restart";
    }
};

const std::vector<Scenario>& scenarios();

} // namespace rt::test
