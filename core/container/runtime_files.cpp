// SPDX-License-Identifier: Apache-2.0
#include "core/container/runtime_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

namespace rt {
namespace {

// Not replace_file(): nobody reads these before the container is made, and the start path pays for each call.
Result<void> write_new(const Path& path, std::string_view text, std::uint32_t owner) {
    RT_TRY_ASSIGN(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644));
    if (owner != 0 && ::fchown(fd.get(), owner, owner) != 0)
        return fail_errno(errno, "give '", path.native(), "' to the user ", owner);
    return write_all(fd.get(), text, path.native());
}

std::string hosts(const RuntimeFiles& files) {
    std::string text = "127.0.0.1\tlocalhost\n"
                       "::1\tlocalhost ip6-localhost ip6-loopback\n"
                       "fe00::\tip6-localnet\n"
                       "ff00::\tip6-mcastprefix\n"
                       "ff02::1\tip6-allnodes\n"
                       "ff02::2\tip6-allrouters\n";
    // Whole names first, and the short one of each.
    const std::string full =
        files.domainname.empty() ? files.hostname : cat(files.hostname, ".", files.domainname);
    const std::string short_name = full.substr(0, full.find('.'));
    for (const std::string& address : files.addresses)
        text += cat(address.substr(0, address.find('/')), "\t", full,
                    short_name == full ? std::string() : cat(" ", short_name), "\n");
    return text;
}

Result<std::string> extra_hosts(const RuntimeFiles& files) {
    std::string text;
    for (const std::string& host : files.extra_hosts) {
        const auto colon = host.find(':');
        std::string address = host.substr(colon + 1);
        if (address == "host-gateway") address = files.host_gateway;
        if (address.empty())
            return fail(Code::failed_precondition, "extra host '", host,
                        "': the network has no gateway to the host: give the address itself");
        text += cat(address, "\t", host.substr(0, colon), "\n");
    }
    return text;
}

// Missing on the host is an empty file in the container.
std::string host_file(const Path& path) {
    return read_file(path).value_or(std::string());
}

std::string without_loopback_servers(const std::string& resolv_conf) {
    std::string text;
    std::istringstream lines(resolv_conf);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        std::string value;
        words >> key >> value;
        if (key == "nameserver" && (value.starts_with("127.") || value == "::1")) continue;
        text += cat(line, "\n");
    }
    return text;
}

constexpr const char* kOwnServer = "127.0.0.11"; // docker's

// What systemd-resolved asks, when /etc/resolv.conf only names that itself.
constexpr const char* kResolvedServers = "/run/systemd/resolve/resolv.conf";

} // namespace

std::string container_resolv_conf(const std::string& host, const std::string& fallback) {
    const std::string own = without_loopback_servers(host);
    if (own.find("nameserver") != std::string::npos || fallback.empty()) return own;
    return without_loopback_servers(fallback);
}

std::string with_dns(const std::string& resolv_conf, const RuntimeFiles& files) {
    if (files.dns.empty() && files.dns_options.empty() && files.dns_search.empty()) return resolv_conf;
    std::string text;
    std::istringstream lines(resolv_conf);
    for (std::string line; std::getline(lines, line);) {
        std::string key;
        std::istringstream(line) >> key;
        const bool replaced = (key == "nameserver" && !files.dns.empty()) ||
                              (key == "options" && !files.dns_options.empty()) ||
                              ((key == "search" || key == "domain") && !files.dns_search.empty());
        if (!replaced) text += cat(line, "\n");
    }
    for (const std::string& server : files.dns) text += cat("nameserver ", server, "\n");
    const auto add_line = [&](const char* key, const std::vector<std::string>& words) {
        if (words.empty() || words == std::vector<std::string>{"."}) return;
        text += key;
        for (const std::string& word : words) text += cat(" ", word);
        text += "\n";
    };
    add_line("search", files.dns_search);
    add_line("options", files.dns_options);
    return text;
}

std::vector<std::string> host_name_servers() {
    std::vector<std::string> servers;
    std::istringstream lines(host_file("/etc/resolv.conf"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        std::string value;
        if (words >> key >> value && key == "nameserver") servers.push_back(value);
    }
    return servers;
}

std::string with_own_name_server(const std::string& resolv_conf) {
    std::string text = cat("nameserver ", kOwnServer, "\n");
    std::string options = "options";
    std::istringstream lines(resolv_conf);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "search" || key == "domain") text += cat(line, "\n");
        for (std::string word; key == "options" && words >> word;) options += cat(" ", word);
    }
    if (options.find(" ndots:") == std::string::npos) options += " ndots:0";
    return cat(text, options, "\n");
}

Result<void> write_runtime_files(const RuntimeFiles& files) {
    const std::string resolv_conf = host_file("/etc/resolv.conf");
    RT_TRY_ASSIGN(const std::string extra, extra_hosts(files));
    const std::string first = files.own_network ? hosts(files) : host_file("/etc/hosts");
    RT_TRY(write_new(files.directory / "hosts", cat(first, extra), files.owner));
    RT_TRY(write_new(files.directory / "hostname", cat(files.hostname, "\n"), files.owner));
    const std::string base =
        files.own_network ? container_resolv_conf(resolv_conf, host_file(kResolvedServers)) : resolv_conf;
    const std::string text = with_dns(base, files);
    return write_new(files.directory / "resolv.conf",
                     files.own_name_server ? with_own_name_server(text) : text, files.owner);
}

} // namespace rt
