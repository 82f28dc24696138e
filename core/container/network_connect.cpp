// SPDX-License-Identifier: Apache-2.0
#include "core/container/network_connect.hpp"

#include "core/container/container_lock.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/first_process.hpp"
#include "core/container/running_networks.hpp"
#include "core/container/until_done.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace rt {
namespace {

// One container under its lock.
class Member {
public:
    static Result<Member> open(Engine& engine, const std::string& reference) {
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
        std::optional<Member> member;
        const auto attempt = [&]() -> Result<Attempt> {
            RT_TRY(settled(engine, found));
            RT_TRY_ASSIGN(auto locked, lock_container(engine, found.id));
            member.emplace(Member(*state, std::move(locked)));
            auto looked = member->look(engine);
            if (looked) return Attempt::done;
            if (member->container_.phase != Phase::running ||
                hold_first_process(engine.run_directory(found.id)))
                return std::unexpected(std::move(looked).error());
            member.reset(); // it ends just now: the lock is for who cleans up
            return Attempt::again;
        };
        RT_TRY(until_done(found.name, attempt));
        return std::move(*member);
    }

    Result<void> connect(JoinedNetwork joined) {
        RT_TRY(may_connect(joined));
        if (running_) return running_->connect(std::move(joined));
        std::erase_if(spec_.networks,
                      [&](const EndpointSettings& one) { return one.network == joined.network.name; });
        spec_.networks.push_back(joined.settings);
        return store_spec();
    }

    Result<void> disconnect(const Network& network) {
        const auto gone = std::erase_if(
            spec_.networks, [&](const EndpointSettings& one) { return one.network == network.name; });
        if (gone == 0)
            return fail(Code::failed_precondition, "container ", container_.name,
                        " is not connected to network ", network.name);
        if (network.traits.host_namespace)
            return fail(Code::invalid_argument,
                        "container cannot be disconnected from host network or connected to host network");
        return running_ ? running_->disconnect(network) : store_spec();
    }

private:
    Result<void> look(Engine& engine) {
        if (container_.phase == Phase::running) {
            RT_TRY_ASSIGN(auto running, RunningNetworks::open(engine, container_));
            spec_ = running.spec();
            running_.emplace(std::move(running));
        } else {
            RT_TRY_ASSIGN(spec_, spec_from_json(container_.spec));
            spec_.networks = wanted_endpoints(spec_, container_.network);
        }
        return {};
    }

    Member(Engine::State& state, LockedContainer locked)
        : state_(state), lock_(std::move(locked.lock)), container_(std::move(locked.container)) {}

    // docker's rules of which networks exclude each other.
    Result<void> may_connect(const JoinedNetwork& joined) const {
        const auto refuse = [](std::string_view why) { return fail(Code::invalid_argument, why); };
        if (joined.network.traits.host_namespace)
            return refuse("container cannot be disconnected from host network or connected to host network");
        if (spec_.network.starts_with("container:"))
            return refuse("container sharing network namespace with another container or host cannot be "
                          "connected to any other network");
        if (spec_.network_disabled)
            return refuse("container has no network: it was made with its network disabled");
        for (const EndpointSettings& one : spec_.networks) {
            if (one.network == joined.network.name && running_)
                return fail(Code::already_exists, "endpoint with name ", container_.name,
                            " already exists in network ", joined.network.name);
            RT_TRY_ASSIGN(const auto other, state_.networks.find(one.network));
            if (!other || one.network == joined.network.name) continue;
            RT_TRY(validate_together(*other, joined.network));
        }
        return validate_in_network(joined.settings, joined.network);
    }

    Result<void> store_spec() {
        const std::string text = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
        return state_.containers.set_spec(container_.id, text);
    }

    Engine::State& state_;
    LockFile lock_;
    Container container_;
    ContainerSpec spec_;
    std::optional<RunningNetworks> running_;
};

} // namespace

Result<void> connect(Engine& engine, const std::string& container, EndpointSettings settings) {
    RT_TRY(validate_endpoint_settings(settings));
    JoinedNetwork joined{.settings = std::move(settings), .network = {}, .config = {}};
    RT_TRY_ASSIGN(joined.network,
                  find_or_make_network(engine, Engine::new_operation(), joined.settings.network));
    joined.settings.network = joined.network.name;
    RT_TRY_ASSIGN(joined.config, network_config_from_json(joined.network.config));
    RT_TRY_ASSIGN(Member member, Member::open(engine, container));
    return member.connect(std::move(joined));
}

Result<void> disconnect(Engine& engine, const std::string& network, const std::string& container,
                        ForceDisconnect force) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Network found, state->networks.find_any(network));
    auto member = Member::open(engine, container);
    // Nothing of a container that is gone stays in a network.
    if (!member && member.error().code == Code::not_found && force == ForceDisconnect::yes) return {};
    if (!member) return std::unexpected(std::move(member).error());
    return member->disconnect(found);
}

} // namespace rt
