// SPDX-License-Identifier: Apache-2.0
#include "core/container/run.hpp"

#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "core/container/runtime_files.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <utility>

namespace rt {
namespace {

std::string host_name() {
    std::array<char, 65> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

// One start, step by step in the order of the methods. What is made is remembered in the database and the run
// directory; undo is reap(), which knows how to take back any part of it.
class Run {
public:
    Run(Engine& engine, const ContainerSpec& spec, const RunOptions& options)
        : engine_(engine), options_(options), spec_(spec), operation_(Engine::new_operation()) {
        operation_.cancel_fd = options.cancel_fd;
    }

    std::expected<RunningContainer, RunFailure> go() {
        Result<void> outcome;
        try {
            outcome = make();
            if (outcome) outcome = start();
        } catch (const std::exception& exception) {
            outcome = fail(Code::internal, "run '", spec_.image, "': ", exception.what());
        }
        if (!outcome) {
            undo();
            return std::unexpected(RunFailure{std::move(outcome).error(), program_failed_});
        }
        return RunningContainer{std::move(record_), std::move(*shim_), std::move(warnings_)};
    }

private:
    Result<void> make() {
        RT_TRY(validate(spec_));
        RT_TRY(choose_drivers());
        RT_TRY(launch_shim());
        RT_TRY(find_image());
        RT_TRY(record_intent());
        RT_TRY(prepare_storage());
        RT_TRY(create_container());
        Result<void> attached = attach_network();
        Result<void> created = await_created(); // also when the network failed: the shim answers in any case
        return attached ? created : attached;
    }

    Result<void> choose_drivers() {
        const Wiring& wiring = engine_.wiring();
        const auto choose = [](const std::string& wanted, const RoleWiring& role) {
            return wanted.empty() ? role.default_instance : wanted;
        };
        record_.storage = choose(spec_.storage, wiring.storage);
        record_.network = choose(spec_.network, wiring.network);
        record_.isolation = choose(spec_.isolation, wiring.isolation);
        record_.id = random_hex(64);
        record_.name = spec_.name.empty() ? random_name() : spec_.name;
        RT_TRY_ASSIGN(isolation_, engine_.drivers().resolve(Role::isolation, record_.isolation));
        timer_.mark("wiring");
        return {};
    }

    // First of all, since the shim loads its driver while we go on.
    Result<void> launch_shim() {
        RT_TRY(make_directories(engine_.lock_file("x").parent_path()));
        RT_TRY_ASSIGN(lock_, LockFile::acquire(engine_.lock_file(record_.id)));
        directory_ = engine_.run_directory(record_.id);
        RT_TRY(make_directories(directory_ / "rootfs"));
        made_ = true;
        RT_TRY_ASSIGN(shim_, ShimClient::launch({install_prefix() / "libexec/rt/rt-shim", record_.id,
                                                 directory_, isolation_, reaper_command(engine_), true}));
        timer_.mark("shim.launch");
        RT_TRY_ASSIGN(storage_, engine_.drivers().storage(record_.storage));
        timer_.mark("load driver", record_.storage);
        return {};
    }

    Result<void> find_image() {
        RT_TRY_ASSIGN(state_, engine_.state());
        timer_.mark("open state");
        Result<Image> image = state_->images.find(spec_.image);
        if (!image && image.error().code == Code::not_found) {
            ImageService service(engine_.wiring(), state_->database, engine_.drivers());
            image = service.pull(spec_.image, {{}, record_.storage}, options_.pull_progress, operation_);
        }
        if (!image) return std::unexpected(std::move(image).error());
        record_.image_id = image->id;
        record_.image_name = spec_.image;
        image_config_ = std::move(image->config_json);
        RT_TRY_ASSIGN(auto snapshots, state_->images.snapshots(record_.image_id, record_.storage));
        if (!snapshots) {
            ImageService service(engine_.wiring(), state_->database, engine_.drivers());
            RT_TRY(service.ensure_unpacked(record_.image_id, *storage_, operation_));
            RT_TRY_ASSIGN(snapshots, state_->images.snapshots(record_.image_id, record_.storage));
        }
        if (!snapshots)
            return fail(Code::failed_precondition, "image '", spec_.image,
                        "' was removed while it was to be used");
        parents_ = std::move(*snapshots);
        timer_.mark("image");
        return {};
    }

    // Before anything is made that could be left behind: whose it is.
    Result<void> record_intent() {
        RT_TRY_ASSIGN(joined_, ensure_network(*state_));
        if (!spec_.ports.empty() && !joined_.traits.publishes_ports)
            return fail(Code::invalid_argument, "publish a port: network '", record_.network,
                        "' cannot: leave -p out, or choose a network driver that has ports");
        hostname_ = spec_.hostname;
        if (hostname_.empty())
            hostname_ = joined_.traits.host_namespace ? host_name() : record_.id.substr(0, 12);
        RT_TRY_ASSIGN(plan_, plan_process(spec_, image_config_, hostname_));
        record_.spec = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
        record_.created_at = now_ns();
        Result<void> outcome = insert();
        // A name may belong to a container that is about to go, or was left half made by a killed process.
        if (!outcome && outcome.error().code == Code::already_exists) {
            (void)recover(engine_); // what it could not put right is not what was asked for here
            outcome = insert();
        }
        if (!outcome && outcome.error().code == Code::already_exists)
            return fail(Code::already_exists, "the name '", record_.name,
                        "' is in use by another container: remove it with 'rtctl rm ", record_.name,
                        "', or choose another name");
        timer_.mark("record");
        return outcome;
    }

    Result<void> insert() {
        return state_->database.transaction([&]() -> Result<void> {
            // The image may have been removed since it was found; then this start must not go on.
            bool image_is_there = false;
            RT_TRY(state_->database.run("SELECT 1 FROM images WHERE id = ?", {record_.image_id},
                                        [&](const SqlRow&) { image_is_there = true; }));
            if (!image_is_there)
                return fail(Code::not_found, "image '", spec_.image, "' has just been removed");
            RT_TRY(state_->containers.add(record_));
            endpoint_ = {random_hex(12), joined_.id, record_.id, "", ""};
            RT_TRY_ASSIGN(address_, state_->networks.lease_address(joined_, endpoint_.id));
            endpoint_.request = endpoint_request();
            return state_->networks.add_endpoint(endpoint_);
        });
    }

    // Whole, before attach: whoever has to detach after us has nothing else to go by.
    std::string endpoint_request() const {
        Json request{{"id", endpoint_.id},  {"container_id", record_.id}, {"hostname", hostname_},
                     {"interface", "eth0"}, {"addresses", Json::array()}, {"ports", Json::array()}};
        if (!address_.empty()) request["addresses"].push_back(address_);
        for (const PublishedPort& port : spec_.ports) request["ports"].push_back(to_json(port));
        return request.dump();
    }

    Result<void> prepare_storage() {
        const std::string snapshot = Engine::snapshot_of(record_.id);
        RT_TRY(storage_->prepare(operation_, snapshot, parents_));
        RT_TRY_ASSIGN(rootfs_, storage_->mounts(operation_, snapshot, parents_, MountMode::read_write));
        timer_.mark("storage.prepare", record_.storage);
        return {};
    }

    Result<void> make_bind_sources() {
        for (const BindMount& bind : spec_.binds) {
            struct stat status{};
            if (::stat(bind.source.c_str(), &status) == 0) continue;
            if (auto made = make_directories(bind.source, 0755); !made)
                return in_context(std::move(made).error(), "mount '", bind.source, ":", bind.target, "'");
        }
        return {};
    }

    Result<void> create_container() {
        const bool own_network = !joined_.traits.host_namespace;
        RT_TRY(make_bind_sources());
        RT_TRY(write_runtime_files({directory_, hostname_, address_, own_network}));
        RT_TRY_ASSIGN(const std::string config,
                      oci_config({record_.id, directory_.native(), hostname_,
                                  engine_.wiring().cgroup_parent.native(), own_network, spec_, *plan_}));
        RT_TRY(replace_file(directory_ / "config.json", config));
        RT_TRY(make_directories(engine_.log_file(record_.id).parent_path()));
        timer_.mark("bundle");
        RT_TRY(shim_->send_create(operation_, {directory_.native(),
                                               config,
                                               rootfs_,
                                               spec_.terminal,
                                               spec_.open_stdin,
                                               spec_.open_stdin,
                                               {"json-file", engine_.log_file(record_.id)},
                                               {}}));
        creating_ = true;
        return {};
    }

    // While the shim makes the container, where its driver can make the network namespace ahead.
    Result<UniqueFd> network_namespace() {
        if (joined_.traits.host_namespace) return UniqueFd();
        auto ahead = shim_->network_namespace(operation_);
        if (ahead || ahead.error().code != Code::unsupported) return ahead;
        RT_TRY(await_created());
        return std::move(created_.netns);
    }

    // Its driver is loaded only now, while the shim makes the container.
    Result<void> attach_network() {
        RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(record_.network));
        if (backend->traits() != joined_.traits)
            return fail(Code::failed_precondition, "attach to network '", joined_.name,
                        "': it was made with another driver than '", backend->plugin(),
                        "', which the wiring has for it now: give that driver a name of its own there");
        timer_.mark("load driver", record_.network);
        RT_TRY_ASSIGN(const UniqueFd netns, network_namespace());
        RT_TRY_ASSIGN(endpoint_.result, backend->attach(operation_, endpoint_json(endpoint_, joined_),
                                                        netns ? netns.get() : -1));
        timer_.mark("network.attach", record_.network);
        return {};
    }

    Result<void> await_created() {
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
    Result<void> explain(Error error) {
        const auto probe = storage_->probe(operation_);
        if (!probe && probe.error().code == Code::unsupported) error = probe.error();
        return std::unexpected(std::move(error));
    }

    // Recorded as running first: from the moment the program runs, everybody has to know of it.
    Result<void> start() {
        record_.phase = Phase::running;
        record_.started_at = now_ns();
        Result<void> recorded = state_->database.transaction([&]() -> Result<void> {
            RT_TRY(state_->networks.set_endpoint_result(endpoint_.id, endpoint_.result));
            return state_->containers.set_started(record_.id, record_.started_at, start_record());
        });
        if (!recorded) return recorded;
        timer_.mark("record start");
        const Result<void> outcome = shim_->attach_and_start(operation_, options_.attachment);
        program_failed_ = !outcome && (outcome.error().code == Code::not_found ||
                                       outcome.error().code == Code::permission_denied);
        timer_.mark("isolation.start", record_.isolation);
        if (!outcome) return outcome;
        return state_->containers.set_started(record_.id, record_.started_at, start_record());
    }

    std::string start_record() const {
        return Json{{"pid", created_.pid}, {"phases", timer_.to_json()}, {"warnings", warnings_}}.dump();
    }

    // The error that led here is the one to report; what cannot be undone now, recover() undoes later.
    void undo() {
        if (made_) (void)abandon(engine_, record_.id, shim_ ? &*shim_ : nullptr, std::move(*lock_));
    }

    Engine& engine_;
    const RunOptions& options_;
    ContainerSpec spec_;
    Operation operation_;
    PhaseTimer timer_;
    Container record_;
    DriverSpec isolation_;
    Engine::State* state_ = nullptr;
    std::optional<LockFile> lock_;
    Path directory_;
    bool made_ = false;
    bool creating_ = false; // the shim has not yet answered to create
    bool program_failed_ = false;
    std::optional<ShimClient> shim_;
    std::shared_ptr<StorageDriver> storage_;
    std::string image_config_;
    std::vector<std::string> parents_; // snapshots of the image, the topmost first
    std::string hostname_;
    std::optional<ProcessPlan> plan_;
    Network joined_;
    Endpoint endpoint_;
    std::string address_;
    std::vector<Mount> rootfs_;
    ShimCreated created_;
    std::vector<std::string> warnings_;

    Result<Network> ensure_network(Engine::State& state);
};

// The network that has its driver's name: made with the first container that joins it, and kept.
Result<Network> Run::ensure_network(Engine::State& state) {
    RT_TRY_ASSIGN(auto found, state.networks.find(record_.network));
    if (found && !found->result.empty()) return std::move(*found);
    RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(record_.network));
    RT_TRY_ASSIGN(const LockFile lock,
                  LockFile::acquire(engine_.lock_file(cat("network-", record_.network))));
    RT_TRY_ASSIGN(found, state.networks.find(record_.network));
    if (!found) {
        found = Network{random_hex(12), record_.network, record_.network, backend->traits(), "{}", ""};
        RT_TRY(state.networks.add(*found));
    }
    if (found->result.empty()) {
        RT_TRY_ASSIGN(found->result, backend->create_network(operation_, network_json(*found).dump()));
        RT_TRY(state.networks.set_result(found->id, found->result));
    }
    return std::move(*found);
}

} // namespace

std::expected<RunningContainer, RunFailure> run(Engine& engine, const ContainerSpec& spec,
                                                const RunOptions& options) {
    return Run(engine, spec, options).go();
}

} // namespace rt
