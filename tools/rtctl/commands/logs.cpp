// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "core/container/spec.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/commands/logs_follow.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

#include <array>
#include <charconv>

namespace rt::cli {
namespace {

Result<std::int64_t> parse_tail(const std::string& text) {
    if (text.empty() || text == "all") return -1;
    std::int64_t lines = 0;
    const char* const last = text.data() + text.size();
    if (std::from_chars(text.data(), last, lines).ptr != last || lines < 0)
        return fail(Code::invalid_argument, "--tail '", text, "' is not a number of lines or 'all'");
    return lines;
}

Result<int> logs(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("follow,f", "go on with what comes, until the container ends")(
        "tail,n", options::value<std::string>()->value_name("NUMBER"),
        "only the last lines (default: all)")("timestamps,t", "when each line was written");
    RT_TRY_ASSIGN(const auto parsed, parse(kLogs, description, arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const std::int64_t tail, parse_tail(parsed->get<std::string>("tail")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(parsed->operands.front()));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    if (spec.log_config.type == "none")
        return fail(Code::failed_precondition, "container '", container.name,
                    "' keeps no log: it was made with --log-driver none");
    const bool timestamps = parsed->has("timestamps");
    RT_TRY_ASSIGN(LogReader reader, LogReader::open(engine->log_file(container.id), tail));
    std::array<bool, 3> in_line{}; // of each stream: the line goes on with the next entry
    const LogSink sink = [&](const LogEntry& entry) {
        bool& goes_on = in_line.at(static_cast<std::size_t>(entry.stream));
        const std::string line = timestamps && !goes_on ? cat(entry.time, " ", entry.text) : entry.text;
        goes_on = !entry.text.ends_with('\n');
        // Unbuffered: both may be the same pipe, and then the order matters.
        (void)write_all(entry.stream == Stream::error ? STDERR_FILENO : STDOUT_FILENO, line,
                        "the log"); // reader gone: no matter
    };
    RT_TRY(parsed->has("follow") ? follow_log(*engine, container, reader, sink) : reader.read(sink));
    if (reader.bad_lines() > 0)
        warn(cat("log of '", parsed->operands.front(), "': passed over ", reader.bad_lines(),
                 " lines that are no log entries"));
    return 0;
}

} // namespace

const Command kLogs = {"logs", "[OPTIONS] CONTAINER", "Show what a container has written", logs};

} // namespace rt::cli
