// SPDX-License-Identifier: Apache-2.0
// Brings a plugin's shared object into this process, under the loading rules of docs/plugins.md: absolute
// path, file and every parent directory owned by root and not writable by others, everything resolved at once
// and kept local, never unloaded. A failure names file, cause and remedy, and never crashes. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/interfaces/isolation.hpp"
#include "core/interfaces/network_backend.hpp"
#include "core/interfaces/storage_driver.hpp"

#include <rtp/entry.h>

#include <memory>
#include <string>

namespace rt {

// Everything that is needed to make one driver instance, in this process or in rt-shim.
struct DriverSpec {
    Path file;               // the shared object
    std::string instance;    // name in the wiring
    std::string config_json; // checked, defaults filled in
    Path state_dir;
    Path run_dir;
    bool drafts = false;
    bool file_checked = false; // by read_plugin_file(), in this process and just now
};

// The plugin's entry, checked: symbol, id, kind, texts, create. Lives as long as the process.
Result<const rtp_entry*> load_plugin(const Path& file);
// The same of a file that read_plugin_file() has just accepted: it is not read twice at each start.
Result<const rtp_entry*> load_checked_plugin(const Path& file);

// Loads spec.file, makes its directories and an instance. Fails when the plugin is of another kind.
Result<std::shared_ptr<StorageDriver>> make_storage_driver(const DriverSpec& spec);
Result<std::shared_ptr<NetworkBackend>> make_network_backend(const DriverSpec& spec);
Result<std::shared_ptr<Isolation>> make_isolation(const DriverSpec& spec);

// Where log lines of drivers go; by default to standard error. Set before the first driver is made.
using PluginLog = void (*)(int level, const std::string& instance, const std::string& text);
void set_plugin_log(PluginLog log);

} // namespace rt
