// SPDX-License-Identifier: Apache-2.0
// From a record to a running program.
#include "core/container/launch.hpp"

#include "core/base/id.hpp"
#include "core/container/container_events.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/reap.hpp"
#include "core/container/runtime_files.hpp"
#include "core/container/shim_settings.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace rt {
namespace {

// Of the host, in the container's network; "": it has none, or its driver does not say.
std::string gateway_of(const Network& network) {
    const Json result = Json::parse(network.result, nullptr, false);
    const auto subnets = result.is_object() ? result.find("subnets") : result.end();
    if (subnets == result.end() || !subnets->is_array() || subnets->empty()) return {};
    return subnets->front().value("gateway", std::string());
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
                                             isolation_, reaper_command(engine_), true,
                                             engine_.wiring().cgroup_parent}));
    timer_.mark("shim.launch");
    return {};
}

void Launch::adopt_shim(ShimClient shim) {
    begun_ = true;
    adopted_ = true;
    shim_ = std::move(shim);
}

Result<void> Launch::join_network() {
    RT_TRY_ASSIGN(joined_, ensure_network());
    if (adopted_ && !joined_.traits.host_namespace) ahead_ = shim_->make_network_namespace(operation_);
    if (!spec_.ports.empty() && !joined_.traits.publishes_ports)
        return fail(Code::invalid_argument, "publish a port: network '", record_.network,
                    "' cannot: leave -p out, or choose a network driver that has ports");
    hostname_ = spec_.hostname;
    if (hostname_.empty())
        hostname_ = joined_.traits.host_namespace || spec_.uts_mode == "host" ? host_name()
                                                                              : record_.id.substr(0, 12);
    return plan();
}

// The network that has its driver's name: made with the first container that joins it, and kept.
Result<Network> Launch::ensure_network() {
    RT_TRY_ASSIGN(auto found, state_->networks.find(record_.network));
    if (found && !found->result.empty()) return std::move(*found);
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(record_.network));
    RT_TRY_ASSIGN(const LockFile lock,
                  LockFile::acquire(engine_.lock_file(cat("network-", record_.network))));
    RT_TRY_ASSIGN(found, state_->networks.find(record_.network));
    if (!found) {
        found = Network{random_hex(12), record_.network, record_.network, backend->traits(), "{}", ""};
        RT_TRY(state_->networks.add(*found));
    }
    if (found->result.empty()) {
        RT_TRY_ASSIGN(found->result, backend->create_network(operation_, network_json(*found).dump()));
        RT_TRY(state_->networks.set_result(found->id, found->result));
    }
    return std::move(*found);
}

Result<void> Launch::plan() {
    RT_TRY_ASSIGN(plan_, plan_process(spec_, image_config_, hostname_));
    return {};
}

Result<void> Launch::record_endpoint() {
    endpoint_ = {random_hex(12), joined_.id, record_.id, "", ""};
    RT_TRY_ASSIGN(address_, state_->networks.lease_address(joined_, endpoint_.id));
    endpoint_.request = endpoint_request();
    return state_->networks.add_endpoint(endpoint_);
}

// Whole, before attach: whoever has to detach after us has nothing else to go by.
std::string Launch::endpoint_request() const {
    Json request{{"id", endpoint_.id},  {"container_id", record_.id}, {"hostname", hostname_},
                 {"interface", "eth0"}, {"addresses", Json::array()}, {"ports", Json::array()}};
    if (!address_.empty()) request["addresses"].push_back(address_);
    for (const PublishedPort& port : spec_.ports) request["ports"].push_back(to_json(port));
    return request.dump();
}

Result<void> Launch::make_bind_sources() {
    for (const MountSpec& mount : spec_.mounts) {
        struct stat status{};
        if (mount.type != MountType::bind || ::stat(mount.source.c_str(), &status) == 0) continue;
        if (!mount.create_source)
            return fail_errno(errno, "mount ", show(mount), ": the source '", mount.source,
                              "' of a bind mount");
        if (auto made = make_directories(mount.source, 0755); !made)
            return in_context(std::move(made).error(), "mount ", show(mount));
    }
    return {};
}

Result<void> Launch::make_bundle() {
    RT_TRY_ASSIGN(rootfs_, storage_->mounts(operation_, Engine::snapshot_of(record_.id), parents_,
                                            MountMode::read_write));
    RT_TRY(make_bind_sources());
    const bool own_network = !joined_.traits.host_namespace;
    RT_TRY(
        write_runtime_files({directory_, hostname_, address_, own_network, spec_.domainname, spec_.dns,
                             spec_.dns_options, spec_.dns_search, spec_.extra_hosts, gateway_of(joined_)}));
    RT_TRY(make_directories(engine_.log_file(record_.id).parent_path()));
    return {};
}

Result<void> Launch::make_container() {
    const bool own_network = !joined_.traits.host_namespace;
    RT_TRY_ASSIGN(HostFacts host, look_at_host(spec_));
    RT_TRY_ASSIGN(const std::string config, oci_config({record_.id, directory_.native(), hostname_,
                                                        engine_.wiring().cgroup_parent.native(), own_network,
                                                        spec_, *plan_, std::move(host)}));
    RT_TRY(replace_file(directory_ / "config.json", config));
    RT_TRY_ASSIGN(ShimLog log, shim_log(spec_.log_config, engine_.log_file(record_.id)));
    RT_TRY_ASSIGN(auto health, shim_health(*plan_, config));
    timer_.mark("bundle");
    RT_TRY(shim_->send_create(operation_,
                              {directory_.native(), config, rootfs_, spec_.terminal, spec_.open_stdin,
                               spec_.open_stdin, std::move(log), std::move(health)}));
    creating_ = true;
    Result<void> attached = attach_network();
    Result<void> created = await_created(); // also when the network failed: the shim answers in any case
    return attached ? created : attached;
}

// While the shim makes the container, where its driver can make the network namespace ahead.
Result<UniqueFd> Launch::network_namespace() {
    if (joined_.traits.host_namespace) return UniqueFd();
    auto ahead = adopted_ ? std::move(ahead_) : shim_->network_namespace(operation_);
    if (ahead || ahead.error().code != Code::unsupported) return ahead;
    RT_TRY(await_created());
    return std::move(created_.netns);
}

// Its driver is loaded only now, while the shim makes the container.
Result<void> Launch::attach_network() {
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(record_.network));
    if (backend->traits() != joined_.traits)
        return fail(Code::failed_precondition, "attach to network '", joined_.name,
                    "': it was made with another driver than '", backend->plugin(),
                    "', which the wiring has for it now: give that driver a name of its own there");
    timer_.mark("load driver", record_.network);
    RT_TRY_ASSIGN(const UniqueFd netns, network_namespace());
    RT_TRY_ASSIGN(endpoint_.result,
                  backend->attach(operation_, endpoint_json(endpoint_, joined_), netns ? netns.get() : -1));
    timer_.mark("network.attach", record_.network);
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
        RT_TRY(state_->networks.set_endpoint_result(endpoint_.id, endpoint_.result));
        RT_TRY(state_->containers.set_started(record_.id, record_.started_at, start_record(), by));
        RT_TRY(note_network_event(*state_, joined_, record_.id, "connect"));
        return note_event(*state_, record_, "start");
    });
    RT_TRY(recorded);
    timer_.mark("record start");
    const Result<void> outcome = shim_->attach_and_start(operation_, options_.attachment);
    program_failed_ = !outcome && (outcome.error().code == Code::not_found ||
                                   outcome.error().code == Code::permission_denied);
    timer_.mark("isolation.start", record_.isolation);
    if (!outcome) return outcome;
    // The program runs: that the last phase could not be added is no reason to end it.
    if (const auto added = state_->containers.set_start_record(record_.id, start_record()); !added)
        warnings_.push_back(added.error().message);
    return {};
}

std::string Launch::start_record() const {
    return Json{{"pid", created_.pid}, {"phases", timer_.to_json()}, {"warnings", warnings_}}.dump();
}

RunningContainer Launch::running() {
    return {std::move(record_), std::move(*shim_), std::move(warnings_)};
}

} // namespace rt
