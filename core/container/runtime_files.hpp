// SPDX-License-Identifier: Apache-2.0
// The files of a container's run directory that are mounted into it: hosts, hostname, resolv.conf. Written
// anew at each start.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <string>

namespace rt {

struct RuntimeFiles {
    Path directory;
    std::string hostname;
    std::string address;     // "10.88.0.5/20"; "": none
    bool own_network = true; // else the host's files are copied as they are
};

Result<void> write_runtime_files(const RuntimeFiles& files);

// resolv.conf for a container with a network of its own. Servers on the loopback would be its own loopback:
// where the host's are all of that kind, those of the host's resolver behind them (fallback, of the same
// format) take their place.
std::string container_resolv_conf(const std::string& host, const std::string& fallback);

} // namespace rt
