// SPDX-License-Identifier: Apache-2.0
// The one list of ContainerSpec's members, for whatever has to go over all of them: visit(key, docker's name,
// member). A template, so that reading, writing and listing cannot differ.
#pragma once

#include "core/container/spec.hpp"

namespace rt {

template <class Spec, class Visit>
void visit_identity(Spec& spec, Visit&& visit) {
    visit("image", "Config.Image", spec.image);
    visit("name", "", spec.name);
    visit("storage", "", spec.storage);
    visit("network", "HostConfig.NetworkMode", spec.network);
    visit("isolation", "HostConfig.Runtime", spec.isolation);
}

template <class Spec, class Visit>
void visit_process(Spec& spec, Visit&& visit) {
    visit("entrypoint", "Config.Entrypoint", spec.entrypoint);
    visit("command", "Config.Cmd", spec.command);
    visit("environment", "Config.Env", spec.environment);
    visit("working_directory", "Config.WorkingDir", spec.working_directory);
    visit("user", "Config.User", spec.user);
    visit("group_add", "HostConfig.GroupAdd", spec.group_add);
    visit("hostname", "Config.Hostname", spec.hostname);
    visit("domainname", "Config.Domainname", spec.domainname);
    visit("terminal", "Config.Tty", spec.terminal);
    visit("open_stdin", "Config.OpenStdin", spec.open_stdin);
    visit("stdin_once", "Config.StdinOnce", spec.stdin_once);
    visit("attach_stdin", "Config.AttachStdin", spec.attach_stdin);
    visit("attach_stdout", "Config.AttachStdout", spec.attach_stdout);
    visit("attach_stderr", "Config.AttachStderr", spec.attach_stderr);
    visit("console_height", "HostConfig.ConsoleSize", spec.console_height);
    visit("console_width", "HostConfig.ConsoleSize", spec.console_width);
}

template <class Spec, class Visit>
void visit_life(Spec& spec, Visit&& visit) {
    visit("auto_remove", "HostConfig.AutoRemove", spec.auto_remove);
    visit("restart_policy", "HostConfig.RestartPolicy", spec.restart_policy);
    visit("stop_signal", "Config.StopSignal", spec.stop_signal);
    visit("stop_timeout", "Config.StopTimeout", spec.stop_timeout);
    visit("init", "HostConfig.Init", spec.init);
    visit("healthcheck", "Config.Healthcheck", spec.healthcheck);
    visit("log_config", "HostConfig.LogConfig", spec.log_config);
    visit("container_id_file", "HostConfig.ContainerIDFile", spec.container_id_file);
    visit("labels", "Config.Labels", spec.labels);
    visit("annotations", "HostConfig.Annotations", spec.annotations);
}

template <class Spec, class Visit>
void visit_files(Spec& spec, Visit&& visit) {
    visit("mounts", "HostConfig.Binds HostConfig.Mounts HostConfig.Tmpfs Config.Volumes", spec.mounts);
    visit("volumes_from", "HostConfig.VolumesFrom", spec.volumes_from);
    visit("volume_driver", "HostConfig.VolumeDriver", spec.volume_driver);
    visit("read_only", "HostConfig.ReadonlyRootfs", spec.read_only);
    visit("shm_size", "HostConfig.ShmSize", spec.shm_size);
    visit("storage_opt", "HostConfig.StorageOpt", spec.storage_opt);
}

template <class Spec, class Visit>
void visit_network(Spec& spec, Visit&& visit) {
    visit("ports", "HostConfig.PortBindings", spec.ports);
    visit("exposed_ports", "Config.ExposedPorts", spec.exposed_ports);
    visit("publish_all_ports", "HostConfig.PublishAllPorts", spec.publish_all_ports);
    visit("network_disabled", "Config.NetworkDisabled", spec.network_disabled);
    visit("mac_address", "Config.MacAddress", spec.mac_address);
    visit("networks", "", spec.networks); // NetworkingConfig.EndpointsConfig
    visit("links", "HostConfig.Links", spec.links);
    visit("dns", "HostConfig.Dns", spec.dns);
    visit("dns_options", "HostConfig.DnsOptions", spec.dns_options);
    visit("dns_search", "HostConfig.DnsSearch", spec.dns_search);
    visit("extra_hosts", "HostConfig.ExtraHosts", spec.extra_hosts);
}

template <class Spec, class Visit>
void visit_limits(Spec& spec, Visit&& visit) {
    visit("memory", "HostConfig.Memory", spec.memory);
    visit("memory_reservation", "HostConfig.MemoryReservation", spec.memory_reservation);
    visit("memory_swap", "HostConfig.MemorySwap", spec.memory_swap);
    visit("memory_swappiness", "HostConfig.MemorySwappiness", spec.memory_swappiness);
    visit("oom_kill_disable", "HostConfig.OomKillDisable", spec.oom_kill_disable);
    visit("oom_score_adj", "HostConfig.OomScoreAdj", spec.oom_score_adj);
    visit("nano_cpus", "HostConfig.NanoCpus", spec.nano_cpus);
    visit("cpu_shares", "HostConfig.CpuShares", spec.cpu_shares);
    visit("cpu_period", "HostConfig.CpuPeriod", spec.cpu_period);
    visit("cpu_quota", "HostConfig.CpuQuota", spec.cpu_quota);
    visit("cpu_realtime_period", "HostConfig.CpuRealtimePeriod", spec.cpu_realtime_period);
    visit("cpu_realtime_runtime", "HostConfig.CpuRealtimeRuntime", spec.cpu_realtime_runtime);
    visit("cpuset_cpus", "HostConfig.CpusetCpus", spec.cpuset_cpus);
    visit("cpuset_mems", "HostConfig.CpusetMems", spec.cpuset_mems);
    visit("pids_limit", "HostConfig.PidsLimit", spec.pids_limit);
    visit("blkio_weight", "HostConfig.BlkioWeight", spec.blkio_weight);
    visit("blkio_weight_device", "HostConfig.BlkioWeightDevice", spec.blkio_weight_device);
    visit("blkio_device_read_bps", "HostConfig.BlkioDeviceReadBps", spec.blkio_device_read_bps);
    visit("blkio_device_write_bps", "HostConfig.BlkioDeviceWriteBps", spec.blkio_device_write_bps);
    visit("blkio_device_read_iops", "HostConfig.BlkioDeviceReadIOps", spec.blkio_device_read_iops);
    visit("blkio_device_write_iops", "HostConfig.BlkioDeviceWriteIOps", spec.blkio_device_write_iops);
    visit("ulimits", "HostConfig.Ulimits", spec.ulimits);
    visit("cgroup_parent", "HostConfig.CgroupParent", spec.cgroup_parent);
}

template <class Spec, class Visit>
void visit_security(Spec& spec, Visit&& visit) {
    visit("privileged", "HostConfig.Privileged", spec.privileged);
    visit("cap_add", "HostConfig.CapAdd", spec.cap_add);
    visit("cap_drop", "HostConfig.CapDrop", spec.cap_drop);
    visit("security_opt", "HostConfig.SecurityOpt", spec.security_opt);
    visit("seccomp_profile", "", spec.seccomp_profile); // docker has the text within SecurityOpt
    visit("devices", "HostConfig.Devices", spec.devices);
    visit("device_cgroup_rules", "HostConfig.DeviceCgroupRules", spec.device_cgroup_rules);
    visit("sysctls", "HostConfig.Sysctls", spec.sysctls);
    visit("masked_paths", "HostConfig.MaskedPaths", spec.masked_paths);
    visit("readonly_paths", "HostConfig.ReadonlyPaths", spec.readonly_paths);
    visit("pid_mode", "HostConfig.PidMode", spec.pid_mode);
    visit("ipc_mode", "HostConfig.IpcMode", spec.ipc_mode);
    visit("uts_mode", "HostConfig.UTSMode", spec.uts_mode);
    visit("userns_mode", "HostConfig.UsernsMode", spec.userns_mode);
    visit("cgroupns_mode", "HostConfig.CgroupnsMode", spec.cgroupns_mode);
}

template <class Spec, class Visit>
void visit_fields(Spec& spec, Visit&& visit) {
    visit_identity(spec, visit);
    visit_process(spec, visit);
    visit_life(spec, visit);
    visit_files(spec, visit);
    visit_network(spec, visit);
    visit_limits(spec, visit);
    visit_security(spec, visit);
}

} // namespace rt
