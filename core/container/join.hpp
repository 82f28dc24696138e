// SPDX-License-Identifier: Apache-2.0
// What a container has from another one: "container:NAME" as --network, --pid or --ipc. The other is found
// when the container is created and kept by its id; it has to run whenever the container is started. It may
// end or be started again afterwards: what was joined stays as it is, apart from what its end takes from it
// (its processes, its links). One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/spec.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// The NAME of "container:NAME"; nullopt: it is another mode.
std::optional<std::string> joined_container(std::string_view mode);
bool joins_any(const ContainerSpec& spec);

// Names become ids. not_found: there is no such container; invalid_argument: it is the container itself.
Result<void> resolve_joined(ContainerStore& containers, ContainerSpec& spec, const std::string& own_name);

class JoinedContainers {
public:
    // As resolved. Takes hold of the namespaces, and links the other's hosts, hostname and resolv.conf into
    // directory where its network is joined. failed_precondition: the other does not run, or shares no IPC.
    static Result<JoinedContainers> open(Engine& engine, const ContainerSpec& spec, const Path& directory);

    // Paths by descriptors of this process: valid while this object lives, and of nobody else's namespaces
    // even then, since nothing is started once this process has died.
    [[nodiscard]] const JoinedNamespaces& namespaces() const { return namespaces_; }
    // Of the one whose network it is.
    [[nodiscard]] const std::string& hostname() const { return hostname_; }
    [[nodiscard]] const std::string& domainname() const { return domainname_; }

private:
    Result<void> join_network(Engine& engine, const std::string& id, const Path& directory);
    Result<void> join_ipc(Engine& engine, const std::string& id);
    Result<std::string> hold(const Path& run_directory, const char* file, const std::string& refusal);

    std::vector<UniqueFd> held_;
    JoinedNamespaces namespaces_;
    std::string hostname_, domainname_;
};

} // namespace rt
