// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/base/text.hpp"
#include "core/base/time_text.hpp"
#include "core/state/event_view.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/template.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace rt::cli {
namespace {

// Go's names of the members that have others in JSON: {{.ID}} and {{.TimeNano}} are written so.
const Template::Names& go_names() {
    static const Template::Names kNames{{"Status", "status"}, {"ID", "id"},     {"From", "from"},
                                        {"Scope", "scope"},   {"Time", "time"}, {"TimeNano", "timeNano"}};
    return kNames;
}

options::options_description describe_events() {
    options::options_description description("Options");
    description.add_options()("since", options::value<std::string>()->value_name("TIME"),
                              "also what was before: from a time (2026-11-23T17:20:00Z, seconds since 1970) "
                              "or from so long ago (10m)")(
        "until", options::value<std::string>()->value_name("TIME"), "only up to a time, then end")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: container, daemon, event, image, label, network, scope, type, volume (may be "
        "given again)")("format", options::value<std::string>()->value_name("FORMAT"),
                        "how to show them: json (one object a line) or a template");
    return description;
}

Result<std::int64_t> time_of(const Parsed& parsed, const std::string& option, std::int64_t now) {
    const auto text = parsed.get<std::string>(option);
    if (text.empty()) return 0;
    auto time = parse_time(text, now);
    if (!time) return in_context(std::move(time).error(), "--", option);
    return time;
}

Result<EventFollower::Span> span_of(const Parsed& parsed) {
    const std::int64_t now = now_ns();
    EventFollower::Span span;
    RT_TRY_ASSIGN(span.since, time_of(parsed, "since", now));
    RT_TRY_ASSIGN(span.until, time_of(parsed, "until", now));
    if (span.until != 0 && span.since > span.until)
        return fail(Code::invalid_argument, "--since '", parsed.get<std::string>("since"),
                    "' is later than --until '", parsed.get<std::string>("until"), "'");
    return span;
}

// One event a line: docker's text, JSON, or what a template makes of it.
class EventPrinter {
public:
    static Result<EventPrinter> make(const std::string& format) {
        EventPrinter printer;
        printer.json_ = format == "json";
        if (!format.empty() && !printer.json_) {
            RT_TRY_ASSIGN(printer.template_, Template::parse(format));
            printer.template_->set_names(go_names());
        }
        return printer;
    }

    Result<void> print(const Event& event) const {
        if (json_) {
            print_json_line(event_json(event));
        } else if (template_) {
            RT_TRY_ASSIGN(const std::string text, template_->render(event_json(event)));
            print_line(printable_lines(text));
        } else {
            print_line(printable(text_of(event)));
        }
        return {};
    }

private:
    static std::string text_of(const Event& event) {
        std::string details;
        for (const auto& [key, value] : attributes_of(event))
            details += cat(details.empty() ? "" : ", ", key, "=", value);
        return cat(rfc3339_local(event.time), " ", event.type, " ", event.action, " ", event.actor_id,
                   details.empty() ? std::string() : cat(" (", details, ")"));
    }

    bool json_ = false;
    std::optional<Template> template_;
};

// False: nobody reads any more.
Result<bool> wait_for_more(const EventFollower& follower) {
    std::array<pollfd, 2> polled{pollfd{follower.fd(), POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
    if (::poll(polled.data(), polled.size(), follower.wait_limit()) < 0 && errno != EINTR)
        return fail_errno(errno, "wait for events");
    return (polled[1].revents & (POLLERR | POLLNVAL)) == 0;
}

Result<void> follow(Engine& engine, EventFollower& follower, const EventFilters& filters,
                    const EventPrinter& printer) {
    std::int64_t lost_told = 0;
    for (;;) {
        RT_TRY_ASSIGN(const std::vector<Event> events, follower.read());
        if (follower.lost() > lost_told)
            warn(cat("events: ", follower.lost() - lost_told, " were removed from the log in '",
                     engine.wiring().root.native(), "' before they could be read: it keeps the last ",
                     EventLog::kKept));
        lost_told = follower.lost();
        for (const Event& event : events)
            if (filters.matches(event)) RT_TRY(printer.print(event));
        if (std::fflush(stdout) != 0) return {}; // run_command() says why
        if (follower.over()) return {};
        RT_TRY_ASSIGN(const bool is_read, wait_for_more(follower));
        if (!is_read) return {};
    }
}

Outcome events(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kEvents, describe_events(), arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const EventFollower::Span span, span_of(*parsed));
    RT_TRY_ASSIGN(const EventFilters filters,
                  EventFilters::parse(parsed->get<std::vector<std::string>>("filter")));
    RT_TRY_ASSIGN(const EventPrinter printer, EventPrinter::make(parsed->get<std::string>("format")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(EventFollower follower, EventFollower::open(state->events, engine->wiring().root, span));
    RT_TRY(follow(*engine, follower, filters, printer));
    return 0;
}

} // namespace

const Command kEvents = {"events", "[OPTIONS]", "Show what happens to containers, images and networks",
                         events};

} // namespace rt::cli
