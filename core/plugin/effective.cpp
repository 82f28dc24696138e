// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/effective.hpp"

#include "core/config/json_lines.hpp"
#include "core/plugin/registry.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace rt {
namespace {

// Where the values of the effective file are defaults of plugins: pointer -> the plugin's name.
using Defaults = std::map<std::string, std::string>;

Json driver_json(const Wiring& wiring, Role role, const std::string& instance, Defaults& defaults,
                 std::vector<std::string>& problems) {
    const DriverWiring& wired = wiring.role(role).drivers.at(instance);
    Json json{{"plugin", wired.plugin}, {"drafts", wired.drafts}};
    const auto resolved = resolve_driver(wiring, role, instance);
    json["config"] = Json::parse(resolved ? resolved->spec.config_json : wired.config_json);
    if (!resolved) {
        problems.push_back(resolved.error().message);
        return json;
    }
    const std::string pointer = cat("/", name_of(role), "/drivers/", pointer_step(instance), "/config");
    for (const std::string& below : resolved->defaulted)
        defaults[pointer + below] = resolved->spec.file.stem().native();
    return json;
}

Json whole(const Wiring& wiring, Defaults& defaults, std::vector<std::string>& problems) {
    const Wiring built_in = built_in_wiring();
    Json json{{"root", wiring.root.native()},
              {"run", wiring.run.native()},
              {"cgroup_parent", wiring.cgroup_parent.native()},
              {"plugin_path", Json::array()},
              {"id_pool", wiring.id_pool},
              {"init", {{"default", wiring.init.by_default}, {"program", wiring.init.program.native()}}}};
    for (const Path& directory : wiring.plugin_path) json["plugin_path"].push_back(directory.native());
    for (const Role role : kRoles) {
        Json drivers = Json::object();
        // A built-in driver that the file took away comes back unless it is taken away again.
        for (const auto& [instance, driver] : built_in.role(role).drivers) drivers[instance] = nullptr;
        for (const auto& [instance, wired] : wiring.role(role).drivers)
            drivers[instance] = driver_json(wiring, role, instance, defaults, problems);
        json[std::string(name_of(role))] = {{"default", wiring.role(role).default_instance},
                                            {"drivers", std::move(drivers)}};
    }
    return json;
}

std::string origin_of(const Wiring& wiring, const Defaults& defaults, const std::string& pointer) {
    if (const auto found = wiring.origins.find(pointer); found != wiring.origins.end()) return found->second;
    // A default may be an object or an array: its parts come from where it comes from.
    for (std::string above = pointer; !above.empty(); above.erase(above.rfind('/')))
        if (const auto found = defaults.find(above); found != defaults.end())
            return cat("default of plugin '", found->second, "'");
    return "built-in default";
}

void collect(const Wiring& wiring, const Defaults& defaults, const Json& json, const std::string& pointer,
             std::vector<WiringValue>& values) {
    if (!json.is_structured() || json.empty()) {
        values.push_back({pointer, json.dump(), origin_of(wiring, defaults, pointer)});
        return;
    }
    if (json.is_array())
        for (std::size_t i = 0; i < json.size(); ++i)
            collect(wiring, defaults, json[i], cat(pointer, "/", i), values);
    else
        for (const auto& item : json.items())
            collect(wiring, defaults, item.value(), cat(pointer, "/", pointer_step(item.key())), values);
}

} // namespace

Json effective_json(const Wiring& wiring, std::vector<std::string>& problems) {
    Defaults defaults;
    return whole(wiring, defaults, problems);
}

EffectiveWiring explain_wiring(const Wiring& wiring) {
    EffectiveWiring effective;
    Defaults defaults;
    const Json json = whole(wiring, defaults, effective.problems);
    collect(wiring, defaults, json, "", effective.values);
    return effective;
}

} // namespace rt
