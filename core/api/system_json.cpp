// SPDX-License-Identifier: Apache-2.0
#include "core/api/system_json.hpp"

#include "core/base/clock.hpp"
#include "core/image/platform.hpp"

namespace rt::api {
namespace {

// In docker's words.
std::vector<std::string> warnings_of(const Json& info) {
    const std::pair<const char*, const char*> known[] = {
        {"MemoryLimit", "WARNING: No memory limit support"},
        {"SwapLimit", "WARNING: No swap limit support"},
        {"CpuCfsQuota", "WARNING: No cpu cfs quota support"},
        {"CPUShares", "WARNING: No cpu shares support"},
        {"CPUSet", "WARNING: No cpuset support"},
        {"PidsLimit", "WARNING: No pids limit support"},
        {"IPv4Forwarding", "WARNING: IPv4 forwarding is disabled"},
    };
    std::vector<std::string> warnings;
    for (const auto& [key, text] : known)
        if (!info.at(key)) warnings.emplace_back(text);
    return warnings;
}

} // namespace

Json info_json(const EngineView& engine, const HostView& host, const std::string& version) {
    std::int64_t all = 0;
    for (const auto& [unused, count] : engine.containers) all += count;
    const auto count = [&](const char* state) {
        const auto found = engine.containers.find(state);
        return found == engine.containers.end() ? std::int64_t{0} : found->second;
    };
    const std::int64_t paused = count("paused");
    const std::int64_t running = count("running"); // as docker counts: one that restarts has stopped
    const auto has = [&](const char* controller) { return host.controllers.contains(controller); };
    const std::string runtime = engine.drivers.at(Role::isolation).front();
    Json info{{"Containers", all},
              {"ContainersRunning", running},
              {"ContainersPaused", paused},
              {"ContainersStopped", all - running - paused},
              {"Images", engine.images},
              {"Driver", engine.drivers.at(Role::storage).front()},
              {"DriverStatus", Json::array({Json::array({"Plugin", engine.storage_plugin})})},
              {"DockerRootDir", engine.root.native()},
              {"Plugins",
               {{"Volume", {"local"}},
                {"Network", engine.drivers.at(Role::network)},
                {"Authorization", Json()},
                {"Log", {"json-file", "none"}}}},
              {"MemoryLimit", has("memory")},
              {"SwapLimit", host.swap_limit},
              {"CpuCfsPeriod", has("cpu")},
              {"CpuCfsQuota", has("cpu")},
              {"CPUShares", has("cpu")},
              {"CPUSet", has("cpuset")},
              {"PidsLimit", has("pids")},
              {"OomKillDisable", host.oom_switch},
              {"IPv4Forwarding", host.forwards_ipv4},
              {"SystemTime", rfc3339(engine.time)},
              {"LoggingDriver", "json-file"},
              {"CgroupDriver", "cgroupfs"},
              {"CgroupVersion", host.cgroup_v2 ? "2" : "1"},
              {"KernelVersion", host.kernel},
              {"OperatingSystem", host.system},
              {"OSVersion", host.system_version},
              {"OSType", "linux"},
              {"Architecture", host.machine},
              {"NCPU", host.processors},
              {"MemTotal", host.memory},
              {"Name", host.name},
              {"Labels", Json::array()},
              {"ExperimentalBuild", false},
              {"ServerVersion", version},
              {"Runtimes", {{runtime, {{"path", engine.isolation_plugin}}}}},
              {"DefaultRuntime", runtime},
              {"Swarm",
               {{"NodeID", ""},
                {"NodeAddr", ""},
                {"LocalNodeState", "inactive"},
                {"ControlAvailable", false},
                {"Error", ""},
                {"RemoteManagers", Json()}}},
              {"LiveRestoreEnabled", true}, // containers need nothing that could be restarted
              {"InitBinary", engine.init.native()},
              {"SecurityOptions", {"name=seccomp,profile=builtin"}}};
    info["Warnings"] = warnings_of(info);
    for (const auto& [role, instances] : engine.drivers)
        info["Rt"]["Drivers"][std::string(name_of(role))] = instances;
    return info;
}

Json version_json(const HostView& host, const std::string& version) {
    return {{"Platform", {{"Name", "rt"}}},
            {"Components", Json::array({{{"Name", "Engine"}, {"Version", version}}})},
            {"Version", version},
            {"ApiVersion", "1.50"},
            {"Os", "linux"},
            {"Arch", host_platform().architecture},
            {"KernelVersion", host.kernel}};
}

} // namespace rt::api
