// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_json.hpp"

#include "core/api/parts.hpp"
#include "core/container/security_options.hpp"

namespace rt::api {
namespace {

Json state_json(const ContainerView& view) {
    const LiveState& live = view.live;
    const Container& record = view.record;
    const bool is_alive = live.state == "running" || live.state == "paused";
    Json state = {{"Status", live.state},
                  {"Running", is_alive || live.state == "restarting"},
                  {"Paused", live.state == "paused"},
                  {"Restarting", live.state == "restarting"},
                  {"OOMKilled", record.oom_killed},
                  {"Dead", false},
                  {"Pid", is_alive ? member_or(view.start, "pid", 0) : Json(0)},
                  {"ExitCode", record.exit_code},
                  {"Error", record.problem},
                  {"StartedAt", show_time(record.started_at)},
                  {"FinishedAt", show_time(record.finished_at)}};
    if (!live.health.is_null()) state["Health"] = live.health;
    return state;
}

Json origins_json(const Origins& origins) {
    Json list = Json::array();
    for (const Origin& origin : origins.all())
        list.push_back(
            {{"Kind", origin.kind}, {"Name", origin.name}, {"Value", origin.value}, {"From", origin.from}});
    return list;
}

// What docker does not have.
Json own_part(const ContainerView& view) {
    Json own{{"Drivers",
              {{"Storage", view.record.storage},
               {"Network", view.record.network},
               {"Isolation", view.record.isolation}}},
             {"Cgroup", view.cgroup},
             {"LogLinesLost", view.log_lines_lost},
             {"Phases", member_or(view.start, "phases", Json::array())},
             {"Warnings", member_or(view.start, "warnings", Json::array())}};
    if (view.origins) own["Origins"] = origins_json(*view.origins);
    return own;
}

// What a wrong option says was said when the container was made.
SecurityOptions security_of(const ContainerSpec& spec) {
    return parse_security_options(spec.security_opt).value_or(SecurityOptions());
}

} // namespace

Json container_json(const ContainerView& view) {
    const Container& record = view.record;
    const auto& words = view.arguments;
    const SecurityOptions security = security_of(view.spec);
    Json value{{"Id", record.id},
               {"Created", show_time(record.created_at)},
               {"Path", words.empty() ? std::string() : words.front()},
               {"Args", words.empty() ? std::vector<std::string>()
                                      : std::vector<std::string>(words.begin() + 1, words.end())},
               {"State", state_json(view)},
               {"Image", record.image_id},
               {"ResolvConfPath", (view.run_directory / "resolv.conf").native()},
               {"HostnamePath", (view.run_directory / "hostname").native()},
               {"HostsPath", (view.run_directory / "hosts").native()},
               {"LogPath", view.spec.log_config.type == "none" ? std::string() : view.log_file.native()},
               {"Name", cat("/", record.name)},
               {"RestartCount", record.restart_count},
               {"Driver", record.storage},
               {"Platform", "linux"},
               {"MountLabel", ""},
               {"ProcessLabel", selinux_label(security)},
               {"AppArmorProfile", security.apparmor},
               {"ExecIDs", or_null(view.exec_ids)},
               {"HostConfig", host_config_json(view.spec, record)},
               {"GraphDriver", {{"Name", record.storage}, {"Data", Json()}}},
               {"Mounts", mount_points_json(view.mounts, view.volumes)},
               {"Config", container_config_json(view)},
               {"NetworkSettings", network_settings_json(view)},
               {"Rt", own_part(view)}};
    if (!view.manifest.is_null()) value["ImageManifestDescriptor"] = view.manifest;
    if (view.sizes) {
        value["SizeRw"] = view.sizes->own;
        value["SizeRootFs"] = view.sizes->whole;
    }
    return value;
}

} // namespace rt::api
