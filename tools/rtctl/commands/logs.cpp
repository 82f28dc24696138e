// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "core/base/clock.hpp"
#include "core/base/time_text.hpp"
#include "core/container/live_state.hpp"
#include "core/container/spec.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/commands/logs_follow.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace rt::cli {
namespace {

Result<std::int64_t> parse_tail(const std::string& text) {
    if (text.empty() || text == "all") return -1;
    std::int64_t lines = 0;
    const char* const last = text.data() + text.size();
    if (std::from_chars(text.data(), last, lines).ptr != last)
        return fail(Code::invalid_argument, "--tail '", text, "' is not a number of lines or 'all'");
    return std::max<std::int64_t>(lines, -1); // below 0: all, as in docker
}

Result<std::int64_t> time_of(const Parsed& parsed, const std::string& option) {
    const auto text = parsed.get<std::string>(option);
    if (text.empty()) return 0;
    auto time = parse_time(text, now_ns());
    if (!time) return in_context(std::move(time).error(), "--", option);
    return time;
}

options::options_description describe_logs() {
    options::options_description description("Options");
    description.add_options()("follow,f", "go on with what comes, until the container ends")(
        "tail,n", options::value<std::string>()->value_name("NUMBER"),
        "only the last lines (default: all)")("timestamps,t", "when each line was written")(
        "since", options::value<std::string>()->value_name("TIME"),
        "only lines from a time on (2026-11-23T17:20:00Z, seconds since 1970), or from so long ago (10m)")(
        "until", options::value<std::string>()->value_name("TIME"), "only lines up to a time")(
        "details", "the labels and variables that the log options labels and env have chosen");
    return description;
}

// Prints the entries of a span: those of stdout to our stdout, those of stderr to our stderr.
class LogPrinter {
public:
    LogPrinter(const Parsed& parsed, LogSpan span)
        : span_(span), timestamps_(parsed.has("timestamps")), details_(parsed.has("details")) {}

    // False: nothing more is wanted, or nobody reads any more.
    bool print(const LogEntry& entry) {
        const auto place = span_.place_of(entry);
        if (place == LogSpan::Place::after) over_ = true;
        if (over_ || place == LogSpan::Place::before) return !over_;
        bool& goes_on = in_line_.at(static_cast<std::size_t>(entry.stream));
        std::string line;
        if (!goes_on && timestamps_) line += cat(entry.time, " ");
        if (!goes_on && details_) line += cat(entry.details, " ");
        line += entry.text;
        goes_on = !entry.text.ends_with('\n');
        // Unbuffered: both may be the same pipe, and then the order matters.
        if (!write_all(entry.stream == Stream::error ? STDERR_FILENO : STDOUT_FILENO, line, "the log"))
            over_ = true; // reader gone: no matter
        return !over_;
    }

private:
    LogSpan span_;
    bool timestamps_, details_;
    std::array<bool, 3> in_line_{}; // of each stream: the line goes on with the next entry
    bool over_ = false;
};

// What nobody will see is said.
void warn_of_losses(Engine& engine, const Container& container, const LogReader& reader) {
    if (reader.bad_lines() > 0)
        warn(cat("log of '", container.name, "': passed over ", reader.bad_lines(),
                 " lines that are no log entries"));
    const auto state = engine.state();
    const auto now = state ? (*state)->containers.find(container.id) : container; // it may have ended
    const std::int64_t lost = log_lines_lost(engine, now ? *now : container);
    if (lost == 0) return;
    const int reason = read_log_loss(engine.run_directory(container.id)).sys_errno;
    warn(cat("log of '", container.name, "': ", lost, " lines could not be written",
             reason == 0 ? std::string() : cat(" (", ::strerrordesc_np(reason), ")"),
             " and are lost: make room in '", engine.log_file(container.id).parent_path().native(), "'"));
}

Outcome logs(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kLogs, describe_logs(), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const std::int64_t tail, parse_tail(parsed->get<std::string>("tail")));
    LogSpan span;
    RT_TRY_ASSIGN(span.since, time_of(*parsed, "since"));
    RT_TRY_ASSIGN(span.until, time_of(*parsed, "until"));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(parsed->operands.front()));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    if (spec.log_config.type == "none")
        return fail(Code::failed_precondition, "logs of container '", container.name,
                    "': configured logging driver does not support reading: it was made with "
                    "--log-driver none");
    RT_TRY_ASSIGN(LogReader reader, LogReader::open(engine->log_file(container.id), tail));
    LogPrinter printer(*parsed, span);
    const LogSink sink = [&](const LogEntry& entry) { return printer.print(entry); };
    if (parsed->has("follow"))
        RT_TRY(follow_log(*engine, container, reader, {span.until, sink}));
    else
        RT_TRY(reader.read(sink));
    warn_of_losses(*engine, container, reader);
    return 0;
}

} // namespace

const Command kLogs = {"logs", "[OPTIONS] CONTAINER", "Show what a container has written", logs};

} // namespace rt::cli
