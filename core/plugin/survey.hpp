// SPDX-License-Identifier: Apache-2.0
// Goes and looks whether drivers work on this host: loads the plugin, makes an instance, asks its interfaces
// and its probe. For `rtctl config check` and `rtctl plugin inspect`; a start does without. One thread at a
// time.
#pragma once

#include "core/config/wiring.hpp"
#include "core/plugin/loader.hpp"
#include "core/plugin/plugin_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt {

enum class DriverStatus {
    works,
    unusable, // sound, but cannot work on this host
    broken    // the wiring or the plugin is wrong
};
constexpr std::string_view name_of(DriverStatus status) {
    return status == DriverStatus::works ? "ok" : status == DriverStatus::unusable ? "unusable" : "broken";
}

struct DriverReport {
    Role role{};
    std::string instance;
    std::string plugin; // "overlayfs 0.1.0"; the name in the wiring where it could not be read
    Path file;          // empty: none was found
    bool is_default = false;
    DriverStatus status = DriverStatus::broken;
    std::string reason; // why it does not work
    std::string facts;  // what the probe found, a JSON object
    std::vector<std::string> interfaces;
    std::vector<std::string> features; // flags of the first interface, by name
};

DriverReport survey_driver(const Wiring& wiring, Role role, const std::string& instance);

// Every driver of the wiring, role by role.
std::vector<DriverReport> survey_drivers(const Wiring& wiring);

// A plugin that no instance uses, made with its default config in directories that are removed afterwards.
DriverReport survey_plugin(const Wiring& wiring, const Path& file, const PluginFile& plugin);

// "storage", ...: the text of rtp_entry.kind, which has been checked.
Role role_of(std::string_view kind);

} // namespace rt
