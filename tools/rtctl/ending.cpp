// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/ending.hpp"

#include "core/container/stop.hpp"

namespace rt::cli {

void add_ending_options(options::options_description& description) {
    description.add_options()("signal,s", options::value<std::string>()->value_name("SIGNAL"),
                              "what it is asked to end with (default: its own, or SIGTERM)")(
        "timeout,t", options::value<int>()->value_name("SECONDS"),
        "how long to wait before it is killed; -1: for ever (default: its own, or 10)")(
        "time", options::value<int>()->value_name("SECONDS"), "the same, by docker's old word");
}

Result<Ending> read_ending(const Command& command, const Parsed& parsed) {
    Ending ending;
    if (parsed.has("time") && parsed.has("timeout"))
        return fail(Code::invalid_argument, command.name,
                    ": --time is the old word for --timeout: give one of them");
    for (const char* const word : {"timeout", "time"})
        if (parsed.has(word)) ending.grace = std::chrono::seconds(parsed.get<int>(word));
    if (parsed.has("signal")) {
        RT_TRY_ASSIGN(ending.signal_number, parse_signal(parsed.get<std::string>("signal")));
    }
    return ending;
}

} // namespace rt::cli
