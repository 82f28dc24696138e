// SPDX-License-Identifier: Apache-2.0
#include "container.hpp"

#include "capabilities.hpp"
#include "exec_process.hpp"
#include "init_process.hpp"
#include "kernel_view.hpp"
#include "launcher.hpp"
#include "spawn.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include <utility>

namespace rt::namespaces {
namespace {

Warn warner(sdk::Host host, const std::string& id) {
    return [host, id](const std::string& text) { host.warn(text, {{"container", id}}); };
}

void reduce_capabilities(ProcessSpec& process, const Warn& warn) {
    if (const auto lost = reduce_to(process.capabilities, bounded_part(all_of(process.capabilities)));
        lost != 0)
        warn(cat("this host does not give the capabilities ", capability_names(lost),
                 "; the container runs without them"));
}

Result<std::vector<std::pair<UniqueFd, int>>> open_namespaces(const Config& config) {
    std::vector<std::pair<UniqueFd, int>> out;
    for (const auto& spec : config.namespaces) {
        if (spec.path.empty()) continue;
        UniqueFd fd(::open(spec.path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!fd) return fail_errno(errno, "open the ", spec.type, " namespace '", spec.path, "'");
        out.emplace_back(std::move(fd), spec.flag);
    }
    return out;
}

// The pid namespace is not entered but born into.
int take_pid_namespace(std::vector<std::pair<UniqueFd, int>>& joined, UniqueFd& keep) {
    for (auto one = joined.begin(); one != joined.end(); ++one)
        if (one->second == CLONE_NEWPID) {
            keep = std::move(one->first);
            joined.erase(one);
            break;
        }
    return keep.get();
}

// The cgroup namespace is made by the process itself once it is in its cgroups.
std::uint64_t clone_flags(const InitSetup& setup) {
    std::uint64_t flags = 0;
    for (const auto& spec : setup.config.namespaces)
        if (spec.path.empty() && spec.flag != CLONE_NEWCGROUP) flags |= static_cast<unsigned>(spec.flag);
    if (setup.network_made_ahead) flags &= ~std::uint64_t{CLONE_NEWNET};
    return flags;
}

// What a further process has to join: all that differ from the host's.
int flags_to_join(const Config& config) {
    int flags = 0;
    for (const auto& spec : config.namespaces) flags |= spec.flag;
    return flags;
}

Result<void> write_map(int pid, const char* file, const std::vector<IdMapping>& mappings) {
    std::string text;
    for (const auto& mapping : mappings)
        text += cat(mapping.container, " ", mapping.host, " ", mapping.size, "\n");
    const auto path = cat("/proc/", pid, "/", file);
    return write_control(AT_FDCWD, path.c_str(), text, path);
}

Result<void> map_user_namespace(int pid, int channel, const Config& config) {
    if (!config.has_new(CLONE_NEWUSER)) return {};
    RT_TRY(write_map(pid, "uid_map", config.uid_mappings));
    RT_TRY(write_map(pid, "gid_map", config.gid_mappings));
    return send_message(channel, MessageKind::go);
}

Result<UniqueFd> open_network_namespace(int pid, const Config& config) {
    if (!config.has_new(CLONE_NEWNET)) return UniqueFd();
    UniqueFd fd(::open(cat("/proc/", pid, "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open the network namespace of the new container");
    return fd;
}

Result<InitSetup> make_setup(ContainerPlan plan) {
    const sdk::Bundle& bundle = plan.bundle;
    InitSetup setup;
    setup.id = bundle.id;
    setup.stdio = bundle.stdio;
    setup.process = std::move(plan.config.process);
    setup.config = std::move(plan.config);
    setup.root_path = setup.config.root_path.starts_with('/')
                          ? setup.config.root_path
                          : cat(bundle.directory, "/", setup.config.root_path);
    setup.rootfs = bundle.rootfs;
    for (const auto& [name, value] : setup.config.sysctls) RT_TRY(check_sysctl(name, setup.config));
    if (setup.config.has_new(CLONE_NEWUSER) || maps_ids(setup.rootfs) || maps_ids(setup.config.mounts)) {
        IdMappings mappings(setup.config);
        RT_TRY_ASSIGN(setup.prepared_rootfs, prepare_mounts(setup.rootfs, {}, mappings));
        RT_TRY_ASSIGN(setup.prepared_mounts,
                      prepare_mounts(setup.config.mounts, setup.config.mount_ids, mappings));
    }
    setup.cgroups = plan.cgroup.directories();
    RT_TRY_ASSIGN(setup.joined, open_namespaces(setup.config));
    setup.network_made_ahead = bool(plan.network);
    if (plan.network) setup.joined.emplace_back(std::move(plan.network), CLONE_NEWNET);
    setup.launcher = std::move(plan.launcher);
    if (!setup.launcher) {
        RT_TRY_ASSIGN(setup.launcher, open_launcher());
    }
    return setup;
}

// Pipes of ours belong to the host's root; that of the user namespace could not even open /dev/stdout.
Result<void> hand_over_pipes(const std::array<int, 3>& stdio, const MountIds& ids) {
    for (const int fd : stdio) {
        struct stat info{};
        if (ids.uids.empty() || fd < 0 || ::fstat(fd, &info) < 0 || !S_ISFIFO(info.st_mode)) continue;
        if (::fchown(fd, host_id(ids.uids, 0), host_id(ids.gids, 0)) < 0)
            return fail_errno(errno, "give a pipe to the root of the user namespace");
    }
    return {};
}

Result<void> set_oom_score_of(int pid, std::optional<int> wanted, const Warn& warn) {
    if (!wanted) return {};
    const auto written = write_oom_score(pid, *wanted);
    if (written) return {};
    RT_TRY_ASSIGN(const std::string text, explain_oom_score(pid, *wanted, written.error()));
    warn(text);
    return {};
}

// Mounting a v1 hierarchy takes CAP_SYS_ADMIN; the cgroup namespace shows what the process is in.
Hierarchies hierarchies_for(const Config& config) {
    const bool may_mount = (config.process.capabilities.bounding >> CAP_SYS_ADMIN & 1) != 0;
    return may_mount && config.has_new(CLONE_NEWCGROUP) ? Hierarchies::all : Hierarchies::needed;
}

// The cgroups are made while the first process does what it can do outside of them. Not with a user
// namespace: there it could not open the way in.
Result<void> make_cgroups(Cgroup& cgroup, const CgroupSpec& spec, const InitSetup& setup, int channel) {
    if (!setup.cgroups_come_later) return {};
    RT_TRY(cgroup.create_others(spec));
    auto told = send_message(channel, MessageKind::go);
    // A process that has ended has left its reason to read.
    const bool has_ended = !told && (told.error().sys_errno == EPIPE || told.error().sys_errno == ECONNRESET);
    return has_ended ? Result<void>() : told;
}

} // namespace

Result<Container> Container::create(ContainerPlan plan, sdk::Host host, sdk::Call call, sdk::Process& out) {
    Container container(std::string(plan.bundle.id), plan.cgroup);
    Cgroup& cgroup = plan.cgroup;
    Config& config = plan.config;
    const Warn warn = warner(host, container.id_);
    reduce_capabilities(config.process, warn);
    container.seccomp_ = SeccompSource(config, host.state_dir());
    container.program_ = config.process.args[0];
    container.namespace_flags_ = flags_to_join(config);
    RT_TRY_ASSIGN(SeccompProgram filter, container.seccomp_.program(config.process.capabilities.bounding));
    const Resources resources = std::move(config.resources);
    const std::vector<DeviceSpec> devices = config.devices;
    const CgroupSpec spec{resources, devices, warn, hierarchies_for(config)};
    RT_TRY(cgroup.create_unified(spec));
    RT_TRY_ASSIGN(InitSetup setup, make_setup(std::move(plan)));
    setup.cgroups_come_later = !setup.config.has_new(CLONE_NEWUSER);
    if (!setup.cgroups_come_later) {
        RT_TRY(cgroup.create_others(spec));
        RT_TRY_ASSIGN(setup.entrances, open_entrances(setup.cgroups));
    }
    setup.seccomp = std::move(filter);
    std::optional<int> oom_score;
    if (setup.config.has_new(CLONE_NEWUSER)) {
        container.ids_ = {setup.config.uid_mappings, setup.config.gid_mappings};
        container.rlimits_ = std::move(setup.process.rlimits);
        setup.process.rlimits.clear();
        std::swap(oom_score, setup.process.oom_score_adj);
        RT_TRY(hand_over_pipes(setup.stdio, container.ids_));
    }
    RT_TRY_ASSIGN(const UniqueFd born_in, cgroup.open_unified());
    RT_TRY_ASSIGN(auto ends, make_channel());
    setup.channel = std::move(ends.second);
    container.channel_ = std::move(ends.first);
    UniqueFd pid_namespace;
    const SpawnRequest request{clone_flags(setup), born_in.get(),
                               take_pid_namespace(setup.joined, pid_namespace),
                               [&setup] { run_init(setup); }};
    RT_TRY_ASSIGN(Spawned first, spawn(request));
    setup.channel.reset();
    UniqueFd terminal, network;
    const auto ready = [&]() -> Result<void> {
        RT_TRY(make_cgroups(cgroup, spec, setup, container.channel_.get()));
        RT_TRY(set_oom_score_of(first.pid, oom_score, warn));
        RT_TRY(map_user_namespace(first.pid, container.channel_.get(), setup.config));
        RT_TRY(await_ready({container.channel_.get(), warn, [call] { return call.check(); }}, terminal));
        if (!setup.network_made_ahead) {
            RT_TRY_ASSIGN(network, open_network_namespace(first.pid, setup.config));
        }
        container.pidfd_.reset(::fcntl(first.pidfd.get(), F_DUPFD_CLOEXEC, 3));
        return container.pidfd_ ? Result<void>() : fail_errno(errno, "duplicate a process descriptor");
    }();
    if (!ready) {
        kill_and_reap(first);
        return std::unexpected(ready.error());
    }
    container.cgroup_ = cgroup; // what was made of it is known now
    container.pid_ = first.pid;
    out = {first.pid, std::move(first.pidfd), std::move(terminal), std::move(network)};
    return container;
}

Result<void> Container::start(sdk::Host host, sdk::Call call) {
    if (!channel_)
        return fail(Code::failed_precondition, "start the container '", id_, "': it was started before");
    const UniqueFd channel = std::move(channel_);
    const std::string program = std::move(program_);
    RT_TRY(set_rlimits(pid_, std::exchange(rlimits_, {})));
    return let_go({channel.get(), warner(host, id_), [call] { return call.check(); }}, program);
}

Result<void> Container::signal(int number, sdk::SignalScope scope) {
    const auto let_die = [&]() -> Result<void> {
        if (number != SIGKILL || !paused_ || !cgroup_.must_thaw_to_kill()) return {};
        return resume();
    };
    if (scope == sdk::SignalScope::all_processes) {
        RT_TRY_ASSIGN(const int sent, cgroup_.signal_all(number));
        if (sent == 0)
            return fail(Code::failed_precondition, "the container '", id_, "' has no process left");
        return let_die();
    }
    if (pidfd_send_signal(pidfd_.get(), number) == 0) return let_die();
    if (errno == ESRCH)
        return fail(Code::failed_precondition, "the first process of the container '", id_, "' has ended");
    return fail_errno(errno, "send signal ", number, " to the container '", id_, "'");
}

Result<void> Container::need_running(const char* to_do) const {
    if (channel_)
        return fail(Code::failed_precondition, to_do, " the container '", id_, "': it has not been started");
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (::poll(&ended, 1, 0) > 0)
        return fail(Code::failed_precondition, to_do, " the container '", id_,
                    "': its first process has ended");
    return {};
}

Result<void> Container::pause(sdk::Call call) {
    RT_TRY(need_running("pause"));
    if (paused_)
        return fail(Code::failed_precondition, "pause the container '", id_, "': it is paused already");
    RT_TRY(cgroup_.freeze([call] { return call.check(); }));
    paused_ = true;
    return {};
}

Result<void> Container::resume() {
    if (!paused_)
        return fail(Code::failed_precondition, "resume the container '", id_, "': it is not paused");
    RT_TRY(cgroup_.thaw());
    paused_ = false;
    return {};
}

Result<void> Container::update(std::string_view resources_json, sdk::Host host) {
    RT_TRY_ASSIGN(const Resources resources, parse_resources(resources_json));
    if (!resources.devices.empty())
        return fail(Code::unsupported, "update the container '", id_,
                    "': the rules for devices ('devices') cannot be changed while it runs; leave them out");
    return cgroup_.update(resources, warner(host, id_));
}

Result<sdk::Process> Container::exec(const sdk::Exec& request, sdk::Host host, sdk::Call call) {
    RT_TRY(need_running("exec in"));
    if (paused_)
        return fail(Code::failed_precondition, "exec in the container '", id_,
                    "': it is paused; resume it first");
    const Warn warn = warner(host, id_);
    ExecSetup setup;
    RT_TRY_ASSIGN(setup.process, parse_process(request.process_json));
    reduce_capabilities(setup.process, warn);
    setup.id = id_;
    setup.stdio = request.stdio;
    RT_TRY_ASSIGN(setup.seccomp, seccomp_.program(setup.process.capabilities.bounding));
    RT_TRY_ASSIGN(setup.entrances, open_entrances(cgroup_.directories()));
    RT_TRY_ASSIGN(setup.launcher, open_launcher());
    std::vector<Rlimit> rlimits;
    if (!ids_.uids.empty()) rlimits.swap(setup.process.rlimits);
    RT_TRY(hand_over_pipes(setup.stdio, ids_));
    setup.target = pidfd_.get();
    setup.namespace_flags = namespace_flags_;
    RT_TRY_ASSIGN(const UniqueFd born_in, cgroup_.open_unified());
    RT_TRY_ASSIGN(auto ends, make_channel());
    setup.channel = std::move(ends.second);
    // A pidfd tells setns(2) which namespace; the kernel refuses it once the process has ended.
    const bool own_pids = (namespace_flags_ & CLONE_NEWPID) != 0;
    auto spawned = spawn({0, born_in.get(), own_pids ? pidfd_.get() : -1, [&setup] { run_exec(setup); }});
    if (!spawned && spawned.error().sys_errno == ESRCH)
        return fail(Code::failed_precondition, "exec in the container '", id_,
                    "': its first process has ended");
    if (!spawned) return std::unexpected(std::move(spawned).error());
    Spawned process = std::move(*spawned);
    setup.channel.reset();
    UniqueFd terminal;
    const Talk talk{ends.first.get(), warn, [call] { return call.check(); }};
    auto started = await_ready(talk, terminal);
    if (started) started = set_rlimits(process.pid, rlimits);
    if (started) started = let_go(talk, setup.process.args[0]);
    if (!started) {
        kill_and_reap(process);
        return std::unexpected(started.error());
    }
    return sdk::Process{process.pid, std::move(process.pidfd), std::move(terminal), UniqueFd()};
}

} // namespace rt::namespaces
