// SPDX-License-Identifier: Apache-2.0
#include "core/container/listing.hpp"

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
#include <unordered_set>

namespace rt {
namespace {

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// What is the same for many of them, looked up once.
struct Shared {
    Engine::State& state;
    std::unordered_set<std::string> running; // they just run: their exits need no look
    AttachmentsById attachments;
    std::map<std::string, std::optional<Json>> process_configs{}; // by image; none: the image is gone

    const std::optional<Json>& process_config_of(const std::string& image_id) {
        const auto [place, is_new] = process_configs.try_emplace(image_id);
        if (!is_new) return place->second;
        if (const auto image = state.images.find(image_id))
            if (auto config = process_config(image->config_json, image_id))
                place->second = std::move(*config);
        return place->second;
    }
};

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

Result<ContainerSummary> summarize(Engine& engine, Shared& shared, Container stored) {
    ContainerSummary summary;
    summary.record =
        shared.running.contains(stored.id) ? std::move(stored) : as_it_is(engine, std::move(stored));
    const Container& record = summary.record;
    LiveState live = live_state(engine, record);
    summary.state = std::move(live.state);
    summary.status = std::move(live.status);
    summary.health = live.health.is_null() ? "none" : live.health["Status"].get<std::string>();
    RT_TRY_ASSIGN(summary.spec, spec_from_json(record.spec));
    const ContainerSpec& spec = summary.spec;
    const std::optional<Json>& config = shared.process_config_of(record.image_id);
    Result<ProcessPlan> plan = fail(Code::not_found, "");
    if (config) plan = plan_process(spec, *config, {});
    summary.command = join(plan ? plan->arguments : spec.command);
    RT_TRY_ASSIGN(summary.resolved_mounts, mounts_of(record, spec));
    for (const MountSpec& mount : summary.resolved_mounts) {
        if (mount.type != MountType::tmpfs) summary.mounts.push_back(mount.source);
        summary.mount_targets.push_back(mount.target);
    }
    for (const EndpointSettings& endpoint : wanted_endpoints(spec, record.network))
        summary.networks.push_back(endpoint.network);
    const bool is_alive = summary.state == "running" || summary.state == "paused";
    if (const auto found = shared.attachments.find(record.id); is_alive && found != shared.attachments.end())
        summary.attachments = std::move(found->second);
    if (is_alive) add_ports(summary, plan ? plan->exposed_ports : spec.exposed_ports);
    summary.labels = plan ? std::move(plan->labels) : spec.labels;
    return summary;
}

} // namespace

Result<ContainerList> list_containers(Engine& engine) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    ContainerList list;
    Shared shared{.state = *state, .running = {}, .attachments = {}};
    list.problems = recover(engine, &shared.running);
    const auto listed = state->database.snapshot([&]() -> Result<void> {
        RT_TRY_ASSIGN(auto containers, state->containers.list());
        RT_TRY_ASSIGN(shared.attachments, all_attachments(state->networks));
        list.containers.reserve(containers.size());
        for (Container& stored : containers) {
            RT_TRY_ASSIGN(auto summary, summarize(engine, shared, std::move(stored)));
            list.containers.push_back(std::move(summary));
        }
        return {};
    });
    RT_TRY(listed);
    return list;
}

} // namespace rt
