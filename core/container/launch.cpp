// SPDX-License-Identifier: Apache-2.0
// What a container is to be, and its record; launch_start.cpp has what lets it run.
#include "core/container/launch.hpp"

#include "core/base/id.hpp"
#include "core/container/container_events.hpp"
#include "core/container/container_link.hpp"
#include "core/container/container_lock.hpp"
#include "core/container/id_ranges.hpp"
#include "core/container/name_conflict.hpp"
#include "core/container/recovery.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <utility>

namespace rt {

Launch::Launch(Engine& engine, const RunOptions& options)
    : engine_(engine), options_(options), operation_(Engine::new_operation()) {
    operation_.cancel_fd = options.cancel_fd;
}

Result<void> Launch::take_the_lock() {
    RT_TRY(make_directories(engine_.lock_file("x").parent_path()));
    RT_TRY_ASSIGN(lock_, LockFile::acquire(engine_.lock_file(record_.id)));
    directory_ = engine_.run_directory(record_.id);
    return {};
}

void Launch::drop_lock() {
    if (lock_) ::unlink(engine_.lock_file(record_.id).c_str());
    lock_.reset();
}

Result<void> Launch::plan_new(const ContainerSpec& spec) {
    spec_ = spec;
    RT_TRY(validate(spec_));
    const Wiring& wiring = engine_.wiring();
    const auto choose = [](const std::string& wanted, const RoleWiring& role) {
        return wanted.empty() ? role.default_instance : wanted;
    };
    record_.storage = choose(spec_.storage, wiring.storage);
    if (spec_.network == "default") spec_.network.clear(); // docker's word for it
    record_.network = choose(spec_.network, wiring.network);
    give_links_to_network(spec_);
    RT_TRY(check_networks());
    record_.isolation = choose(spec_.isolation, wiring.isolation);
    record_.id = random_hex(64);
    record_.name = spec_.name.empty() ? random_name() : spec_.name;
    record_.image_name = spec_.image;
    record_.spec = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
    RT_TRY_ASSIGN(isolation_, engine_.drivers().resolve(Role::isolation, record_.isolation));
    RT_TRY(take_the_lock());
    timer_.mark("wiring");
    return {};
}

// As far as it can be said before the networks are looked for.
Result<void> Launch::check_networks() {
    for (const EndpointSettings& endpoint : wanted_endpoints(spec_, record_.network)) {
        if (!is_predefined(engine_, endpoint.network)) continue;
        RT_TRY(
            validate_in_network(endpoint, {.id = {}, .name = endpoint.network, .driver = {}, .traits = {}}));
    }
    return {};
}

Result<void> Launch::find_image() {
    RT_TRY_ASSIGN(storage_, engine_.drivers().storage(record_.storage));
    timer_.mark("load driver", record_.storage);
    RT_TRY_ASSIGN(state_, engine_.state());
    timer_.mark("open state");
    Result<Image> image = state_->images.find(spec_.image);
    const bool missing = !image && image.error().code == Code::not_found;
    if (missing && options_.pull == PullPolicy::missing && options_.pull_progress) {
        ImageProgress note;
        note.text = cat("Unable to find image '", spec_.image, "' locally");
        options_.pull_progress(note);
    }
    if (options_.pull == PullPolicy::always || (missing && options_.pull == PullPolicy::missing)) {
        ImageService service(engine_.wiring(), state_->database, engine_.drivers());
        image = service.pull(spec_.image, {{}, record_.storage, options_.pull_credentials},
                             options_.pull_progress, operation_);
    }
    if (!image) {
        const std::string best = missing ? state_->images.nearest_name(spec_.image) : std::string();
        if (!best.empty() && image.error().message.find("did you mean") == std::string::npos)
            image.error().message += cat(" (did you mean ", best, ", which is here?)");
        return std::unexpected(std::move(image).error());
    }
    record_.image_id = image->id;
    image_config_ = std::move(image->config_json);
    RT_TRY_ASSIGN(parents_,
                  ImageService(engine_.wiring(), state_->database, engine_.drivers())
                      .unpacked(record_.image_id, record_.storage, operation_, options_.pull_progress));
    timer_.mark("image");
    return {};
}

// The same is asked at the start. Without it a container would be made that could never start.
Result<void> Launch::check_together() {
    std::vector<Network> networks;
    for (const EndpointSettings& endpoint : wanted_endpoints(spec_, record_.network))
        if (auto network = known_network(engine_, *state_, endpoint.network)) {
            for (const Network& one : networks) RT_TRY(validate_together(one, *network));
            networks.push_back(std::move(*network));
        }
    return {};
}

// Said again at the start. Without it clients that create first would not hear of it. Where there is no such
// network yet, nobody knows.
Result<void> Launch::warn_of_ports() {
    RT_TRY_ASSIGN(const auto ports, wanted_ports());
    std::optional<Network> quiet;
    for (const EndpointSettings& endpoint : wanted_endpoints(spec_, record_.network)) {
        auto network = known_network(engine_, *state_, endpoint.network);
        if (!network) return {};
        RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network->config));
        if (network->traits.publishes_ports && !config.internal) return {};
        quiet = std::move(network);
    }
    if (quiet && !ports.empty()) warnings_.push_back(discarded_ports_text(*quiet));
    return {};
}

// Networks may be named by their ids; what is kept is their names. One that is not there yet is looked for
// again at the start.
void Launch::name_networks() {
    const auto rename = [&](std::string& reference) {
        if (reference.empty() || is_predefined(engine_, reference)) return;
        if (const auto found = state_->networks.find_any(reference)) reference = found->name;
    };
    rename(spec_.network);
    rename(record_.network);
    for (EndpointSettings& endpoint : spec_.networks) rename(endpoint.network);
    record_.spec = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> Launch::find_joined() {
    if (!joins_any(spec_)) return {};
    RT_TRY(resolve_joined(state_->containers, spec_, record_.name));
    if (joins_a_network()) record_.network = spec_.network;
    record_.spec = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
    return {};
}

// Before anything is made that could be left behind: whose it is.
Result<void> Launch::record_new() {
    if (!joins_a_network() && !is_predefined(engine_, record_.network)) name_networks();
    if (!plan_) RT_TRY(plan()); // is there anything to run in it?
    RT_TRY(plan_volumes());
    record_.created_at = now_ns();
    begun_ = true;
    Result<void> outcome = insert();
    // A name may belong to a container that is about to go, or was left half made by a killed process.
    if (!outcome && outcome.error().code == Code::already_exists) {
        (void)recover(engine_); // what it could not put right is not what was asked for here
        outcome = insert();
    }
    if (!outcome && outcome.error().code == Code::already_exists)
        return name_is_taken(state_->containers, record_.name);
    timer_.mark("record");
    return outcome;
}

Result<void> Launch::insert() {
    return state_->database.transaction([&]() -> Result<void> {
        // The image may have been removed since it was found; then this start must not go on.
        bool image_is_there = false;
        RT_TRY(state_->database.run("SELECT 1 FROM images WHERE id = ?", {record_.image_id},
                                    [&](const SqlRow&) { image_is_there = true; }));
        if (!image_is_there) return fail(Code::not_found, "image '", spec_.image, "' has just been removed");
        RT_TRY(state_->containers.add(record_));
        RT_TRY(record_volumes());
        if (has_own_users()) {
            RT_TRY_ASSIGN(const IdRange pool, parse_id_pool(engine_.wiring().id_pool));
            RT_TRY_ASSIGN(ids_, take_id_range(state_->database, pool, record_.id));
        }
        RT_TRY(note_event(*state_, record_, "create", {}, &image_config_));
        return record_endpoints(); // none where it is only created
    });
}

Result<void> Launch::prepare_storage() {
    RT_TRY(storage_->prepare(operation_, Engine::snapshot_of(record_.id), parents_));
    timer_.mark("storage.prepare", record_.storage);
    return {};
}

Result<void> Launch::load(const std::string& container_id) {
    RT_TRY_ASSIGN(auto locked, lock_container(engine_, container_id));
    lock_ = std::move(locked.lock);
    record_ = std::move(locked.container);
    directory_ = engine_.run_directory(record_.id);
    RT_TRY_ASSIGN(state_, engine_.state());
    timer_.mark("open state");
    RT_TRY_ASSIGN(spec_, spec_from_json(record_.spec));
    if (!record_.mounts.empty()) {
        RT_TRY_ASSIGN(spec_.mounts, mounts_from_text(record_.mounts));
    }
    if (has_own_users()) {
        RT_TRY_ASSIGN(ids_, id_range_of(state_->database, record_.id));
        if (ids_.count == 0)
            return fail(Code::corrupt, "start container '", record_.name, "': its ids are not recorded");
    }
    RT_TRY_ASSIGN(isolation_, engine_.drivers().resolve(Role::isolation, record_.isolation));
    timer_.mark("wiring");
    return {};
}

Result<void> Launch::find_image_again() {
    RT_TRY_ASSIGN(storage_, engine_.drivers().storage(record_.storage));
    timer_.mark("load driver", record_.storage);
    RT_TRY_ASSIGN(Image image, state_->images.find(record_.image_id));
    image_config_ = std::move(image.config_json);
    RT_TRY_ASSIGN(parents_,
                  ImageService(engine_.wiring(), state_->database, engine_.drivers())
                      .unpacked(record_.image_id, record_.storage, operation_, options_.pull_progress));
    timer_.mark("image");
    return {};
}

} // namespace rt
