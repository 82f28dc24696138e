// SPDX-License-Identifier: Apache-2.0
// What rtctl doctor can find (the checks) and what it has found. Plain values.
#pragma once

#include "core/base/error.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace rt::doctor {

enum class Severity {
    leftover, // of a process that was killed; nobody owns it
    warning,  // works, and not as it should
    error,    // something does not work
    unseen    // could not be looked at
};
constexpr std::string_view name_of(Severity severity) {
    switch (severity) {
    case Severity::leftover: return "leftover";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
    case Severity::unseen: return "unseen";
    }
    return "unseen";
}

// One check, as docs/doctor.md has it in its table.
struct Check {
    std::string_view name; // "container.shim-dead"
    Severity severity;
    bool repairs;            // --repair puts it right
    std::string_view what;   // one line
    bool is_data = false;    // perhaps somebody's whose record is lost: --repair --discard alone removes it
    bool takes_long = false; // looked for with --verify alone
};
std::span<const Check> all_checks();
const Check& check_named(std::string_view name); // of all_checks(), else it ends the program: a defect

struct Finding {
    std::string subject;  // "container 'web'": what it is about, unique within its check
    std::string text;     // one line: what is wrong, and since or because of what
    std::string owner{};  // whose it was, where that can be said
    std::string advice{}; // what to do; "": the repair
    // Under the locks of whoever else may be at it, after a look whether it is still so; unavailable:
    // somebody is at work on it. Empty: none.
    std::function<Result<void>()> repair{};
    std::string check{};
    bool is_data = false; // as the check has it
    Severity severity{};
    bool repaired = false;
    std::string problem{}; // why it could not be repaired
};

} // namespace rt::doctor
