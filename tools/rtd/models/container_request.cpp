// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/container_request.hpp"

#include "core/container/option_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace rt::rtd {
namespace {

void read_healthcheck(ObjectReader& config, ContainerSpec& spec) {
    config.object("Healthcheck", [&](ObjectReader& in) {
        Healthcheck check;
        in.texts("Test", check.test);
        in.number("Interval", check.interval);
        in.number("Timeout", check.timeout);
        in.number("StartPeriod", check.start_period);
        in.number("StartInterval", check.start_interval);
        in.number("Retries", check.retries);
        if (check != Healthcheck()) spec.healthcheck = check;
    });
}

void read_exposed(ObjectReader& config, ContainerSpec& spec) {
    std::vector<std::string> ports;
    config.keys("ExposedPorts", ports);
    for (const std::string& text : ports) {
        auto parsed = parse_exposed_ports(text);
        if (!parsed) return config.complain(std::move(parsed).error());
        spec.exposed_ports.insert(spec.exposed_ports.end(), parsed->begin(), parsed->end());
    }
}

// "80/tcp": [{"HostIp": "", "HostPort": "8080"}]; a range on the host's side is one of docker's engine's own.
void read_port_bindings(ObjectReader& host, ContainerSpec& spec) {
    const Json* const bindings = host.find("PortBindings");
    if (bindings == nullptr) return;
    if (!bindings->is_object())
        return host.complain(
            {Code::invalid_argument, 0, "invalid JSON: HostConfig.PortBindings is an object"});
    for (const auto& [container, list] : bindings->items()) {
        if (list.is_null()) continue;
        const std::string place = cat("HostConfig.PortBindings.", container);
        if (!list.is_array())
            return host.complain({Code::invalid_argument, 0, cat("invalid JSON: ", place, " is an array")});
        for (const Json& entry : list) {
            std::string host_ip, host_port;
            ObjectReader in(entry, place);
            in.text("HostIp", host_ip);
            in.text("HostPort", host_port);
            if (auto read = in.done(); !read) return host.complain(std::move(read).error());
            if (host_ip.find(':') != std::string::npos) host_ip = cat("[", host_ip, "]");
            // "-p" says the same in one text.
            auto ports = parse_published_port(
                cat(host_ip, host_ip.empty() ? "" : ":",
                    host_port.empty() && host_ip.empty() ? std::string() : cat(host_port, ":"), container));
            if (!ports) return host.complain(std::move(ports).error());
            spec.ports.insert(spec.ports.end(), ports->begin(), ports->end());
        }
        if (list.empty()) { // docker publishes it, on a port of its choice
            auto ports = parse_published_port(container);
            if (!ports) return host.complain(std::move(ports).error());
            spec.ports.insert(spec.ports.end(), ports->begin(), ports->end());
        }
    }
}

void read_life(ObjectReader& host, ContainerSpec& spec) {
    host.text("ContainerIDFile", spec.container_id_file);
    host.object("LogConfig", [&](ObjectReader& log) {
        log.text("Type", spec.log_config.type);
        log.map("Config", spec.log_config.config);
    });
    host.object("RestartPolicy", [&](ObjectReader& policy) {
        policy.text("Name", spec.restart_policy.name);
        policy.number("MaximumRetryCount", spec.restart_policy.maximum_retry_count);
        if (spec.restart_policy.name.empty()) spec.restart_policy.name = "no";
    });
    host.flag("AutoRemove", spec.auto_remove);
    host.flag("Init", spec.init);
    host.map("Annotations", spec.annotations);
    if (const Json* const size = host.find("ConsoleSize")) {
        if (size->is_array() && size->size() == 2 && (*size)[0].is_number_unsigned() &&
            (*size)[1].is_number_unsigned() && (*size)[0] <= 65535 && (*size)[1] <= 65535) {
            spec.console_height = (*size)[0];
            spec.console_width = (*size)[1];
        } else {
            host.complain({Code::invalid_argument, 0,
                           "invalid JSON: HostConfig.ConsoleSize is [height, width], each up to 65535"});
        }
    }
}

void read_network(ObjectReader& host, ContainerSpec& spec) {
    host.text("NetworkMode", spec.network);
    if (spec.network == "default") spec.network.clear();
    read_port_bindings(host, spec);
    host.flag("PublishAllPorts", spec.publish_all_ports);
    host.texts("Links", spec.links);
    host.texts("Dns", spec.dns);
    host.texts("DnsOptions", spec.dns_options);
    host.texts("DnsSearch", spec.dns_search);
    std::vector<std::string> hosts;
    host.texts("ExtraHosts", hosts);
    for (const std::string& text : hosts) {
        auto parsed = parse_extra_host(text);
        if (!parsed) return host.complain(std::move(parsed).error());
        spec.extra_hosts.push_back(std::move(*parsed));
    }
}

// Those of Windows, and what rt has only in part: refused by name unless they say nothing.
void refuse_foreign(ObjectReader& host) {
    for (const char* const key : {"CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"}) {
        std::int64_t number = 0;
        host.number(key, number);
        if (number != 0)
            host.complain(
                {Code::invalid_argument, 0, cat("HostConfig.", key, " has a meaning on Windows only")});
    }
    std::string isolation;
    host.text("Isolation", isolation);
    if (!isolation.empty() && isolation != "default")
        host.complain({Code::invalid_argument, 0,
                       cat("invalid isolation (", isolation,
                           "): HostConfig.Isolation has a meaning on Windows "
                           "only; drivers are chosen with HostConfig.Runtime")});
    const Json* const requests = host.find("DeviceRequests");
    if (requests != nullptr && !requests->empty())
        host.complain({Code::unsupported, 0,
                       "HostConfig.DeviceRequests is not supported: name the device in HostConfig.Devices"});
}

void read_networking(ObjectReader& body, ContainerSpec& spec) {
    body.object("NetworkingConfig", [&](ObjectReader& networking) {
        networking.members("EndpointsConfig", [&](const std::string& name, ObjectReader& endpoint) {
            EndpointSettings settings = read_endpoint(endpoint, name);
            // The one that the container is in first comes first.
            const bool first = name == spec.network || (spec.network.empty() && name == "default");
            if (name == "default") settings.network.clear();
            spec.networks.insert(first ? spec.networks.begin() : spec.networks.end(), std::move(settings));
        });
    });
    if (spec.networks.empty()) return;
    if (spec.network.empty() && spec.networks.size() == 1) spec.network = spec.networks.front().network;
    // It is in its own network as well as in those that are told of.
    const bool named = std::ranges::any_of(
        spec.networks, [&](const EndpointSettings& one) { return one.network == spec.network; });
    if (!named) spec.networks.insert(spec.networks.begin(), EndpointSettings{.network = spec.network});
}

} // namespace

EndpointSettings read_endpoint(ObjectReader& endpoint, const std::string& network) {
    EndpointSettings settings{.network = network};
    endpoint.object("IPAMConfig", [&](ObjectReader& addresses) {
        addresses.text("IPv4Address", settings.ipv4_address);
        addresses.text("IPv6Address", settings.ipv6_address);
        addresses.texts("LinkLocalIPs", settings.link_local_ips);
    });
    endpoint.texts("Aliases", settings.aliases);
    endpoint.text("MacAddress", settings.mac_address);
    endpoint.map("DriverOpts", settings.driver_opts);
    endpoint.number("GwPriority", settings.gw_priority);
    endpoint.texts("Links", settings.links);
    return settings;
}

void read_config(ObjectReader& config, ContainerSpec& spec) {
    config.text("Hostname", spec.hostname);
    config.text("Domainname", spec.domainname);
    config.text("User", spec.user);
    config.flag("AttachStdin", spec.attach_stdin);
    config.flag("AttachStdout", spec.attach_stdout);
    config.flag("AttachStderr", spec.attach_stderr);
    config.flag("Tty", spec.terminal);
    config.flag("OpenStdin", spec.open_stdin);
    config.flag("StdinOnce", spec.stdin_once);
    config.texts("Env", spec.environment);
    std::optional<std::vector<std::string>> command;
    config.text_or_texts("Cmd", command);
    spec.command = command.value_or(spec.command);
    config.text_or_texts("Entrypoint", spec.entrypoint);
    // docker's client says [] where a user says nothing, and [""] where he wants none.
    if (spec.entrypoint && spec.entrypoint->empty()) spec.entrypoint.reset();
    if (spec.entrypoint == std::vector<std::string>{""}) spec.entrypoint->clear();
    config.text("Image", spec.image);
    config.text("WorkingDir", spec.working_directory);
    config.flag("NetworkDisabled", spec.network_disabled);
    config.text("MacAddress", spec.mac_address);
    config.map("Labels", spec.labels);
    config.text("StopSignal", spec.stop_signal);
    config.number("StopTimeout", spec.stop_timeout);
    read_healthcheck(config, spec);
    read_exposed(config, spec);
}

void read_host_config(ObjectReader& host, ContainerSpec& spec) {
    read_life(host, spec);
    read_network(host, spec);
    read_limits(host, spec);
    read_security(host, spec);
    read_mounts(host, spec);
    refuse_foreign(host);
    host.text("Runtime", spec.isolation);
}

Result<ContainerSpec> container_request(const Json& body) {
    ContainerSpec spec;
    ObjectReader reader(body);
    read_config(reader, spec);
    std::vector<std::string> volumes;
    reader.keys("Volumes", volumes);
    for (const std::string& place : volumes)
        spec.mounts.push_back({.type = MountType::volume, .target = normal_path(place)});
    reader.object("HostConfig", [&](ObjectReader& host) { read_host_config(host, spec); });
    read_networking(reader, spec);
    RT_TRY(reader.done());
    if (spec.image.empty()) return fail(Code::invalid_argument, "no image specified");
    return spec;
}

Result<ExecRequest> exec_request(const Json& body) {
    ExecRequest request;
    ObjectReader reader(body);
    std::optional<std::vector<std::string>> command;
    reader.text_or_texts("Cmd", command);
    request.command = command.value_or(request.command);
    reader.texts("Env", request.environment);
    reader.text("User", request.user);
    reader.text("WorkingDir", request.working_directory);
    reader.flag("Tty", request.terminal);
    reader.flag("AttachStdin", request.open_stdin);
    reader.flag("Privileged", request.privileged);
    RT_TRY(reader.done());
    if (request.command.empty()) return fail(Code::invalid_argument, "No exec command specified");
    return request;
}

} // namespace rt::rtd
