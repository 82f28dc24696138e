// SPDX-License-Identifier: Apache-2.0
// From a record to a running program.
#include "core/base/id.hpp"
#include "core/container/launch.hpp"

#include "core/container/bind_propagation.hpp"
#include "core/container/container_events.hpp"
#include "core/container/layer_mode.hpp"
#include "core/container/name_service.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/port_conflict.hpp"
#include "core/container/reap.hpp"
#include "core/container/running_index.hpp"
#include "core/container/runtime_files.hpp"
#include "core/container/shared_memory.hpp"
#include "core/container/shim_settings.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rt {
namespace {

// Where the first process of its processes is another's, that one is the init.
Result<std::string> init_program(const ContainerSpec& spec, const InitWiring& wiring) {
    if (!spec.init.value_or(wiring.by_default) || !spec.pid_mode.empty()) return std::string();
    if (::access(wiring.program.c_str(), X_OK) != 0)
        return fail_errno(errno, "--init: the init program '", wiring.program.native(),
                          "' (name another as /init/program in the wiring file)");
    return wiring.program.native();
}

std::string host_name() {
    std::array<char, 65> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

} // namespace

Result<void> Launch::launch_shim() {
    RT_TRY(make_directories(directory_ / "rootfs"));
    begun_ = true;
    RT_TRY_ASSIGN(shim_, ShimClient::launch({install_prefix() / "libexec/rt/rt-shim", record_.id, directory_,
                                             isolation_, reaper_command(engine_), can_make_network_ahead(),
                                             engine_.wiring().cgroup_parent, lock_->descriptor()}));
    timer_.mark("shim.launch");
    return {};
}

void Launch::adopt_shim(ShimClient shim) {
    begun_ = true;
    adopted_ = true;
    shim_ = std::move(shim);
}

Result<void> Launch::join_others() {
    if (!joins_any(spec_)) return {};
    RT_TRY_ASSIGN(others_, JoinedContainers::open(engine_, spec_, directory_));
    timer_.mark("join");
    return {};
}

Result<void> Launch::join_networks() {
    RT_TRY(join_others());
    if (joins_a_network()) {
        hostname_ = spec_.uts_mode == "host" ? host_name() : others_->hostname();
        spec_.domainname = spec_.uts_mode == "host" ? "" : others_->domainname();
        return plan();
    }
    if (!spec_.network_disabled) RT_TRY(find_networks()); // else a namespace with nothing in it
    if (has_own_users() && in_host_network())
        return fail(Code::invalid_argument,
                    "cannot share the host's network namespace when user namespaces are enabled: choose "
                    "another network than '",
                    record_.network, "', or --userns host");
    if (adopted_ && can_make_network_ahead() && !in_host_network())
        ahead_ = shim_->make_network_namespace(operation_);
    hostname_ = spec_.hostname;
    if (hostname_.empty())
        hostname_ = in_host_network() || spec_.uts_mode == "host" ? host_name() : short_id(record_.id);
    RT_TRY(plan());
    return choose_ports();
}

Result<void> Launch::find_networks() {
    for (EndpointSettings& settings : wanted_endpoints(spec_, record_.network)) {
        JoinedNetwork joined{.settings = std::move(settings), .network = {}, .config = {}};
        RT_TRY_ASSIGN(joined.network, find_or_make_network(engine_, operation_, joined.settings.network));
        RT_TRY(validate_in_network(joined.settings, joined.network));
        // Named once by its name and once by its id.
        if (std::ranges::any_of(
                joined_, [&](const JoinedNetwork& one) { return one.network.id == joined.network.id; }))
            return fail(Code::invalid_argument, "network '", joined.network.name,
                        "' is specified multiple times");
        for (const JoinedNetwork& one : joined_) RT_TRY(validate_together(one.network, joined.network));
        if (joined.network.user_defined()) {
            RT_TRY_ASSIGN(joined.config, network_config_from_json(joined.network.config));
        }
        joined.interface = cat("eth", joined_.size());
        joined_.push_back(std::move(joined));
    }
    return {};
}

Result<std::vector<PublishedPort>> Launch::wanted_ports() const {
    std::vector<PublishedPort> ports = spec_.ports;
    if (spec_.publish_all_ports) {
        RT_TRY_ASSIGN(auto exposed, ports_of_exposed(plan_->exposed_ports, ports));
        ports.insert(ports.end(), exposed.begin(), exposed.end());
    }
    return ports;
}

// Where nothing can be published, that is said and all else goes on, as docker has it.
Result<void> Launch::choose_ports() {
    RT_TRY_ASSIGN(auto ports, wanted_ports());
    if (joined_.empty() || choose_gateway(joined_, std::move(ports)).empty()) return {};
    warnings_.push_back(discarded_ports_text(joined_.front().network));
    return {};
}

Result<void> Launch::plan() {
    RT_TRY_ASSIGN(plan_, plan_process(spec_, image_config_, hostname_));
    return {};
}

Result<void> Launch::record_endpoints() {
    for (JoinedNetwork& joined : joined_) {
        joined.names = names_in(joined, record_, spec_);
        RT_TRY(record_endpoint(*state_, record_, hostname_, joined));
    }
    return {};
}

// In docker's words.
Result<void> Launch::check_bind_sources() const {
    for (const MountSpec& mount : spec_.mounts) {
        if (mount.type != MountType::bind || mount.create_source) continue;
        if (::access(mount.source.c_str(), F_OK) != 0) // no 404, which to clients is the image's
            return fail(
                Code::invalid_argument,
                "invalid mount config for type \"bind\": bind source path does not exist: ", mount.source);
    }
    return {};
}

Result<void> Launch::make_bind_sources() {
    RT_TRY(check_bind_sources());
    for (const MountSpec& mount : spec_.mounts) {
        if (mount.type != MountType::bind || ::access(mount.source.c_str(), F_OK) == 0) continue;
        if (auto made = make_directories(mount.source, 0755); !made)
            return in_context(std::move(made).error(), "mount ", show(mount));
    }
    for (const MountSpec& mount : spec_.mounts) RT_TRY(check_propagation(mount));
    return {};
}

Result<void> Launch::make_bundle() {
    RT_TRY_ASSIGN(rootfs_,
                  storage_->mounts(operation_, Engine::snapshot_of(record_.id), parents_, layer_mode(spec_)));
    // Its layers keep the owners they have on the disk; only how they are shown changes.
    if (has_own_users())
        for (Mount& mount : rootfs_) mount.options.emplace_back("idmap");
    RT_TRY(make_bind_sources());
    if (shares_memory()) RT_TRY(mount_shared_memory(directory_, spec_.shm_size));
    if (!joins_a_network()) RT_TRY(write_files()); // else they are the other's
    return make_directories(engine_.log_file(record_.id).parent_path());
}

bool Launch::shares_memory() const {
    return spec_.ipc_mode == "shareable" &&
           std::ranges::find(spec_.mounts, "/dev/shm", &MountSpec::target) == spec_.mounts.end();
}

// Its own shared memory is found where others find it.
JoinedNamespaces Launch::joined_namespaces() const {
    JoinedNamespaces joined = others_ ? others_->namespaces() : JoinedNamespaces();
    if (shares_memory()) joined.shm = shared_memory_in(directory_).native();
    return joined;
}

Result<void> Launch::write_files() {
    RuntimeFiles files{directory_,
                       hostname_,
                       {},
                       !in_host_network(),
                       spec_.domainname,
                       spec_.dns,
                       spec_.dns_options,
                       spec_.dns_search,
                       spec_.extra_hosts,
                       {}};
    for (const JoinedNetwork& joined : joined_) {
        files.addresses.insert(files.addresses.end(), joined.addresses.begin(), joined.addresses.end());
        if (files.host_gateway.empty()) files.host_gateway = gateway_of(joined.network);
    }
    files.own_name_server = has_name_server(joined_);
    files.owner = ids_.first;
    return write_runtime_files(files);
}

Result<void> Launch::make_container() {
    const bool own_network = !in_host_network();
    RT_TRY_ASSIGN(std::string init, init_program(spec_, engine_.wiring().init));
    RT_TRY_ASSIGN(HostFacts host, look_at_host(spec_));
    if (!volumes_.empty()) {
        RT_TRY_ASSIGN(spec_.mounts, mounts_on_host());
    }
    RT_TRY_ASSIGN(const std::string config,
                  oci_config({record_.id, directory_.native(), hostname_,
                              engine_.wiring().cgroup_parent.native(), own_network, spec_, *plan_,
                              std::move(host), joined_namespaces(), ids_, std::move(init)}));
    RT_TRY(replace_file(directory_ / "config.json", config));
    RT_TRY_ASSIGN(ShimLog log, shim_log(spec_.log_config, engine_.log_file(record_.id)));
    if (!spec_.log_config.config.empty()) {
        RT_TRY_ASSIGN(log.attributes, log_attributes(spec_.log_config, plan_->labels, plan_->environment));
    }
    RT_TRY_ASSIGN(auto health, shim_health(*plan_, config));
    timer_.mark("bundle");
    RT_TRY(shim_->send_create(operation_,
                              {directory_.native(), config, rootfs_, spec_.terminal, spec_.open_stdin,
                               spec_.stdin_once, std::move(log), std::move(health)}));
    creating_ = true;
    // Only a short way for `exec`: without it the database is asked.
    if (auto indexed = index_running(engine_, record_, event_attributes(record_, image_config_)); !indexed)
        warnings_.push_back(std::move(indexed).error().message);
    Result<void> attached = attach_networks();
    Result<void> created = await_created(); // also when the network failed: the shim answers in any case
    if (attached && created && has_name_server(joined_)) created = begin_names();
    netns_.reset();
    if (attached && created) return check_subpaths();
    return attached ? created : attached;
}

// While the shim makes the container, where its driver can make the network namespace ahead.
Result<UniqueFd> Launch::network_namespace() {
    if (in_host_network()) return UniqueFd();
    if (!can_make_network_ahead()) {
        RT_TRY(await_created());
        return std::move(created_.netns);
    }
    auto ahead = adopted_ ? std::move(ahead_) : shim_->network_namespace(operation_);
    if (ahead || ahead.error().code != Code::unsupported) return ahead;
    RT_TRY(await_created());
    return std::move(created_.netns);
}

// Drivers are loaded only now, while the shim makes the container.
Result<void> Launch::attach_networks() {
    for (JoinedNetwork& joined : joined_) {
        const std::string& driver = joined.network.driver;
        RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(driver));
        if (backend->traits() != joined.network.traits)
            return fail(Code::failed_precondition, "attach to network '", joined.network.name,
                        "': it was made with another driver than '", backend->plugin(),
                        "', which the wiring has for it now: give that driver a name of its own there");
        RT_TRY(check_abilities(*backend, joined));
        if (&joined == &joined_.front()) {
            timer_.mark("load driver", driver);
            RT_TRY_ASSIGN(netns_, network_namespace());
        }
        auto attached = backend->attach(operation_, endpoint_json(joined.endpoint, joined.network),
                                        netns_ ? netns_.get() : -1);
        if (!attached)
            return std::unexpected(
                name_the_holder(*state_, record_.id, joined.ports, std::move(attached).error()));
        joined.endpoint.result = std::move(*attached);
        timer_.mark("network.attach", driver);
    }
    return {};
}

// The program may ask as soon as it runs.
Result<void> Launch::begin_names() {
    RT_TRY(serve_names(engine_, operation_, spec_, joined_, {*shim_, netns_.get()}));
    for (const JoinedNetwork& joined : joined_) RT_TRY(publish_names(engine_, joined));
    timer_.mark("names");
    return {};
}

Result<void> Launch::await_created() {
    if (!std::exchange(creating_, false)) return {};
    auto created = shim_->receive_created();
    if (!created) return explain(std::move(created).error());
    created_ = std::move(*created);
    for (const std::string& warning : created_.warnings) warnings_.push_back(warning);
    timer_.mark("isolation.create", record_.isolation);
    return {};
}

// The isolation driver mounts what the storage driver answered. When the host cannot do that at all, the
// storage driver's probe has the better words.
Result<void> Launch::explain(Error error) {
    const auto probe = storage_->probe(operation_);
    if (!probe && probe.error().code == Code::unsupported) error = probe.error();
    return std::unexpected(std::move(error));
}

// Recorded as running first: from the moment the program runs, everybody has to know of it.
Result<void> Launch::start(StartedBy by) {
    record_.phase = Phase::running;
    record_.started_at = now_ns();
    const Result<void> recorded = state_->database.transaction([&]() -> Result<void> {
        for (const JoinedNetwork& joined : joined_)
            RT_TRY(state_->networks.set_endpoint_result(joined.endpoint.id, joined.endpoint.result));
        RT_TRY(state_->containers.set_started(record_.id, record_.started_at, start_record(), by));
        if (options_.attachment != ShimClient::Attach::none)
            RT_TRY(note_event(*state_, record_, "attach", {}, &image_config_));
        for (const JoinedNetwork& joined : joined_)
            RT_TRY(note_network_event(*state_, joined.network, record_.id, "connect"));
        return note_volumes_mounted();
    });
    RT_TRY(recorded);
    timer_.mark("record start");
    if (options_.before_program) options_.before_program(record_.id);
    const Result<void> outcome = shim_->attach_and_start(operation_, options_.attachment);
    program_failed_ = !outcome && (outcome.error().code == Code::not_found ||
                                   outcome.error().code == Code::permission_denied);
    timer_.mark("isolation.start", record_.isolation);
    if (!outcome) return outcome;
    // The program runs: that the last phase could not be added is no reason to end it.
    const auto added = state_->database.transaction([&]() -> Result<void> {
        RT_TRY(state_->containers.set_start_record(record_.id, start_record()));
        return note_event(*state_, record_, "start", {}, &image_config_);
    });
    if (!added) warnings_.push_back(added.error().message);
    return {};
}

std::string Launch::start_record() const {
    return Json{{"pid", created_.pid}, {"phases", timer_.to_json()}, {"warnings", warnings_}}.dump();
}

RunningContainer Launch::running() {
    return {std::move(record_), std::move(*shim_), std::move(warnings_)};
}

} // namespace rt
