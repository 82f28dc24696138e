// SPDX-License-Identifier: Apache-2.0
#include "core/container/run.hpp"

#include "core/container/launch.hpp"
#include "core/container/reap.hpp"

namespace rt {
namespace {

Result<void> walk(Launch& launch, const ContainerSpec& spec) {
    RT_TRY(launch.plan_new(spec));
    RT_TRY(launch.launch_shim());
    RT_TRY(launch.find_image());
    RT_TRY(launch.find_joined());
    RT_TRY(launch.join_networks());
    RT_TRY(launch.record_new());
    RT_TRY(launch.prepare_storage());
    RT_TRY(launch.open_volumes(ContainerVolumes::Moment::run));
    RT_TRY(launch.make_bundle());
    RT_TRY(launch.make_container());
    return launch.start(StartedBy::user);
}

} // namespace

std::expected<RunningContainer, RunFailure> run(Engine& engine, const ContainerSpec& spec,
                                                const RunOptions& options) {
    Launch launch(engine, options);
    Result<void> outcome;
    try {
        outcome = walk(launch, spec);
    } catch (const std::exception& exception) {
        outcome = fail(Code::internal, "run '", spec.image, "': ", exception.what());
    }
    if (outcome) return launch.running();
    Error error = with_last_words(engine, launch.record().id, launch.shim(), std::move(outcome).error());
    // The error that led here is the one to report; what cannot be undone now, recover() undoes later.
    if (launch.has_begun())
        (void)abandon(engine, launch.record().id, launch.shim(), launch.take_lock());
    else
        launch.drop_lock();
    return std::unexpected(RunFailure{std::move(error), launch.program_failed()});
}

} // namespace rt
