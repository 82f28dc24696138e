// SPDX-License-Identifier: Apache-2.0
#include "core/container/live_state.hpp"

#include "core/base/clock.hpp"
#include "core/shim/client.hpp"
#include "core/shim/run_files.hpp"

#include <unistd.h>

namespace rt {
namespace {

constexpr std::size_t kLargestHealth = 1U << 20U;

Json docker_health(const Json& health) {
    Json log = Json::array();
    if (const auto results = health.find("log"); results != health.end() && results->is_array())
        for (const Json& result : *results) {
            const auto time = [&](const char* key) {
                const Json value = result.is_object() ? result.value(key, Json()) : Json();
                return value.is_number_integer() ? rfc3339(value.get<std::int64_t>())
                       : value.is_string()       ? value.get<std::string>()
                                                 : std::string("0001-01-01T00:00:00Z");
            };
            log.push_back({{"Start", time("start")},
                           {"End", time("end")},
                           {"ExitCode", result.value("exit_code", 0)},
                           {"Output", result.value("output", "")}});
        }
    return {{"Status", health.value("status", "starting")},
            {"FailingStreak", health.value("failing_streak", 0)},
            {"Log", log}};
}

Json read_health(const Path& directory) {
    const auto text = read_file(directory / shim::kHealthName, kLargestHealth);
    const Json health = text ? Json::parse(*text, nullptr, false) : Json();
    if (!health.is_object()) return {};
    try {
        return docker_health(health);
    } catch (const Json::exception&) {
        return {}; // not as the shim writes it
    }
}

// Of a run that is over. docker calls all that are not checked any more unhealthy, and keeps what was found.
Json last_health(const Path& directory) {
    Json health = read_health(directory);
    if (!health.is_null()) health["Status"] = "unhealthy";
    return health;
}

Json recorded_health(const Engine& engine, const Container& container) {
    const Json start = Json::parse(container.start, nullptr, false);
    if (start.is_object() && start.contains("health")) return start["health"];
    return last_health(engine.run_directory(container.id)); // before the clean-up
}

std::string up(const Container& container, const LiveState& live) {
    std::string text = cat("Up ", human_duration(now_ns() - container.started_at));
    if (live.state == "paused") return text + " (Paused)";
    if (live.health.is_null()) return text;
    const auto status = live.health["Status"].get<std::string>();
    if (status == "starting") return text + " (health: starting)";
    return status == "healthy" || status == "unhealthy" ? cat(text, " (", status, ")") : text;
}

std::string ended(std::string_view how, const Container& container) {
    return cat(how, " (", container.exit_code, ") ", human_duration(now_ns() - container.finished_at),
               " ago");
}

} // namespace

Container as_it_is(Engine& engine, Container container) {
    if (container.phase != Phase::running) return container;
    if (const auto exit = read_exit_record(engine.run_directory(container.id)); exit && *exit) {
        container.phase = Phase::exited;
        container.exit_code = (*exit)->exit_code;
        container.finished_at = (*exit)->finished_at;
        container.oom_killed = (*exit)->oom_killed;
    }
    return container;
}

std::int64_t log_lines_lost(const Engine& engine, const Container& container) {
    if (container.phase != Phase::running) return container.log_lines_lost;
    return container.log_lines_lost +
           static_cast<std::int64_t>(read_log_loss(engine.run_directory(container.id)).lines);
}

std::string start_with_health(const Engine& engine, const Container& container) {
    const Json health = last_health(engine.run_directory(container.id));
    if (health.is_null()) return {};
    Json start = Json::parse(container.start, nullptr, false);
    if (!start.is_object()) return {};
    start["health"] = health;
    return start.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_paused(const Engine& engine, const std::string& id) {
    return ::access((engine.run_directory(id) / shim::kPausedName).c_str(), F_OK) == 0;
}

LiveState live_state(Engine& engine, const Container& container) {
    switch (container.phase) {
    case Phase::creating:
    case Phase::created: return {"created", "Created", {}};
    case Phase::removing: return {"removing", "Removal In Progress", {}};
    case Phase::exited: return {"exited", ended("Exited", container), recorded_health(engine, container)};
    case Phase::restarting:
        return {"restarting", ended("Restarting", container), recorded_health(engine, container)};
    case Phase::running: break;
    }
    return live_state(engine, container, {.paused = is_paused(engine, container.id), .has_health = true});
}

LiveState live_state(Engine& engine, const Container& container, const RunState& run) {
    LiveState live;
    live.state = run.paused ? "paused" : "running";
    if (run.has_health) live.health = read_health(engine.run_directory(container.id));
    live.status = up(container, live);
    return live;
}

} // namespace rt
