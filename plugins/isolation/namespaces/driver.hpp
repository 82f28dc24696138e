// SPDX-License-Identifier: Apache-2.0
// The isolation mechanism `namespaces`: Linux namespaces, cgroups, capabilities and seccomp, straight through
// system calls. Keeps for each container only what signal(), exec() and destroy() need. [owner] thread only.
#pragma once

#include "cgroup_layout.hpp"
#include "channel.hpp"
#include "container.hpp"

#include <rt/sdk/isolation.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

class Driver {
public:
    static constexpr std::uint64_t features = 0;
    static Result<std::unique_ptr<Driver>> create(sdk::Host host, std::string_view config_json);

    Result<std::string> probe(sdk::Call call);
    Result<UniqueFd> make_network_namespace(sdk::Call call);
    Result<sdk::Process> create(sdk::Call call, const sdk::Bundle& bundle);
    Result<void> start(sdk::Call call, std::string_view id);
    Result<sdk::Process> exec(sdk::Call call, std::string_view id, const sdk::Exec& exec);
    Result<void> signal(sdk::Call call, std::string_view id, int number, sdk::SignalScope scope);
    Result<void> pause(sdk::Call call, std::string_view id);
    Result<void> resume(sdk::Call call, std::string_view id);
    Result<std::string> stats(sdk::Call call, std::string_view id);
    Result<void> update(sdk::Call call, std::string_view id, std::string_view resources_json);
    Result<std::vector<int>> processes(sdk::Call call, std::string_view id);
    Result<void> destroy(sdk::Call call, std::string_view id, std::string_view config_json);
    Result<std::string> find_leftovers(sdk::Call call, std::string_view known);
    Result<void> remove_leftover(sdk::Call call, std::string_view known, std::string_view leftover);

private:
    explicit Driver(sdk::Host host) : host_(host) {}
    Result<const CgroupLayout*> layout();
    Result<Container*> find(std::string_view id);

    sdk::Host host_;
    std::unique_ptr<CgroupLayout> layout_;
    // Made ahead, for the next create().
    UniqueFd network_;
    UniqueFd launcher_;
    std::map<std::string, Container, std::less<>> containers_;
};

} // namespace rt::namespaces
