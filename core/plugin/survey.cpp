// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/survey.hpp"

#include "core/config/schema.hpp"
#include "core/plugin/instance.hpp"
#include "core/plugin/registry.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <utility>

namespace rt {
namespace {

std::vector<const char*> known_interfaces(Role role) {
    switch (role) {
    case Role::storage: return {RTP_STORAGE_V1, RTP_STORAGE_USAGE_V1, RTP_LEFTOVERS_V1};
    case Role::network:
        return {RTP_NETWORK_V1,       RTP_NETWORK_ROUTES_V1, RTP_NETWORK_PORTS_V1,
                RTP_NETWORK_NAMES_V1, RTP_NETWORK_STATS_V1,  RTP_LEFTOVERS_V1};
    case Role::isolation:
        return {RTP_ISOLATION_V1,       RTP_ISOLATION_NETNS_V1,  RTP_ISOLATION_FREEZE_V1,
                RTP_ISOLATION_STATS_V1, RTP_ISOLATION_UPDATE_V1, RTP_ISOLATION_PROCESSES_V1,
                RTP_LEFTOVERS_V1};
    }
    return {};
}

std::vector<std::string> feature_names(Role role, std::uint64_t features) {
    std::vector<std::string> names;
    const auto add = [&](Role owner, std::uint64_t flag, const char* name) {
        if (role == owner && (features & flag) != 0) names.emplace_back(name);
    };
    add(Role::storage, RTP_STORAGE_OVERLAY_LAYERS, "overlay-layers");
    add(Role::storage, RTP_STORAGE_UNSYNCED, "unsynced");
    add(Role::network, RTP_NETWORK_HOST_NAMESPACE, "host-namespace");
    add(Role::network, RTP_NETWORK_PORTS, "ports");
    add(Role::network, RTP_NETWORK_SEVERAL, "several");
    add(Role::network, RTP_NETWORK_MAC, "mac");
    add(Role::network, RTP_NETWORK_IPV6, "ipv6");
    return names;
}

// Every first table begins with its features (frozen in ABI 1).
static_assert(offsetof(rtp_storage_v1, features) == 0 && offsetof(rtp_network_v1, features) == 0 &&
              offsetof(rtp_isolation_v1, features) == 0);

Result<void> look_closely(const DriverSpec& spec, DriverReport& report) {
    RT_TRY_ASSIGN(const rtp_entry* entry, load_plugin(spec.file));
    report.plugin = cat(entry->id, " ", entry->version);
    RT_TRY(parse_schema(entry->config_schema, entry->id, SchemaCheck::thorough));
    RT_TRY_ASSIGN(const auto plugin, PluginInstance::make(spec, name_of(report.role)));
    for (const char* id : known_interfaces(report.role)) {
        const void* table = plugin->find(id);
        if (table == nullptr) continue;
        if (report.interfaces.empty())
            report.features = feature_names(report.role, *static_cast<const std::uint64_t*>(table));
        report.interfaces.emplace_back(id);
    }
    RT_TRY_ASSIGN(report.facts, plugin->probe(Operation{"survey"}));
    // The adapters check the tables as a container's start would.
    switch (report.role) {
    case Role::storage: RT_TRY(make_storage_driver(spec)); break;
    case Role::network: RT_TRY(make_network_backend(spec)); break;
    case Role::isolation: RT_TRY(make_isolation(spec)); break;
    }
    return {};
}

void conclude(const Result<void>& outcome, DriverReport& report) {
    if (outcome) {
        report.status = DriverStatus::works;
        return;
    }
    report.reason = outcome.error().message;
    const Code code = outcome.error().code;
    // Only what the probe itself says of this host; a plugin that was not trusted is wrong wherever it is.
    const bool was_made = !report.interfaces.empty();
    const bool lacks_rights = code == Code::permission_denied && ::geteuid() != 0;
    if (lacks_rights || (was_made && (code == Code::unsupported || code == Code::permission_denied)))
        report.status = DriverStatus::unusable;
}

} // namespace

Role role_of(std::string_view kind) {
    return kind == RTP_KIND_STORAGE   ? Role::storage
           : kind == RTP_KIND_NETWORK ? Role::network
                                      : Role::isolation;
}

DriverReport survey_driver(const Wiring& wiring, Role role, const std::string& instance) {
    DriverReport report;
    report.role = role;
    report.instance = instance;
    report.is_default = instance == wiring.role(role).default_instance;
    if (const auto wired = wiring.role(role).drivers.find(instance); wired != wiring.role(role).drivers.end())
        report.plugin = wired->second.plugin;
    conclude(
        [&]() -> Result<void> {
            RT_TRY_ASSIGN(const ResolvedDriver resolved, resolve_driver(wiring, role, instance));
            report.file = resolved.spec.file;
            return look_closely(resolved.spec, report);
        }(),
        report);
    return report;
}

std::vector<DriverReport> survey_drivers(const Wiring& wiring) {
    std::vector<DriverReport> reports;
    for (const Role role : kRoles)
        for (const auto& [instance, wired] : wiring.role(role).drivers)
            reports.push_back(survey_driver(wiring, role, instance));
    return reports;
}

DriverReport survey_plugin(const Wiring& wiring, const Path& file, const PluginFile& plugin) {
    DriverReport report;
    report.role = role_of(plugin.kind);
    report.instance = plugin.id;
    report.plugin = cat(plugin.id, " ", plugin.version);
    report.file = file;
    const Path scratch = wiring.root / cat("survey-", ::getpid());
    Rollback rollback;
    rollback.add([&] { (void)remove_tree(scratch); }); // empty directories at worst
    conclude(
        [&]() -> Result<void> {
            RT_TRY_ASSIGN(const Json schema, parse_schema(plugin.config_schema, plugin.id));
            Json config = Json::object();
            if (const auto filled = apply_schema(schema, config); !filled)
                return fail(Code::failed_precondition, "it needs a config: ", filled.error().text);
            return look_closely({file, plugin.id, config.dump(), scratch / "state", scratch / "run", false},
                                report);
        }(),
        report);
    return report;
}

} // namespace rt
