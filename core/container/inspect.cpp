// SPDX-License-Identifier: Apache-2.0
#include "core/container/inspect.hpp"

#include "core/base/clock.hpp"
#include "core/container/live_state.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/spec.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

std::string show_time(std::int64_t ns) {
    return ns == 0 ? "0001-01-01T00:00:00Z" : rfc3339(ns);
}

// What runs in it, as far as its image is still there to say so.
std::vector<std::string> arguments_of(Engine::State& state, const Container& container,
                                      const ContainerSpec& spec) {
    const auto image = state.images.find(container.image_id);
    const auto plan = image ? plan_process(spec, image->config_json, {}) : fail(Code::not_found, "");
    return plan ? plan->arguments : spec.command;
}

Json endpoint_results(Engine::State& state, const std::string& container_id) {
    Json list = Json::array();
    if (const auto endpoints = state.networks.endpoints_of(container_id))
        for (const Endpoint& endpoint : *endpoints)
            if (!endpoint.result.empty()) {
                Json result = Json::parse(endpoint.result);
                result["network_id"] = endpoint.network_id;
                result["endpoint_id"] = endpoint.id;
                list.push_back(std::move(result));
            }
    return list;
}

Json state_json(const Container& container, const LiveState& live, const Json& start) {
    const bool is_alive = live.state == "running" || live.state == "paused";
    Json state = {{"Status", live.state},
                  {"Running", is_alive || live.state == "restarting"},
                  {"Paused", live.state == "paused"},
                  {"Restarting", live.state == "restarting"},
                  {"OOMKilled", container.oom_killed},
                  {"Dead", false},
                  {"Pid", is_alive ? start.value("pid", 0) : 0},
                  {"ExitCode", container.exit_code},
                  {"Error", container.problem},
                  {"StartedAt", show_time(container.started_at)},
                  {"FinishedAt", show_time(container.finished_at)}};
    if (!live.health.is_null()) state["Health"] = live.health;
    return state;
}

Json host_config(const ContainerSpec& spec, const Container& container) {
    Json binds = Json::array();
    for (const MountSpec& mount : spec.mounts)
        if (mount.type == MountType::bind)
            binds.push_back(cat(mount.source, ":", mount.target, mount.read_only ? ":ro" : ""));
    Json ports = Json::object();
    for (const PublishedPort& port : spec.ports)
        ports[cat(port.container_port, "/", port.protocol)].push_back(
            {{"HostIp", port.host_ip},
             {"HostPort", port.host_port == 0 ? "" : std::to_string(port.host_port)}});
    return {{"Binds", binds},
            {"PortBindings", ports},
            {"AutoRemove", spec.auto_remove},
            {"CapAdd", spec.cap_add},
            {"CapDrop", spec.cap_drop},
            {"Memory", spec.memory},
            {"NanoCpus", spec.nano_cpus},
            {"PidsLimit", spec.pids_limit},
            {"ReadonlyRootfs", spec.read_only},
            {"NetworkMode", container.network},
            {"IpcMode", spec.ipc_mode.empty() ? "private" : spec.ipc_mode},
            {"PidMode", spec.pid_mode},
            {"UTSMode", spec.uts_mode},
            {"UsernsMode", spec.userns_mode},
            {"Init", spec.init ? Json(*spec.init) : Json()},
            {"Runtime", container.isolation}};
}

Json network_settings(const Json& endpoints, const std::string& network) {
    Json ports = Json::object();
    Json networks = Json::object();
    for (const Json& endpoint : endpoints) {
        for (const Json& value : endpoint.value("ports", Json::array())) {
            const PublishedPort port = published_port_from_json(value);
            ports[cat(port.container_port, "/", port.protocol)].push_back(
                {{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
        }
        const auto addresses = endpoint.value("addresses", std::vector<std::string>());
        const std::string address = addresses.empty() ? "" : addresses.front();
        const auto slash = address.find('/');
        const Json interfaces = endpoint.value("interfaces", Json::array());
        networks[network] = {
            {"NetworkID", endpoint.at("network_id")},
            {"EndpointID", endpoint.at("endpoint_id")},
            {"Gateway", endpoint.value("gateway", "")},
            {"IPAddress", address.substr(0, slash)},
            {"IPPrefixLen", slash == address.npos ? 0 : std::stoi(address.substr(slash + 1))},
            {"MacAddress", interfaces.empty() ? std::string() : interfaces.front().value("mac", "")}};
    }
    return {{"Ports", ports}, {"Networks", networks}};
}

} // namespace

Result<Json> inspect_container(Engine& engine, const Container& stored) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const Container container = as_it_is(engine, stored);
    const LiveState live = live_state(engine, container);
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    RT_TRY_ASSIGN(const Json start, parse_json(container.start, "stored start"));
    const std::vector<std::string> arguments = arguments_of(*state, container, spec);
    const Json endpoints = endpoint_results(*state, container.id);
    Json mounts = Json::array();
    for (const MountSpec& mount : spec.mounts)
        mounts.push_back({{"Type", name_of(mount.type)},
                          {"Source", mount.source},
                          {"Destination", mount.target},
                          {"RW", !mount.read_only}});
    return Json{{"Id", container.id},
                {"Name", cat("/", container.name)},
                {"Created", show_time(container.created_at)},
                {"Path", arguments.empty() ? std::string() : arguments.front()},
                {"Args", arguments.empty()
                             ? std::vector<std::string>()
                             : std::vector<std::string>(arguments.begin() + 1, arguments.end())},
                {"State", state_json(container, live, start)},
                {"Image", container.image_id},
                {"RestartCount", container.restart_count},
                {"Platform", "linux"},
                {"LogPath", engine.log_file(container.id).native()},
                {"Config",
                 {{"Image", container.image_name},
                  {"Hostname", spec.hostname.empty() ? container.id.substr(0, 12) : spec.hostname},
                  {"User", spec.user},
                  {"Env", spec.environment},
                  {"WorkingDir", spec.working_directory},
                  {"Tty", spec.terminal},
                  {"OpenStdin", spec.open_stdin}}},
                {"HostConfig", host_config(spec, container)},
                {"Mounts", mounts},
                {"NetworkSettings", network_settings(endpoints, container.network)},
                {"Drivers",
                 {{"Storage", container.storage},
                  {"Network", container.network},
                  {"Isolation", container.isolation}}},
                {"Cgroup", (engine.wiring().cgroup_parent / container.id).native()},
                {"Phases", start.value("phases", Json::array())},
                {"Warnings", start.value("warnings", Json::array())}};
}

} // namespace rt
