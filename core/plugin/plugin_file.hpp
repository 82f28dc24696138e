// SPDX-License-Identifier: Apache-2.0
// A plugin's file, read as data: what it says of itself and what it needs, without running any of its code
// and without its libraries (rtp_entry_v1 is plain data for this reason). So a plugin can be listed that must
// not or cannot be loaded, and rtctl can check the config of a driver that only rt-shim will load. Plain
// values; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <rtp/entry.h>

#include <array>
#include <string>
#include <vector>

namespace rt {

struct PluginFile {
    std::string id, version, kind, sdk_version, description, license, config_schema;
    std::vector<std::string> exports; // dynamic symbols that it defines
    std::vector<std::string> needed;  // DT_NEEDED: the libraries it is linked with
};

// Under the loading rules (trusted path, well-formed entry), as load_plugin() has them. The codes are the
// same, but a missing library is no failure here.
Result<PluginFile> read_plugin_file(const Path& file);

// "it exports 'rtp_entry_v2' ...": why a shared object without our entry is not taken.
std::unexpected<Error> no_entry(const Path& file, const std::vector<std::string>& exports);

// The dynamic symbols that a shared object defines.
Result<std::vector<std::string>> exported_symbols(const Path& file);

} // namespace rt
