// SPDX-License-Identifier: Apache-2.0
// The engine's drivers in the shape of docker's plugins: to be seen, not to be managed.
#include "core/plugin/plugin_file.hpp"
#include "core/plugin/plugin_use.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/routes/routes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::rtd {
namespace {

Json no_settings() {
    return {{"Mounts", Json::array()},
            {"Env", Json::array()},
            {"Args", Json::array()},
            {"Devices", Json::array()}};
}

// What docker's plugins have and ours, which are no containers, do not: empty.
Json config_of(const PluginFile& plugin) {
    return {
        {"Description", plugin.description},
        {"Documentation", ""},
        {"Interface", {{"Types", {cat("rt.", plugin.kind, "/", plugin.sdk_version)}}, {"Socket", ""}}},
        {"Entrypoint", Json::array()},
        {"WorkDir", ""},
        {"User", Json::object()},
        {"Network", {{"Type", "host"}}},
        {"Linux", {{"Capabilities", Json::array()}, {"AllowAllDevices", false}, {"Devices", Json::array()}}},
        {"PropagatedMount", ""},
        {"IpcHost", true},
        {"PidHost", true},
        {"Mounts", Json::array()},
        {"Env", Json::array()},
        {"Args", {{"Name", ""}, {"Description", ""}, {"Settable", Json::array()}, {"Value", Json::array()}}}};
}

struct Found {
    PluginFile plugin;
    bool in_use = false;
};

// Those that can be used; a file that is no plugin is told in the log.
std::vector<Found> find_plugins(const Wiring& wiring) {
    std::vector<Found> all;
    for (const Path& file : all_plugin_files(wiring)) {
        if (!found_before(wiring, file).empty()) continue;
        auto plugin = read_plugin_file(file);
        if (plugin)
            all.push_back({std::move(*plugin), !instances_using(wiring, file).empty()});
        else
            log(LogLevel::warning, plugin.error().message);
    }
    return all;
}

Json plugin_json(const Found& found) {
    return {{"Id", found.plugin.id},
            {"Name", cat(found.plugin.id, ":", found.plugin.version)},
            {"Enabled", found.in_use},
            {"Settings", no_settings()},
            {"Config", config_of(found.plugin)}};
}

Result<Answer> plugin_list(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto filters, filters_of(request));
    std::vector<std::string> kinds;
    std::optional<bool> in_use;
    for (const std::string& filter : filters) {
        const auto equals = filter.find('=');
        const std::string key = filter.substr(0, equals), value = filter.substr(equals + 1);
        if (key == "capability") {
            kinds.push_back(value);
        } else if (key == "enabled" || key == "enable") {
            if (value != "true" && value != "1" && value != "false" && value != "0")
                return fail(Code::invalid_argument, "invalid filter '", key, "=[", value, "]'");
            in_use = value == "true" || value == "1";
        } else {
            return fail(Code::invalid_argument, "invalid filter '", key,
                        "': known are capability and enabled");
        }
    }
    Json answer = Json::array();
    for (const Found& found : find_plugins(engine.wiring())) {
        if (in_use && *in_use != found.in_use) continue;
        if (!kinds.empty() && std::ranges::find(kinds, found.plugin.kind) == kinds.end()) continue;
        answer.push_back(plugin_json(found));
    }
    return json_answer(answer);
}

Result<Answer> plugin_inspect(Engine& engine, const Request& request) {
    const std::string name = request.parameter("name");
    for (const Found& found : find_plugins(engine.wiring()))
        if (name == found.plugin.id || name == cat(found.plugin.id, ":", found.plugin.version))
            return json_answer(plugin_json(found));
    return fail(Code::not_found, "plugin \"", name, "\" not found");
}

} // namespace

std::vector<Route> plugin_routes() {
    return {{"GET", "/plugins", plugin_list}, {"GET", "/plugins/{name...}/json", plugin_inspect}};
}

} // namespace rt::rtd
