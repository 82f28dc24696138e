// SPDX-License-Identifier: Apache-2.0
// The files of a container's run directory that are mounted into it: hosts, hostname, resolv.conf. Written
// anew at each start.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

struct RuntimeFiles {
    Path directory;
    std::string hostname;
    std::vector<std::string> addresses{}; // "10.88.0.5/20"
    bool own_network = true;              // else the host's files are the beginning
    std::string domainname{};
    std::vector<std::string> dns{}, dns_options{}, dns_search{}; // empty: the host's; search ".": none
    std::vector<std::string> extra_hosts{};                      // "name:address" or "name:host-gateway"
    bool own_name_server = false; // at 127.0.0.11, which asks the others itself
    std::string host_gateway{};   // the host as the container sees it; "": unknown
    std::uint32_t owner = 0;      // user and group of the files: the container's root
};

// failed_precondition: host-gateway is asked for where the network has none.
Result<void> write_runtime_files(const RuntimeFiles& files);

// The servers of the host, as its own programs ask them.
std::vector<std::string> host_name_servers();

// The same file for a container that asks a server of its own: search domains and options stay, and a name
// without dots is asked for as it is.
std::string with_own_name_server(const std::string& resolv_conf);

// resolv.conf for a container with a network of its own. Servers on the loopback would be its own loopback:
// where the host's are all of that kind, those of the host's resolver behind them (fallback, of the same
// format) take their place.
std::string container_resolv_conf(const std::string& host, const std::string& fallback);

// The same with name servers, options and search domains of the user in place of those that are there.
std::string with_dns(const std::string& resolv_conf, const RuntimeFiles& files);

} // namespace rt
