// SPDX-License-Identifier: Apache-2.0
// rtctl doctor: finds what processes that were killed have left and what on this host keeps rt from working,
// and repairs what has no owner. Safe beside running commands, and after kill -9 of itself: each repair is
// one of those that recovery does, under the same locks. One thread.
#pragma once

#include "core/doctor/examination.hpp"

namespace rt::doctor {

struct Report {
    std::vector<Finding> findings;        // those that were repaired among them
    std::vector<std::string> passed_over; // what somebody is at work on
};

enum class Repair { no, yes, and_discard }; // the last: also what is_data

// unavailable and the like: nothing could be looked at at all.
Result<Report> examine(Engine& engine, const Options& options, Repair repair);

} // namespace rt::doctor
