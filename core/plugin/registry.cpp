// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/registry.hpp"

#include "core/config/json_lines.hpp"
#include "core/config/schema.hpp"
#include "core/config/wording.hpp"
#include "core/plugin/plugin_file.hpp"
#include "core/plugin/plugin_use.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace rt {
namespace {

// "config file '/etc/rt/config.json' line 12, /storage/drivers/bulk/config/pool", for errors.
std::string place_of(const Wiring& wiring, const std::string& pointer) {
    if (wiring.file.empty()) return cat("built-in wiring, ", pointer);
    // What the file does not say (a missing key) stands with the object that it is missing from.
    for (std::string above = pointer;; above.erase(above.rfind('/'))) {
        const auto origin = wiring.origins.find(above);
        const std::string prefix = cat(wiring.file.native(), ":");
        if (origin != wiring.origins.end() && origin->second.starts_with(prefix))
            return cat("config file '", wiring.file.native(), "' line ", origin->second.substr(prefix.size()),
                       ", ", pointer);
        if (above.rfind('/') == std::string::npos) break;
    }
    return cat("config file '", wiring.file.native(), "', ", pointer);
}

} // namespace

Result<ResolvedDriver> resolve_driver(const Wiring& wiring, Role role, const std::string& instance) {
    const RoleWiring& wired = wiring.role(role);
    const std::string& name = instance.empty() ? wired.default_instance : instance;
    const auto found = wired.drivers.find(name);
    if (found == wired.drivers.end()) {
        std::vector<std::string> known;
        for (const auto& [key, value] : wired.drivers) known.push_back(key);
        return fail(Code::not_found, "there is no ", name_of(role), " driver instance '", name, "'",
                    suggestion(name, known), "; instances: ", enumerate(known));
    }
    const std::string pointer = cat("/", name_of(role), "/drivers/", pointer_step(name));
    RT_TRY_ASSIGN(const Path file,
                  find_plugin(wiring, found->second.plugin, place_of(wiring, cat(pointer, "/plugin"))));
    RT_TRY_ASSIGN(const PluginFile plugin, read_plugin_file(file));
    if (name_of(role) != plugin.kind)
        return fail(Code::invalid_argument, place_of(wiring, cat(pointer, "/plugin")), ": plugin '",
                    plugin.id, "' ('", file.native(), "') is a ", plugin.kind, " driver, but ", name_of(role),
                    " needs one of its own kind");
    RT_TRY_ASSIGN(const Json schema, parse_schema(plugin.config_schema, plugin.id));
    Json config = Json::parse(found->second.config_json); // a part of the wiring file, which has been checked
    ResolvedDriver resolved;
    if (const auto checked = apply_schema(schema, config, &resolved.defaulted); !checked)
        return fail(Code::invalid_argument,
                    place_of(wiring, cat(pointer, "/config", checked.error().pointer)), ": ",
                    checked.error().text);
    resolved.spec = {file,
                     name,
                     config.dump(),
                     wiring.root / name_of(role) / name,
                     wiring.run / name_of(role) / name,
                     found->second.drafts,
                     true};
    return resolved;
}

Result<DriverSpec> DriverRegistry::resolve(Role role, const std::string& instance) {
    auto resolved = resolve_driver(wiring_, role, instance);
    if (!resolved) return std::unexpected(std::move(resolved).error());
    return std::move(resolved->spec);
}

template <class Interface, class Make>
Result<std::shared_ptr<Interface>> DriverRegistry::get(Instances<Interface>& instances, Role role,
                                                       const std::string& instance, Make make) {
    const std::string& name = instance.empty() ? wiring_.role(role).default_instance : instance;
    const std::scoped_lock lock(mutex_);
    if (const auto found = instances.find(name); found != instances.end()) return found->second;
    RT_TRY_ASSIGN(const DriverSpec spec, resolve(role, name));
    RT_TRY_ASSIGN(auto driver, make(spec));
    instances.emplace(name, driver);
    return driver;
}

Result<std::shared_ptr<StorageDriver>> DriverRegistry::storage(const std::string& instance) {
    return get(storage_, Role::storage, instance, make_storage_driver);
}

Result<std::shared_ptr<NetworkBackend>> DriverRegistry::network(const std::string& instance) {
    return get(network_, Role::network, instance, make_network_backend);
}

Result<std::shared_ptr<Isolation>> DriverRegistry::isolation(const std::string& instance) {
    return get(isolation_, Role::isolation, instance, make_isolation);
}

} // namespace rt
