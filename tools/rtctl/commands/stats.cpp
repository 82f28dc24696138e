// SPDX-License-Identifier: Apache-2.0
#include "core/container/stats.hpp"
#include "core/base/id.hpp"

#include "core/container/live_state.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/listing.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace rt::cli {
namespace {

constexpr int kInterval = 1000; // ms, as docker's daemon samples
constexpr const char* kNothing = "--";

constexpr std::array kStatsFields = {
    ListingField{"Container", "CONTAINER"},
    ListingField{"Name", "NAME"},
    ListingField{"ID", "CONTAINER ID"},
    ListingField{"CPUPerc", "CPU %"},
    ListingField{"MemUsage", "MEM USAGE / LIMIT"},
    ListingField{"MemPerc", "MEM %"},
    ListingField{"NetIO", "NET I/O"},
    ListingField{"BlockIO", "BLOCK I/O"},
    ListingField{"PIDs", "PIDS"},
};

// A container that is shown.
struct Watched {
    std::string shown_as; // as the user named it; "": by its id
    Container record;
    StatsReader reader;
    std::optional<StatsSample> before, now; // now: empty while there is nothing to show
};

std::string percentage(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f%%", value);
    return text.data();
}

std::string pair_of(const std::string& first, const std::string& second) {
    return cat(first, " / ", second);
}

// Values of docker's formatter; `--` stands for what is not known (yet).
Json row_of(const Watched& watched, bool whole) {
    const std::string id = whole ? watched.record.id : short_id(watched.record.id);
    Json row = {{"Container", watched.shown_as.empty() ? id : watched.shown_as},
                {"Name", watched.record.name},
                {"ID", id},
                {"CPUPerc", kNothing},
                {"MemUsage", pair_of(kNothing, kNothing)},
                {"MemPerc", kNothing},
                {"NetIO", kNothing},
                {"BlockIO", kNothing},
                {"PIDs", kNothing}};
    if (!watched.now || !watched.before) return row;
    if (watched.before->read == 0 && watched.now->read != 0) return row; // it has begun to run
    const ResourceUse use = resource_use(*watched.now, *watched.before);
    row["CPUPerc"] = percentage(use.cpu_percent);
    row["MemUsage"] = pair_of(human_size_binary(use.memory), human_size_binary(use.memory_limit));
    row["MemPerc"] = percentage(use.memory_percent);
    row["NetIO"] = pair_of(human_size(use.received), human_size(use.sent));
    row["BlockIO"] = pair_of(human_size(use.block_read), human_size(use.block_written));
    row["PIDs"] = std::to_string(use.pids);
    return row;
}

bool runs(const Container& container) {
    return container.phase == Phase::running || container.phase == Phase::restarting;
}

class Screen {
public:
    Screen(Engine& engine, const Parsed& parsed)
        : engine_(engine), format_(parsed.get<std::string>("format")), names_(parsed.operands),
          all_(parsed.has("all")), whole_(parsed.has("no-trunc")) {}

    // Those that are to be shown now: the named ones as long as they are there, else all that run (or are).
    Result<void> look() {
        RT_TRY_ASSIGN(Engine::State* const state, engine_.state());
        if (!names_.empty() && !looked_) RT_TRY(add_named(*state));
        std::vector<Watched> kept;
        if (names_.empty()) {
            RT_TRY_ASSIGN(const auto containers, state->containers.list());
            for (const Container& container : containers)
                if (all_ || runs(as_it_is(engine_, container))) kept.push_back(take_or_make(container));
        } else {
            for (Watched& watched : watched_) {
                auto record = state->containers.find(watched.record.id);
                if (!record && record.error().code == Code::not_found) continue;
                if (!record) return std::unexpected(std::move(record).error());
                watched.record = std::move(*record);
                kept.push_back(std::move(watched));
            }
        }
        watched_ = std::move(kept);
        looked_ = true;
        return {};
    }

    // unsupported: the isolation driver of one that was named does not count. Whatever else fails shows as
    // "--" in its line.
    Result<void> sample() {
        for (Watched& watched : watched_) {
            auto sample = watched.reader.read();
            if (!sample && sample.error().code == Code::unsupported && !names_.empty())
                return std::unexpected(std::move(sample).error());
            const bool rests = !sample && sample.error().code == Code::failed_precondition;
            watched.before = rests ? StatsSample() : std::move(watched.now);
            watched.now.reset();
            if (sample)
                watched.now = std::move(*sample);
            else if (rests)
                watched.now = StatsSample();
        }
        return {};
    }

    Result<void> show() const {
        RT_TRY_ASSIGN(Listing listing, Listing::make(format_, kStatsFields,
                                                     {"ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO",
                                                      "BlockIO", "PIDs"}));
        for (const Watched& watched : watched_) RT_TRY(listing.add(row_of(watched, whole_)));
        listing.print();
        return {};
    }

    [[nodiscard]] bool is_over() const { return !names_.empty() && watched_.empty(); }

private:
    Result<void> add_named(Engine::State& state) {
        for (const std::string& name : names_) {
            RT_TRY_ASSIGN(Container found, state.containers.find(name));
            RT_TRY_ASSIGN(found, refresh(engine_, found));
            const bool known = std::ranges::any_of(
                watched_, [&](const Watched& watched) { return watched.record.id == found.id; });
            if (known) continue;
            StatsReader reader(engine_, found);
            watched_.push_back({name, std::move(found), std::move(reader), {}, {}});
        }
        return {};
    }
    Watched take_or_make(const Container& container) {
        const auto known = std::ranges::find_if(
            watched_, [&](const Watched& watched) { return watched.record.id == container.id; });
        if (known == watched_.end()) return {"", container, StatsReader(engine_, container), {}, {}};
        Watched watched = std::move(*known);
        watched_.erase(known);
        watched.record = container;
        return watched;
    }

    Engine& engine_;
    std::string format_;
    std::vector<std::string> names_;
    bool all_, whole_;
    bool looked_ = false;
    std::vector<Watched> watched_;
};

void wait_an_interval() {
    ::poll(nullptr, 0, kInterval);
}

Result<int> once(Screen& screen) {
    RT_TRY(screen.look());
    RT_TRY(screen.sample());
    wait_an_interval(); // a percentage is of the time between two looks
    RT_TRY(screen.sample());
    RT_TRY(screen.show());
    return 0;
}

// On a terminal each screen replaces the one before.
Result<int> stream(Screen& screen) {
    const bool redraws = is_terminal(STDOUT_FILENO);
    for (;;) {
        RT_TRY(screen.look());
        if (screen.is_over()) return 0;
        RT_TRY(screen.sample());
        if (redraws) std::fputs("\033[H\033[J", stdout);
        RT_TRY(screen.show());
        if (std::fflush(stdout) != 0) return fail_errno(errno, "write to standard output");
        wait_an_interval();
    }
}

Outcome stats_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("all,a", "also those that do not run")("no-stream", "show them once")(
        "no-trunc", "whole ids")("format", options::value<std::string>()->value_name("FORMAT"),
                                 "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    RT_TRY_ASSIGN(const auto parsed, parse(kStats, description, arguments, Operands::anywhere, 0, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY(
        Listing::make(parsed->get<std::string>("format"), kStatsFields, {})); // before anything is waited for
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    for (const Error& problem : recover(*engine)) warn(problem.message);
    Screen screen(*engine, *parsed);
    return parsed->has("no-stream") ? once(screen) : stream(screen);
}

} // namespace

const Command kStats = {"stats", "[OPTIONS] [CONTAINER...]",
                        "Show what containers use: processors, memory, network, disks, processes",
                        stats_command};

} // namespace rt::cli
