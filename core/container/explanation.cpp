// SPDX-License-Identifier: Apache-2.0
#include "core/container/explanation.hpp"

#include "core/container/oci_config.hpp"

namespace rt {
namespace {

// oci_config() knows no file: it says "wiring" of what it was given from there.
void name_the_file(Origins& origins, const Wiring& wiring) {
    const std::vector<Origin> noted = origins.all();
    for (const Origin& origin : noted)
        if (origin.from == "wiring")
            origins.note(origin.kind, origin.name, origin.value,
                         cat("wiring: ", wiring_origin(wiring, "/cgroup_parent")));
}

} // namespace

std::string wiring_origin(const Wiring& wiring, const std::string& pointer) {
    const auto found = wiring.origins.find(pointer);
    return found == wiring.origins.end() ? "built-in default" : found->second;
}

Result<Origins> explain_origins(const ContainerSpec& spec, const Wiring& wiring, const ExplainInput& input) {
    Origins origins;
    RT_TRY_ASSIGN(const ProcessPlan plan, plan_process(spec, input.image_config, input.hostname, &origins));
    RT_TRY_ASSIGN(HostFacts host, look_at_host(spec));
    RT_TRY(oci_config({.container_id = input.container_id,
                       .bundle = input.bundle,
                       .hostname = input.hostname,
                       .cgroup_parent = wiring.cgroup_parent.native(),
                       .own_network = input.own_network,
                       .spec = spec,
                       .plan = plan,
                       .host = std::move(host),
                       .init_program = spec.init.value_or(wiring.init.by_default) && spec.pid_mode.empty()
                                           ? wiring.init.program.native()
                                           : std::string(),
                       .origins = &origins}));
    name_the_file(origins, wiring);
    for (const PublishedPort& port : spec.ports)
        origins.note("published port", cat(port.container_port, "/", port.protocol),
                     cat(port.host_ip, ":", port.host_port), "flag --publish");
    return origins;
}

} // namespace rt
