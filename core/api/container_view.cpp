// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_view.hpp"

#include "core/api/image_view.hpp"
#include "core/api/parts.hpp"
#include "core/base/id.hpp"
#include "core/container/explanation.hpp"
#include "core/container/id_ranges.hpp"
#include "core/container/mount_origins.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/process_plan.hpp"
#include "core/shim/client.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace rt::api {
namespace {

std::string host_name() {
    std::array<char, 65> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

// As a start chooses it: of who shares the host's, it is the host's.
std::string hostname_of(const ContainerView& view, bool host_network) {
    if (!view.spec.hostname.empty()) return view.spec.hostname;
    return host_network || view.spec.uts_mode == "host" ? host_name() : short_id(view.record.id);
}

// The image may be gone: then what the user asked for is all there is to say.
Result<std::string> add_image(Engine& engine, Engine::State& state, ContainerView& view) {
    auto image = state.images.find(view.record.image_id);
    if (!image && image.error().code != Code::not_found) return std::unexpected(std::move(image).error());
    view.arguments = view.spec.entrypoint.value_or(std::vector<std::string>());
    if (!image) {
        view.arguments.insert(view.arguments.end(), view.spec.command.begin(), view.spec.command.end());
        return std::string();
    }
    const Json document = Json::parse(image->config_json, nullptr, false);
    view.image_config = member_or(document, "config", Json::object());
    view.manifest = manifest_descriptor(engine, *image);
    if (const auto plan = plan_process(view.spec, image->config_json, {})) view.arguments = plan->arguments;
    return std::move(image->config_json);
}

// Those that run. A shim that does not answer has none that could be told.
std::vector<std::string> running_execs(const Path& run_directory) {
    std::vector<std::string> ids;
    auto shim = ShimClient::connect(run_directory);
    const auto state = shim ? shim->state() : std::unexpected(shim.error());
    if (!state) return ids;
    for (const ShimExecState& exec : state->execs)
        if (exec.running) ids.push_back(exec.id);
    return ids;
}

} // namespace

Result<ContainerView> look_at(Engine& engine, const Container& stored, const ViewOptions& options) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    ContainerView view;
    view.record = as_it_is(engine, stored);
    view.live = live_state(engine, view.record);
    view.log_lines_lost = log_lines_lost(engine, stored);
    RT_TRY_ASSIGN(view.spec, spec_from_json(stored.spec));
    RT_TRY_ASSIGN(view.mounts, mounts_of(stored, view.spec));
    view.volumes = engine.wiring().root / "volumes";
    RT_TRY_ASSIGN(view.start, parse_json(stored.start, "stored start"));
    RT_TRY_ASSIGN(const std::string image_config, add_image(engine, *state, view));
    RT_TRY_ASSIGN(view.attachments, attachments_of(state->networks, stored.id));
    RT_TRY_ASSIGN(const auto network, state->networks.find(stored.network));
    if (network) view.network_id = network->id;
    const bool host_network = network && network->traits.host_namespace;
    view.hostname = hostname_of(view, host_network);
    view.run_directory = engine.run_directory(stored.id);
    view.log_file = engine.log_file(stored.id);
    view.cgroup = cgroup_path_of(view.spec, engine.wiring().cgroup_parent.native(), stored.id);
    if (view.live.state == "running" || view.live.state == "paused")
        view.exec_ids = running_execs(view.run_directory);
    if (options.sizes) {
        RT_TRY_ASSIGN(view.sizes, disk_use(engine, view.record));
    }
    if (options.origins) {
        RT_TRY_ASSIGN(const IdRange ids, id_range_of(state->database, stored.id));
        RT_TRY_ASSIGN(view.origins,
                      explain_origins(view.spec, engine.wiring(),
                                      {.container_id = stored.id,
                                       .hostname = view.hostname,
                                       .bundle = view.run_directory.native(),
                                       .image_config = image_config,
                                       .own_network = !host_network,
                                       .storage = stored.storage,
                                       .network = stored.network,
                                       .isolation = stored.isolation,
                                       .attachments = view.attachments,
                                       .warnings = texts_of(member_or(view.start, "warnings", Json::array())),
                                       .ids = ids}));
        RT_TRY(note_mount_origins(*view.origins, *state, view.spec, view.mounts, image_config));
    }
    return view;
}

} // namespace rt::api
