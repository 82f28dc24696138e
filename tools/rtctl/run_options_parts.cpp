// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/run_options_parts.hpp"

#include "core/base/file.hpp"
#include "core/container/mount_parse.hpp"
#include "core/container/security_options.hpp"

namespace rt::cli {
namespace {

// "--network NAME", or docker's long form "name=NAME,alias=A,ip=ADDRESS".
Result<EndpointSettings> parse_network(const std::string& text) {
    EndpointSettings endpoint;
    if (text.find('=') == std::string::npos) {
        endpoint.network = text;
        return endpoint;
    }
    RT_TRY_ASSIGN(const auto words, split_csv(text));
    for (const std::string& word : words) {
        const auto [key, value] = split_assignment(word);
        if (key == "name") {
            endpoint.network = value;
        } else if (key == "alias") {
            endpoint.aliases.push_back(value);
        } else if (key == "ip") {
            endpoint.ipv4_address = value;
        } else if (key == "ip6") {
            endpoint.ipv6_address = value;
        } else if (key == "mac-address") {
            endpoint.mac_address = value;
        } else if (key == "link-local-ip") {
            endpoint.link_local_ips.push_back(value);
        } else if (key == "driver-opt") {
            const auto [option, setting] = split_assignment(value);
            if (option.empty() || value.find('=') == std::string::npos)
                return fail(Code::invalid_argument, "--network '", text, "': driver-opt '", value,
                            "' is not of the form KEY=VALUE");
            endpoint.driver_opts.insert_or_assign(option, setting);
        } else if (key == "gw-priority") {
            RT_TRY_ASSIGN(const std::int64_t priority, parse_integer(value));
            endpoint.gw_priority = static_cast<int>(priority);
        } else {
            return fail(Code::invalid_argument, "--network '", text, "': unknown key '", key,
                        "': name, alias, ip, ip6, mac-address, link-local-ip, driver-opt, gw-priority");
        }
    }
    if (endpoint.network.empty())
        return fail(Code::invalid_argument, "--network '", text, "': name= is missing");
    return endpoint;
}

// What --ip and its like say is about the first network, unless that says it itself.
template <class Value>
Result<void> take_for_first(const char* flag, const char* what, const Value& given, Value& own) {
    if (given.empty()) return {};
    if (!own.empty())
        return fail(Code::invalid_argument, "conflicting options: cannot specify both --", flag,
                    " and per-network ", what);
    own = given;
    return {};
}

Words both(const Parsed& parsed, const char* name, const char* alias) {
    Words words = parsed.get<Words>(name);
    for (const std::string& word : parsed.get<Words>(alias)) words.push_back(word);
    return words;
}

Result<void> read_networks(const Parsed& parsed, ContainerSpec& spec) {
    for (const std::string& text : both(parsed, "network", "net")) {
        RT_TRY_ASSIGN(auto endpoint, parse_network(text));
        spec.networks.push_back(std::move(endpoint));
    }
    if (spec.networks.empty()) spec.networks.emplace_back();
    EndpointSettings& first = spec.networks.front();
    spec.network = first.network;
    RT_TRY(take_for_first("ip", "IPv4 address", parsed.get<std::string>("ip"), first.ipv4_address));
    RT_TRY(take_for_first("ip6", "IPv6 address", parsed.get<std::string>("ip6"), first.ipv6_address));
    RT_TRY(take_for_first("link-local-ip", "link-local IP addresses", parsed.get<Words>("link-local-ip"),
                          first.link_local_ips));
    RT_TRY(
        take_for_first("network-alias", "alias", both(parsed, "network-alias", "net-alias"), first.aliases));
    spec.mac_address = parsed.get<std::string>("mac-address");
    if (!spec.mac_address.empty() && !first.mac_address.empty())
        return fail(Code::invalid_argument,
                    "conflicting options: cannot specify both --mac-address and per-network MAC address");
    if (spec.networks == std::vector{EndpointSettings{.network = spec.network}}) spec.networks.clear();
    return {};
}

// A seccomp profile is read now: the container keeps the one that it was made with.
Result<void> read_security_options(const Parsed& parsed, ContainerSpec& spec) {
    spec.security_opt = parsed.get<Words>("security-opt");
    RT_TRY_ASSIGN(const SecurityOptions options, parse_security_options(spec.security_opt));
    if (options.system_paths_unconfined) {
        spec.masked_paths.emplace();
        spec.readonly_paths.emplace();
    }
    if (options.seccomp != SeccompChoice::profile) return {};
    constexpr std::size_t kLargest = 1U << 20U;
    auto text = read_file(options.seccomp_profile, kLargest);
    if (!text) return in_context(std::move(text).error(), "--security-opt seccomp");
    spec.seccomp_profile = std::move(*text);
    return {};
}

} // namespace

Result<void> read_files(const Parsed& parsed, ContainerSpec& spec) {
    RT_TRY(take_all(parsed, "volume", parse_bind, spec.mounts));
    RT_TRY(take_all(parsed, "mount", parse_mount, spec.mounts));
    RT_TRY(take_all(parsed, "tmpfs", parse_tmpfs, spec.mounts));
    spec.volumes_from = parsed.get<Words>("volumes-from");
    spec.volume_driver = parsed.get<std::string>("volume-driver");
    spec.read_only = parsed.has("read-only");
    RT_TRY(take(parsed, "shm-size", parse_size, spec.shm_size));
    return take_map(parsed, "storage-opt", spec.storage_opt);
}

Result<void> read_network(const Parsed& parsed, ContainerSpec& spec) {
    RT_TRY(read_networks(parsed, spec));
    for (const std::string& text : parsed.get<Words>("publish")) {
        RT_TRY_ASSIGN(const auto ports, parse_published_port(text));
        spec.ports.insert(spec.ports.end(), ports.begin(), ports.end());
    }
    spec.publish_all_ports = parsed.has("publish-all");
    for (const std::string& text : parsed.get<Words>("expose")) {
        auto ports = parse_exposed_ports(text);
        if (!ports) return in_context(std::move(ports).error(), "--expose");
        spec.exposed_ports.insert(spec.exposed_ports.end(), ports->begin(), ports->end());
    }
    spec.dns = parsed.get<Words>("dns");
    spec.dns_options = both(parsed, "dns-option", "dns-opt");
    spec.dns_search = parsed.get<Words>("dns-search");
    RT_TRY(take_all(parsed, "add-host", parse_extra_host, spec.extra_hosts));
    spec.links = parsed.get<Words>("link");
    return {};
}

Result<void> read_limits(const Parsed& parsed, ContainerSpec& spec) {
    RT_TRY(take(parsed, "memory", parse_size, spec.memory));
    RT_TRY(take(parsed, "memory-reservation", parse_size, spec.memory_reservation));
    RT_TRY(take(parsed, "memory-swap", parse_size_or_unlimited, spec.memory_swap));
    if (parsed.has("memory-swappiness")) {
        RT_TRY(take_int(parsed, "memory-swappiness", spec.memory_swappiness.emplace()));
        if (*spec.memory_swappiness == -1) spec.memory_swappiness.reset(); // docker's word for the host's
    }
    spec.oom_kill_disable = parsed.has("oom-kill-disable");
    RT_TRY(take_int(parsed, "oom-score-adj", spec.oom_score_adj));
    RT_TRY(take(parsed, "cpus", parse_cpus, spec.nano_cpus));
    RT_TRY(take(parsed, "cpu-shares", parse_integer, spec.cpu_shares));
    RT_TRY(take(parsed, "cpu-period", parse_integer, spec.cpu_period));
    RT_TRY(take(parsed, "cpu-quota", parse_integer, spec.cpu_quota));
    RT_TRY(take(parsed, "cpu-rt-period", parse_integer, spec.cpu_realtime_period));
    RT_TRY(take(parsed, "cpu-rt-runtime", parse_integer, spec.cpu_realtime_runtime));
    spec.cpuset_cpus = parsed.get<std::string>("cpuset-cpus");
    spec.cpuset_mems = parsed.get<std::string>("cpuset-mems");
    RT_TRY(take(parsed, "pids-limit", parse_integer, spec.pids_limit));
    if (spec.pids_limit == -1) spec.pids_limit = 0; // docker's word for "no limit"
    RT_TRY(take_int(parsed, "blkio-weight", spec.blkio_weight));
    RT_TRY(take_all(parsed, "blkio-weight-device", parse_weight_device, spec.blkio_weight_device));
    RT_TRY(take_all(parsed, "device-read-bps", parse_throttle_bytes, spec.blkio_device_read_bps));
    RT_TRY(take_all(parsed, "device-write-bps", parse_throttle_bytes, spec.blkio_device_write_bps));
    RT_TRY(take_all(parsed, "device-read-iops", parse_throttle_operations, spec.blkio_device_read_iops));
    RT_TRY(take_all(parsed, "device-write-iops", parse_throttle_operations, spec.blkio_device_write_iops));
    RT_TRY(take_all(parsed, "ulimit", parse_ulimit, spec.ulimits));
    spec.cgroup_parent = parsed.get<std::string>("cgroup-parent");
    return {};
}

Result<void> read_security(const Parsed& parsed, ContainerSpec& spec) {
    spec.privileged = parsed.has("privileged");
    spec.cap_add = parsed.get<Words>("cap-add");
    spec.cap_drop = parsed.get<Words>("cap-drop");
    RT_TRY(read_security_options(parsed, spec));
    RT_TRY(take_all(parsed, "device", parse_device, spec.devices));
    spec.device_cgroup_rules = parsed.get<Words>("device-cgroup-rule");
    RT_TRY(take_map(parsed, "sysctl", spec.sysctls));
    spec.pid_mode = parsed.get<std::string>("pid");
    spec.ipc_mode = parsed.get<std::string>("ipc");
    spec.uts_mode = parsed.get<std::string>("uts");
    spec.userns_mode = parsed.get<std::string>("userns");
    spec.cgroupns_mode = parsed.get<std::string>("cgroupns");
    return {};
}

} // namespace rt::cli
