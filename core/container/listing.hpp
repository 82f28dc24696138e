// SPDX-License-Identifier: Apache-2.0
// Containers as docker ps lists them, and its filters.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/live_state.hpp"
#include "core/container/port_text.hpp"
#include "core/container/run_survey.hpp"
#include "core/container/spec.hpp"
#include "core/network/attachment.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rt {

struct ContainerSummary {
    Container record;                  // its start: see ContainerStore::Starts::of_ended
    std::string image;                 // ListedImage::shown
    std::string state;                 // docker's: created, running, paused, restarting, exited, removing
    std::string status;                // "Up 5 seconds", "Exited (1) 2 minutes ago"
    std::string health;                // starting, healthy, unhealthy, none
    std::string command;               // as docker shows it: joined with spaces
    StringMap labels;                  // the image's and the user's
    std::vector<std::string> networks; // by name
    std::vector<ShownPort> ports;      // published ones, and those that are only exposed
    std::vector<MountSpec> resolved_mounts;
    std::vector<std::string> mounts; // names of volumes, sources of others
    std::vector<std::string> mount_targets;
    ContainerSpec spec;
    std::vector<Attachment> attachments; // while it runs
};

struct ContainerList {
    std::vector<ContainerSummary> containers; // the newest first
    std::vector<Error> problems;              // what could not be cleaned up on the way
};

// All of them, also those that do not run.
Result<ContainerList> list_containers(Engine& engine);

// alive: those that run, are paused, or are about to be started again.
enum class Which { all, alive };

// As list_containers(), one after the other: who shows a thousand needs one at a time, of what is large. What
// could not be cleaned up on the way; visit's error ends it and is returned.
using VisitSummary = std::function<Result<void>(ContainerSummary&)>;
Result<std::vector<Error>> visit_containers(Engine& engine, Which which, const VisitSummary& visit);

// What a summary is made of besides the record and the image, looked at afresh each time. From the same parts
// the same summary is made, so that a server that is asked often can keep what it has made of them.
struct ContainerNow {
    Container record; // as_it_is()
    LiveState live;
    std::vector<Attachment> attachments;

    [[nodiscard]] bool is_alive() const {
        return live.state == "running" || live.state == "paused" || live.state == "restarting";
    }
};

// The image that a container was made from.
struct ListedImage {
    std::string
        shown; // the name it was made from, or the id where that name means no image or another by now
    bool exists = false; // it is still there, under whatever name
};

// For one listing: what containers have in common is asked for once. Borrows all.
class Summarizer {
public:
    // After the list was read.
    static Result<Summarizer> make(Engine& engine, Engine::State& state);

    // Those that were just seen to run need no look for their ends.
    void know(std::unordered_map<std::string, RunState> running) { running_ = std::move(running); }
    ContainerNow look_at(Container stored); // each once
    Result<ContainerSummary> summarize(ContainerNow now);
    Result<ContainerSummary> summarize(ContainerNow now, Result<ContainerSpec>&& spec); // its record's
    ListedImage image_of(const Container& record);

private:
    Summarizer(Engine& engine, Engine::State& state) : engine_(&engine), state_(&state) {}

    const std::optional<Json>& process_config_of(const std::string& image_id);
    Result<void> fill(ContainerSummary& summary, ContainerNow now, Result<ContainerSpec>&& its_spec);

    Engine* engine_;
    Engine::State* state_;
    std::unordered_map<std::string, RunState> running_;
    AttachmentsById attachments_;
    std::map<std::string, std::optional<Json>> process_configs_; // by image; none: it is gone
    std::map<std::string, std::string> ids_;                     // by name; empty: nothing has it
};

// docker's --filter: values of one key are alternatives, keys all have to fit.
class ContainerFilters {
public:
    // texts: "key=value". invalid_argument: no such key, or no value that it takes. Names of containers
    // (before, since) and images (ancestor) are looked up in state: not_found.
    static Result<ContainerFilters> parse(Engine::State& state, const std::vector<std::string>& texts);

    [[nodiscard]] bool matches(const ContainerSummary& container) const;
    // status or exited ask also for those that do not run.
    [[nodiscard]] bool wants_all() const;

private:
    std::multimap<std::string, std::string> values_;
};

} // namespace rt
