// SPDX-License-Identifier: Apache-2.0
#include "core/container/network_connect.hpp"
#include "core/container/container_lock.hpp"

#include "core/container/container_events.hpp"
#include "core/container/first_process.hpp"
#include "core/container/joined_network.hpp"
#include "core/container/name_service.hpp"
#include "core/container/published_ports.hpp"
#include "core/container/recovery.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

// One container under its lock, and all its places in networks.
class Member {
public:
    static Result<Member> open(Engine& engine, const std::string& reference) {
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
        RT_TRY(refresh(engine, found));
        RT_TRY_ASSIGN(auto locked, lock_container(engine, found.id));
        Member member(engine, *state, std::move(locked));
        RT_TRY_ASSIGN(member.spec_, spec_from_json(member.container_.spec));
        member.spec_.networks = wanted_endpoints(member.spec_, member.container_.network);
        if (member.runs()) RT_TRY(member.look_inside());
        return member;
    }

    Result<void> connect(JoinedNetwork joined) {
        RT_TRY(may_connect(joined));
        std::erase_if(spec_.networks,
                      [&](const EndpointSettings& one) { return one.network == joined.network.name; });
        spec_.networks.push_back(joined.settings);
        return runs() ? attach(std::move(joined)) : store_spec();
    }

    Result<void> disconnect(const Network& network) {
        const auto gone = std::erase_if(
            spec_.networks, [&](const EndpointSettings& one) { return one.network == network.name; });
        if (gone == 0)
            return fail(Code::failed_precondition, "container ", container_.name,
                        " is not connected to network ", network.name);
        if (network.traits.host_namespace)
            return fail(Code::failed_precondition,
                        "container cannot be disconnected from host network or connected to host network");
        return runs() ? detach(network) : store_spec();
    }

private:
    Member(Engine& engine, Engine::State& state, LockedContainer locked)
        : engine_(engine), state_(state), lock_(std::move(locked.lock)),
          container_(std::move(locked.container)) {}

    [[nodiscard]] bool runs() const { return container_.phase == Phase::running; }

    Result<void> look_inside() {
        RT_TRY_ASSIGN(const UniqueFd process, hold_first_process(engine_.run_directory(container_.id)));
        netns_.reset(::openat(process.get(), "ns/net", O_RDONLY | O_CLOEXEC));
        if (!netns_)
            return fail_errno(errno, "open the network namespace of container '", container_.name, "'");
        RT_TRY_ASSIGN(const auto endpoints, state_.networks.endpoints_of(container_.id));
        std::vector<JoinedNetwork> unfinished;
        for (const Endpoint& endpoint : endpoints) {
            RT_TRY_ASSIGN(const auto network, state_.networks.find_by_id(endpoint.network_id));
            if (!network) continue;
            JoinedNetwork joined{.settings = {.network = network->name}, .network = *network, .config = {}};
            RT_TRY_ASSIGN(joined.config, network_config_from_json(network->config));
            const auto asked = std::ranges::find(spec_.networks, network->name, &EndpointSettings::network);
            if (asked != spec_.networks.end()) joined.settings = *asked;
            joined.endpoint = endpoint;
            const Json request = Json::parse(endpoint.request);
            joined.interface = request.value("interface", "");
            joined.addresses = request.value("addresses", std::vector<std::string>());
            (endpoint.result.empty() ? unfinished : joined_).push_back(std::move(joined));
        }
        keep_joined_only();
        return take_back(unfinished);
    }

    // A running container that has left the last of its networks is in none, though its spec would have it
    // join the default one at its next start.
    void keep_joined_only() {
        std::erase_if(spec_.networks, [&](const EndpointSettings& one) {
            return std::ranges::none_of(
                joined_, [&](const JoinedNetwork& joined) { return joined.network.name == one.network; });
        });
    }

    // Of a connect that was killed. It may have led the way out through its network by then.
    Result<void> take_back(const std::vector<JoinedNetwork>& unfinished) {
        if (unfinished.empty()) return {};
        for (const JoinedNetwork& joined : unfinished) {
            const auto backend = engine_.drivers().network(joined.network.driver);
            if (!backend) { // the container's other networks are none the worse for it
                engine_.warn(cat("take back an unfinished connect of container '", container_.name,
                                 "' to network '", joined.network.name, "': ", backend.error().message));
                continue;
            }
            RT_TRY(take_back(**backend, joined));
        }
        choose_gateway(joined_, {});
        RT_TRY(lead_out());
        return serve_names();
    }

    // docker's rules of which networks exclude each other.
    Result<void> may_connect(const JoinedNetwork& joined) const {
        const auto refuse = [](std::string_view why) { return fail(Code::failed_precondition, why); };
        if (joined.network.traits.host_namespace)
            return refuse("container cannot be disconnected from host network or connected to host network");
        if (spec_.network.starts_with("container:"))
            return refuse("container sharing network namespace with another container or host cannot be "
                          "connected to any other network");
        if (spec_.network_disabled)
            return refuse("container has no network: it was made with its network disabled");
        for (const EndpointSettings& one : spec_.networks) {
            if (one.network == joined.network.name && runs())
                return fail(Code::already_exists, "endpoint with name ", container_.name,
                            " already exists in network ", joined.network.name);
            RT_TRY_ASSIGN(const auto other, state_.networks.find(one.network));
            if (!other || one.network == joined.network.name) continue;
            if (other->traits.host_namespace)
                return refuse("container sharing network namespace with another container or host cannot be "
                              "connected to any other network");
            if (!other->traits.publishes_ports && !other->user_defined())
                return refuse("container cannot be connected to multiple networks with one of the networks "
                              "in private (none) mode");
        }
        return validate_in_network(joined.settings, joined.network);
    }

    Result<void> store_spec() {
        const std::string text = to_json(spec_).dump(-1, ' ', false, Json::error_handler_t::replace);
        return state_.containers.set_spec(container_.id, text);
    }

    [[nodiscard]] std::string free_interface() const {
        for (std::size_t number = 0;; ++number) {
            std::string name = cat("eth", number);
            if (std::ranges::find(joined_, name, &JoinedNetwork::interface) == joined_.end()) return name;
        }
    }

    Result<void> attach(JoinedNetwork joined) {
        joined.interface = free_interface();
        const std::string hostname = spec_.hostname.empty() ? container_.id.substr(0, 12) : spec_.hostname;
        RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(joined.network.driver));
        RT_TRY(check_abilities(*backend, joined));
        joined_.push_back(std::move(joined));
        JoinedNetwork& added = joined_.back();
        choose_gateway(joined_, {});
        const bool is_gateway = std::exchange(added.default_route, false); // not before all else is there
        added.names = names_in(added, container_, spec_);
        RT_TRY(state_.database.transaction(
            [&] { return record_endpoint(state_, container_, hostname, added); }));
        Rollback rollback;
        rollback.add([&] { (void)take_back(*backend, added); });
        RT_TRY_ASSIGN(
            added.endpoint.result,
            backend->attach(operation_, endpoint_json(added.endpoint, added.network), netns_.get()));
        added.default_route = is_gateway;
        RT_TRY(lead_out());
        RT_TRY(publish_names(engine_, added));
        RT_TRY(serve_names());
        if (has_name_server(joined_)) RT_TRY(use_own_name_server(engine_.run_directory(container_.id)));
        const Result<void> recorded = state_.database.transaction([&]() -> Result<void> {
            RT_TRY(state_.networks.set_endpoint_result(added.endpoint.id, added.endpoint.result));
            RT_TRY(store_spec());
            return note_network_event(state_, added.network, container_.id, "connect");
        });
        RT_TRY(recorded);
        rollback.commit();
        return {};
    }

    // After a failure: whatever cannot be undone now goes with the container.
    Result<void> take_back(NetworkBackend& backend, const JoinedNetwork& joined) {
        RT_TRY(withdraw_names(engine_, joined.endpoint, joined.network));
        RT_TRY(backend.detach(operation_, endpoint_json(joined.endpoint, joined.network), netns_.get()));
        return state_.networks.remove_endpoint(joined.endpoint.id);
    }

    Result<void> detach(const Network& network) {
        const auto found =
            std::ranges::find(joined_, network.id, [](const JoinedNetwork& one) { return one.network.id; });
        if (found == joined_.end()) return store_spec();
        const JoinedNetwork gone = *found;
        joined_.erase(found);
        RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(network.driver));
        RT_TRY(withdraw_names(engine_, gone.endpoint, gone.network));
        RT_TRY(backend->detach(operation_, endpoint_json(gone.endpoint, gone.network), netns_.get()));
        const Result<void> recorded = state_.database.transaction([&]() -> Result<void> {
            RT_TRY(state_.networks.remove_endpoint(gone.endpoint.id));
            RT_TRY(store_spec());
            return note_network_event(state_, gone.network, container_.id, "disconnect");
        });
        RT_TRY(recorded);
        choose_gateway(joined_, {});
        RT_TRY(lead_out());
        // Which driver publishes them is settled at a start.
        if (!published_ports(gone.endpoint).empty())
            engine_.warn(
                cat("container '", container_.name, "' has left network '", gone.network.name,
                    "', where its ports were published: they are published again, in the network that "
                    "leads out of it, when it is restarted"));
        return serve_names();
    }

    // The way out of the container is the chosen one's.
    Result<void> lead_out() {
        const auto gateway = std::ranges::find(joined_, true, &JoinedNetwork::default_route);
        if (gateway == joined_.end()) return {};
        RT_TRY_ASSIGN(const auto backend, engine_.drivers().network(gateway->network.driver));
        return backend->set_default_route(operation_, endpoint_json(gateway->endpoint, gateway->network),
                                          netns_.get(), NetworkBackend::DefaultRoute::yes);
    }

    Result<void> serve_names() {
        RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine_.run_directory(container_.id)));
        return rt::serve_names(engine_, operation_, spec_, joined_, {shim, netns_.get()});
    }

    Engine& engine_;
    Engine::State& state_;
    LockFile lock_;
    Container container_;
    Operation operation_ = Engine::new_operation();
    ContainerSpec spec_;
    UniqueFd netns_;
    std::vector<JoinedNetwork> joined_; // of a running one
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
