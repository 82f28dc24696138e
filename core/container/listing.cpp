// SPDX-License-Identifier: Apache-2.0
#include "core/container/listing.hpp"

#include "core/base/text.hpp"
#include "core/container/joined_network.hpp"
#include "core/container/live_state.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/published_ports.hpp"
#include "core/container/recovery.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace rt {
namespace {

void add_ports(ContainerSummary& summary, const std::vector<std::string>& exposed) {
    for (const Attachment& attachment : summary.attachments)
        for (const PublishedPort& port : published_ports(attachment.endpoint))
            summary.ports.push_back({port.host_ip, port.host_port, port.container_port, port.protocol});
    for (const std::string& text : exposed) {
        const auto slash = text.find('/');
        ShownPort port;
        std::from_chars(text.data(), text.data() + std::min(slash, text.size()), port.container_port);
        if (slash != std::string::npos) port.protocol = text.substr(slash + 1);
        if (std::ranges::none_of(summary.ports, [&](const ShownPort& known) {
                return known.container_port == port.container_port && known.protocol == port.protocol;
            }))
            summary.ports.push_back(port);
    }
}

} // namespace

Result<Summarizer> Summarizer::make(Engine& engine, Engine::State& state) {
    Summarizer summarizer(engine, state);
    RT_TRY_ASSIGN(summarizer.attachments_, all_attachments(state.networks));
    return summarizer;
}

ContainerNow Summarizer::look_at(Container stored) {
    ContainerNow now;
    if (const auto found = running_.find(stored.id);
        stored.phase == Phase::running && found != running_.end()) {
        now.record = std::move(stored);
        now.live = live_state(*engine_, now.record, found->second);
    } else {
        now.record = as_it_is(*engine_, std::move(stored));
        now.live = live_state(*engine_, now.record);
    }
    const bool runs = now.live.state == "running" || now.live.state == "paused";
    if (const auto found = attachments_.find(now.record.id); runs && found != attachments_.end())
        now.attachments = std::move(found->second);
    return now;
}

// Many containers have the same image.
const std::optional<Json>& Summarizer::process_config_of(const std::string& image_id) {
    const auto [place, is_new] = process_configs_.try_emplace(image_id);
    if (!is_new) return place->second;
    if (const auto image = state_->images.find(image_id))
        if (auto config = process_config(image->config_json, image_id)) place->second = std::move(*config);
    return place->second;
}

ListedImage Summarizer::image_of(const Container& record) {
    const auto [place, is_new] = ids_.try_emplace(record.image_name);
    if (is_new)
        if (const auto image = state_->images.find(record.image_name)) place->second = image->id;
    return {place->second == record.image_id ? record.image_name : record.image_id,
            process_config_of(record.image_id).has_value()};
}

Result<ContainerSummary> Summarizer::summarize(ContainerNow now) {
    Result<ContainerSpec> spec = spec_from_json(now.record.spec);
    return summarize(std::move(now), std::move(spec));
}

// A summary is large: it is made where it is returned.
Result<ContainerSummary> Summarizer::summarize(ContainerNow now, Result<ContainerSpec>&& spec) {
    Result<ContainerSummary> made{std::in_place};
    if (auto filled = fill(*made, std::move(now), std::move(spec)); !filled)
        made = std::unexpected(std::move(filled).error());
    return made;
}

Result<void> Summarizer::fill(ContainerSummary& summary, ContainerNow now, Result<ContainerSpec>&& its_spec) {
    summary.record = std::move(now.record);
    const Container& record = summary.record;
    const LiveState& live = now.live;
    summary.image = image_of(record).shown;
    summary.state = live.state;
    summary.status = live.status;
    summary.health = live.health.is_null() ? "none" : live.health["Status"].get<std::string>();
    RT_TRY_ASSIGN(summary.spec, std::move(its_spec));
    const ContainerSpec& spec = summary.spec;
    const std::optional<Json>& config = process_config_of(record.image_id);
    Result<ProcessSummary> process = fail(Code::not_found, "");
    if (config) process = summarize_process(spec, *config);
    summary.command = joined(process ? process->arguments : spec.command, " ");
    RT_TRY_ASSIGN(summary.resolved_mounts, mounts_of(record, spec));
    for (const MountSpec& mount : summary.resolved_mounts) {
        if (mount.type != MountType::tmpfs) summary.mounts.push_back(mount.source);
        summary.mount_targets.push_back(mount.target);
    }
    for (const EndpointSettings& endpoint : wanted_endpoints(spec, record.network))
        summary.networks.push_back(endpoint.network);
    if (summary.state == "running" || summary.state == "paused") {
        summary.attachments = std::move(now.attachments);
        add_ports(summary, process ? process->exposed_ports : spec.exposed_ports);
    }
    summary.labels = process ? std::move(process->labels) : spec.labels;
    return {};
}

namespace {

// What is recorded of all of them, as of one moment.
struct Recorded {
    struct One {
        Container stored;
        Result<ContainerSpec> spec;
    };
    std::vector<One> containers;
    std::optional<Summarizer> summarizer;

    Result<void> read(Engine& engine, Engine::State& state, Which which) {
        std::vector<Container> all;
        RT_TRY(state.database.snapshot([&]() -> Result<void> {
            RT_TRY_ASSIGN(all, state.containers.list(ContainerStore::Starts::of_ended));
            RT_TRY_ASSIGN(summarizer, Summarizer::make(engine, state));
            return {};
        }));
        if (which == Which::alive) std::erase_if(all, is_at_rest);
        containers.clear();
        containers.reserve(all.size());
        for (Container& one : all) {
            Result<ContainerSpec> spec = spec_from_json(one.spec);
            containers.emplace_back(std::move(one), std::move(spec));
        }
        return {};
    }

    static bool is_at_rest(const Container& one) {
        return one.phase == Phase::exited || one.phase == Phase::created;
    }
    [[nodiscard]] std::vector<ContainerStore::Unsettled> unsettled() const {
        std::vector<ContainerStore::Unsettled> found;
        for (const auto& [one, spec] : containers)
            if (!is_at_rest(one)) found.push_back({one.id, one.name, one.phase});
        return found;
    }
};

} // namespace

Result<std::vector<Error>> visit_containers(Engine& engine, Which which, const VisitSummary& visit) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    auto begun = begin_survey(engine.wiring().run / "containers");
    Recorded recorded;
    RT_TRY(recorded.read(engine, *state, which)); // while the survey is under way
    RunSurvey survey = begun.get();
    Recovered recovered = recover(engine, *state, recorded.unsettled(), survey);
    if (recovered.is_changed) RT_TRY(recorded.read(engine, *state, which));
    recorded.summarizer->know(std::move(survey.running));
    for (auto& [stored, spec] : recorded.containers) {
        ContainerNow now = recorded.summarizer->look_at(std::move(stored));
        if (which == Which::alive && !now.is_alive()) continue;
        auto summary = recorded.summarizer->summarize(std::move(now), std::move(spec));
        if (!summary) return std::unexpected(std::move(summary).error());
        RT_TRY(visit(*summary));
    }
    return std::move(recovered.problems);
}

Result<ContainerList> list_containers(Engine& engine) {
    ContainerList list;
    RT_TRY_ASSIGN(list.problems, visit_containers(engine, Which::all, [&](ContainerSummary& summary) {
                      list.containers.push_back(std::move(summary));
                      return Result<void>();
                  }));
    return list;
}

} // namespace rt
