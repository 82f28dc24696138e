// SPDX-License-Identifier: Apache-2.0
// What a client asks of a container, in docker's shapes, as the engine has it. Errors name the field. Pure;
// any thread.
#pragma once

#include "core/container/exec.hpp"
#include "core/container/spec.hpp"
#include "core/container/update.hpp"
#include "tools/rtd/models/object_reader.hpp"

namespace rt::rtd {

// The body of POST /containers/create: Config with HostConfig and NetworkingConfig in it.
Result<ContainerSpec> container_request(const Json& body);

// Its parts, each in a file of its own.
void read_config(ObjectReader& config, ContainerSpec& spec);
void read_host_config(ObjectReader& host, ContainerSpec& spec);
void read_limits(ObjectReader& host, ContainerSpec& spec);
void read_security(ObjectReader& host, ContainerSpec& spec);
void read_mounts(ObjectReader& host, ContainerSpec& spec);
// EndpointSettings, of one network.
EndpointSettings read_endpoint(ObjectReader& endpoint, const std::string& network);

// POST /containers/{id}/update
Result<ContainerUpdate> update_request(const Json& body);
// POST /containers/{id}/exec
Result<ExecRequest> exec_request(const Json& body);

} // namespace rt::rtd
