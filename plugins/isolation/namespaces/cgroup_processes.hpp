// SPDX-License-Identifier: Apache-2.0
// The processes in a cgroup directory and in those below it: listed, signalled, ended, and the directories
// removed.
#pragma once

#include "system.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

// Is word among the space-separated words of text (as in cgroup.controllers)?
bool has_word(std::string_view text, std::string_view word);

// The processes in path and below, in ascending order.
Result<std::vector<int>> pids_in(const std::string& path);

// Signals every process in path and below; returns how many. Takes pidfds and looks again before it sends, so
// that no process that got a number of a dead one is hit.
Result<int> signal_cgroup(const std::string& path, int number);

// Kills what is in path and below, waits until it is gone (at most 10 s), and removes the directories. Does
// nothing when path does not exist. check: asked while waiting; its failure ends the wait.
Result<void> empty_and_remove(const std::string& path, const std::function<Result<void>()>& check);

} // namespace rt::namespaces
