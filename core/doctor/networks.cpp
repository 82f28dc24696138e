// SPDX-License-Identifier: Apache-2.0
// Networks as rt records them: endpoints, address leases, names. What is in the kernel is their driver's to
// find.
#include "core/container/networks.hpp"
#include "core/base/id.hpp"
#include "core/container/first_process.hpp"
#include "core/container/name_service.hpp"
#include "core/container/network_change.hpp"
#include "core/doctor/areas.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>

namespace rt::doctor {
namespace {

constexpr std::string_view kUnownedEndpoints =
    "SELECT id, network_id, container_id, request, result FROM endpoints e "
    "WHERE NOT EXISTS (SELECT 1 FROM containers c WHERE c.id = e.container_id)";

Result<std::vector<Endpoint>> unowned_endpoints(Engine::State& state) {
    std::vector<Endpoint> found;
    RT_TRY(state.database.run(kUnownedEndpoints, {}, [&](const SqlRow& row) {
        found.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
    }));
    return found;
}

// As the clean-up of its container would have.
Result<void> give_back(Engine& engine, Engine::State& state, const std::string& id) {
    RT_TRY_ASSIGN(const auto endpoints, unowned_endpoints(state));
    const auto endpoint = std::ranges::find(endpoints, id, &Endpoint::id);
    if (endpoint == endpoints.end()) return {};
    RT_TRY_ASSIGN(const auto network, state.networks.find_by_id(endpoint->network_id));
    if (network) {
        RT_TRY(withdraw_names(engine, *endpoint, *network));
        RT_TRY_ASSIGN(const auto backend, engine.drivers().network(network->driver));
        RT_TRY(backend->detach(Engine::new_operation(), endpoint_json(*endpoint, *network), -1));
    }
    return state.database.transaction([&] { return state.networks.remove_endpoint(id); });
}

Result<void> look_at_endpoints(Examination& examination) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto endpoints, unowned_endpoints(state));
    for (const Endpoint& endpoint : endpoints)
        examination.report("network.endpoint", {.subject = cat("endpoint ", endpoint.id),
                                                .text = "belongs to a container that does not exist",
                                                .owner = cat("container ", endpoint.container_id),
                                                .repair = [&engine, &state, id = endpoint.id] {
                                                    return give_back(engine, state, id);
                                                }});
    return {};
}

std::string ipv4_text(std::int64_t address) {
    const in_addr raw{htonl(static_cast<std::uint32_t>(address))};
    char text[INET_ADDRSTRLEN] = "";
    return ::inet_ntop(AF_INET, &raw, text, sizeof text) == nullptr ? cat(address) : std::string(text);
}

Result<void> look_at_leases(Examination& examination) {
    Engine::State& state = examination.state();
    struct Lease {
        std::string address, endpoint, network;
    };
    std::vector<Lease> found;
    const std::string unowned = "WHERE NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.id = endpoint_id)";
    RT_TRY(state.database.run(
        cat("SELECT address, endpoint_id, network_id FROM leases ", unowned), {},
        [&](const SqlRow& row) { found.push_back({ipv4_text(row.number(0)), row.text(1), row.text(2)}); }));
    RT_TRY(state.database.run(
        cat("SELECT address, endpoint_id, network_id FROM leases6 ", unowned), {},
        [&](const SqlRow& row) { found.push_back({row.text(0), row.text(1), row.text(2)}); }));
    for (const Lease& lease : found)
        examination.report(
            "network.lease",
            {.subject = cat("address ", lease.address, " of network ", short_id(lease.network)),
             .text = "is leased to an endpoint that does not exist",
             .owner = cat("endpoint ", lease.endpoint),
             .repair = [&state, unowned] {
                 return state.database.transaction([&]() -> Result<void> {
                     RT_TRY(state.database.run(cat("DELETE FROM leases ", unowned)));
                     return state.database.run(cat("DELETE FROM leases6 ", unowned));
                 });
             }});
    return {};
}

// Both are in a network's directory of names.
struct Known {
    std::set<std::string> endpoints, addresses;
};

Result<Known> known_in(Engine::State& state, const std::string& network_id) {
    Known known;
    RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_in(network_id));
    for (const Endpoint& endpoint : endpoints) {
        known.endpoints.insert(endpoint.id);
        const Json request = Json::parse(endpoint.request, nullptr, false);
        if (!request.is_object()) continue;
        for (const std::string& address : request.value("addresses", std::vector<std::string>()))
            known.addresses.insert(address.substr(0, address.find('/')));
    }
    return known;
}

// Its files are made after the record of the endpoint and go before it.
Result<void> withdraw(Engine::State& state, const std::string& network, const Path& file, bool is_address) {
    RT_TRY_ASSIGN(const Known known, known_in(state, network));
    if ((is_address ? known.addresses : known.endpoints).contains(file.filename())) return {};
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove '", file.native(), "'");
    if (!is_address) (void)::rmdir(file.parent_path().c_str()); // others may have the name
    return {};
}

// Others come and go while we look: of what was seen before the database was read, the record may be gone by
// then, with the file before it; and an address may have been given to another.
Result<bool> is_left(Engine::State& state, const std::string& network, const Path& file, bool is_address) {
    const auto is_there = [&] { // a link that says what it has to say by its text
        return ::faccessat(AT_FDCWD, file.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    };
    if (!is_there()) return false;
    RT_TRY_ASSIGN(const Known known, known_in(state, network));
    return !(is_address ? known.addresses : known.endpoints).contains(file.filename()) && is_there();
}

void report_name(Examination& examination, const std::string& network, const Path& file, bool is_address) {
    const std::string name = is_address ? file.filename() : file.parent_path().filename();
    examination.report("network.name", {.subject = cat("file '", file.native(), "'"),
                                        .text = cat("'", name, "' is told in the network, and nobody has it"),
                                        .owner = is_address ? cat("network ", network)
                                                            : cat("endpoint ", file.filename().native()),
                                        .repair = [&state = examination.state(), network, file, is_address] {
                                            return withdraw(state, network, file, is_address);
                                        }});
}

Result<void> look_at_names_in(Examination& examination, const std::string& network, const Path& directory) {
    std::vector<Path> names, addresses;
    RT_TRY_ASSIGN(const auto shown, names_in(directory / "names"));
    for (const std::string& name : shown) {
        RT_TRY_ASSIGN(const auto holders, names_in(directory / "names" / name));
        for (const std::string& holder : holders) names.push_back(directory / "names" / name / holder);
    }
    RT_TRY_ASSIGN(const auto listed, names_in(directory / "addresses"));
    for (const std::string& address : listed) addresses.push_back(directory / "addresses" / address);
    RT_TRY_ASSIGN(const Known known, known_in(examination.state(), network));
    const auto look_at = [&](const Path& file, bool is_address) -> Result<void> {
        if ((is_address ? known.addresses : known.endpoints).contains(file.filename())) return {};
        RT_TRY_ASSIGN(const bool left, is_left(examination.state(), network, file, is_address));
        if (left) report_name(examination, network, file, is_address);
        return {};
    };
    for (const Path& file : names) RT_TRY(look_at(file, false));
    for (const Path& file : addresses) RT_TRY(look_at(file, true));
    return {};
}

Result<void> look_at_names(Examination& examination) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto ids, names_in(engine.wiring().run / "networks"));
    for (const std::string& id : ids) {
        const Path directory = name_directory(engine, id);
        RT_TRY_ASSIGN(const auto network, state.networks.find_by_id(id));
        if (network) {
            RT_TRY(look_at_names_in(examination, id, directory));
            continue;
        }
        examination.report("network.name", {.subject = cat("directory '", directory.native(), "'"),
                                            .text = "names of a network that does not exist",
                                            .owner = cat("network ", id),
                                            .repair = [&state, id, directory]() -> Result<void> {
                                                RT_TRY_ASSIGN(const auto now, state.networks.find_by_id(id));
                                                return now ? Result<void>() : remove_tree(directory);
                                            }});
    }
    return {};
}

// It comes to be with the next container that joins it, so this is no leftover.
Result<void> look_at_half_made(Examination& examination) {
    RT_TRY_ASSIGN(const auto networks, examination.state().networks.list());
    for (const Network& network : networks) {
        const Path lock = examination.engine().lock_file(cat("network-", network.name));
        if (!network.user_defined() || !network.result.empty() || is_locked(lock)) continue;
        RT_TRY_ASSIGN(const auto now, examination.state().networks.find_by_id(network.id));
        if (!now || !now->result.empty()) continue;
        examination.report(
            "network.half-made",
            {.subject = cat("network '", network.name, "'"),
             .text = "its creation or removal was killed; its next container would make it again",
             .owner = cat("network ", network.id),
             .advice = cat("rtctl network rm ", network.name, ", if it is not wanted")});
    }
    return {};
}

// A container whose networks nobody is changing now.
Result<bool> is_attached(Engine& engine, Engine::State& state, const Container& container) {
    RT_TRY_ASSIGN(const auto now, container_of(state, container.id));
    return now && now->phase == Phase::running && now->started_at == container.started_at &&
           !has_network_change(engine.run_directory(container.id)) &&
           !is_locked(engine.lock_file(container.id));
}

// Its driver says whether it is as attach() left it: rules that another firewall has flushed, a link that
// somebody has removed. empty: it is, or the container has gone meanwhile.
Result<std::optional<Error>> fault_of(Engine& engine, Engine::State& state, const Container& container,
                                      const Endpoint& endpoint) {
    RT_TRY_ASSIGN(const auto network, state.networks.find_by_id(endpoint.network_id));
    if (!network || endpoint.result.empty()) return std::nullopt; // on its way in or out
    const auto backend = engine.drivers().network(network->driver);
    if (!backend) return std::nullopt; // driver.missing
    const auto process = hold_first_process(engine.run_directory(container.id));
    if (!process) return std::nullopt;
    const UniqueFd netns(::openat(process->get(), "ns/net", O_RDONLY | O_CLOEXEC));
    if (!netns) return std::nullopt;
    const auto checked =
        (*backend)->check(Engine::new_operation(), endpoint_json(endpoint, *network), netns.get());
    if (checked || checked.error().code == Code::unsupported) return std::nullopt;
    RT_TRY_ASSIGN(const bool attached, is_attached(engine, state, container));
    return attached ? std::optional(checked.error()) : std::nullopt;
}

Result<void> look_at_attached(Examination& examination) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto running, state.containers.in_phase(Phase::running));
    for (const Container& container : running) {
        RT_TRY_ASSIGN(const bool attached, is_attached(engine, state, container));
        if (!attached) continue;
        RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_of(container.id));
        for (const Endpoint& endpoint : endpoints) {
            RT_TRY_ASSIGN(const auto fault, fault_of(engine, state, container, endpoint));
            if (!fault) continue;
            const std::string subject =
                cat("container '", container.name, "', ", short_id(endpoint.network_id));
            if (fault->code != Code::failed_precondition)
                examination.unseen("network.broken", subject, *fault);
            else
                examination.report("network.broken", {.subject = subject,
                                                      .text = fault->message,
                                                      .owner = cat("container ", container.id),
                                                      .advice = cat("rtctl restart ", container.name)});
        }
    }
    return {};
}

} // namespace

void look_at_networks(Examination& examination) {
    examination.look("network.endpoint", [&] { return look_at_endpoints(examination); });
    examination.look("network.lease", [&] { return look_at_leases(examination); });
    examination.look("network.name", [&] { return look_at_names(examination); });
    examination.look("network.half-made", [&] { return look_at_half_made(examination); });
    examination.look("network.broken", [&] { return look_at_attached(examination); });
}

} // namespace rt::doctor
