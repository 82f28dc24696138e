// SPDX-License-Identifier: Apache-2.0
#include "core/container/create.hpp"

#include "core/container/launch.hpp"
#include "core/container/reap.hpp"

namespace rt {
namespace {

Result<void> walk(Launch& launch, const ContainerSpec& spec) {
    RT_TRY(launch.plan_new(spec));
    RT_TRY(launch.check_bind_sources());
    RT_TRY(launch.find_image());
    RT_TRY(launch.find_joined());
    RT_TRY(launch.check_together());
    RT_TRY(launch.record_new());
    RT_TRY(launch.warn_of_ports());
    RT_TRY(launch.prepare_storage());
    RT_TRY(launch.open_volumes(ContainerVolumes::Moment::created));
    return launch.state().containers.set_phase(launch.record().id, Phase::created);
}

} // namespace

Result<CreatedContainer> create(Engine& engine, const ContainerSpec& spec, const RunOptions& options) {
    Launch launch(engine, options);
    Result<void> outcome;
    try {
        outcome = walk(launch, spec);
    } catch (const std::exception& exception) {
        outcome = fail(Code::internal, "create a container of '", spec.image, "': ", exception.what());
    }
    if (outcome) return CreatedContainer{std::move(launch.record()), launch.take_warnings()};
    if (launch.has_begun())
        (void)abandon(engine, launch.record().id, nullptr, launch.take_lock());
    else
        launch.drop_lock();
    return std::unexpected(std::move(outcome).error());
}

} // namespace rt
