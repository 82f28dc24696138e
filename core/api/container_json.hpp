// SPDX-License-Identifier: Apache-2.0
// Docker's answers about containers (Engine API v1.50), made of the engine's types. Every field that docker
// has is there, with docker's null, [] and {}; what docker leaves out when it is empty is left out. What rt
// has beyond docker stands below the one key "Rt". Pure; any thread.
#pragma once

#include "core/api/container_view.hpp"
#include "core/container/listing.hpp"

namespace rt::api {

// GET /containers/{id}/json: ContainerInspectResponse.
Json container_json(const ContainerView& view);

// One entry of GET /containers/json: ContainerSummary. volumes: the directory that has those of "local".
// size: only where it was counted.
Json container_summary_json(const ContainerSummary& summary, const Path& volumes,
                            const std::optional<DiskUse>& size = {});

// Its parts. image_config: the image's "config", hostile, or an empty object.
Json container_config_json(const ContainerView& view);
Json host_config_json(const ContainerSpec& spec, const Container& record);
Json network_settings_json(const ContainerView& view);

} // namespace rt::api
