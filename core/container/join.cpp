// SPDX-License-Identifier: Apache-2.0
#include "core/container/join.hpp"

#include "core/base/json.hpp"
#include "core/container/first_process.hpp"
#include "core/container/shared_memory.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rt {
namespace {

constexpr std::string_view kPrefix = "container:";
constexpr int kMostSteps = 64; // from one container to that whose shared memory it has

Result<void> resolve(ContainerStore& containers, std::string& mode, const std::string& own_name) {
    const auto name = joined_container(mode);
    if (!name) return {};
    if (*name == own_name)
        return fail(Code::invalid_argument, "cannot join own namespaces: '", mode,
                    "' is the container itself");
    RT_TRY_ASSIGN(const Container other, containers.find(*name));
    mode = cat(kPrefix, other.id);
    return {};
}

// The same files, so that they stay when the other goes.
Result<void> link_file(const Path& from, const Path& to, const std::string& refusal) {
    ::unlink(to.c_str()); // of an earlier start
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno == ENOENT) return fail(Code::failed_precondition, refusal);
    return fail_errno(errno, "link '", from.native(), "' to '", to.native(), "'");
}

// Docker's words.
Error not_running(const std::string& refusal, const Error& why) {
    if (why.code != Code::unavailable) return why;
    return {Code::failed_precondition, 0, cat(refusal, ": ", why.message)};
}

} // namespace

std::optional<std::string> joined_container(std::string_view mode) {
    if (!mode.starts_with(kPrefix)) return std::nullopt;
    return std::string(mode.substr(kPrefix.size()));
}

bool joins_any(const ContainerSpec& spec) {
    return spec.network.starts_with(kPrefix) || spec.pid_mode.starts_with(kPrefix) ||
           spec.ipc_mode.starts_with(kPrefix);
}

Result<void> resolve_joined(ContainerStore& containers, ContainerSpec& spec, const std::string& own_name) {
    for (std::string* mode : {&spec.network, &spec.pid_mode, &spec.ipc_mode})
        RT_TRY(resolve(containers, *mode, own_name));
    return {};
}

Result<std::string> JoinedContainers::hold(const Path& run_directory, const char* file,
                                           const std::string& refusal) {
    auto process = hold_first_process(run_directory);
    if (!process) return std::unexpected(not_running(refusal, process.error()));
    UniqueFd fd(::openat(process->get(), file, O_RDONLY | O_CLOEXEC));
    if (!fd) return fail(Code::failed_precondition, refusal, ": it has ended");
    held_.push_back(std::move(fd));
    return cat("/proc/", ::getpid(), "/fd/", held_.back().get());
}

Result<void> JoinedContainers::join_network(Engine& engine, const std::string& id, const Path& directory) {
    const std::string refusal = cat("cannot join network of a non running container: ", id);
    const Path others = engine.run_directory(id);
    for (const char* name : {"hosts", "hostname", "resolv.conf"})
        RT_TRY(link_file(others / name, directory / name, refusal));
    // After the files: since it runs now, they were its own.
    RT_TRY_ASSIGN(namespaces_.network, hold(others, "ns/net", refusal));
    RT_TRY_ASSIGN(hostname_, read_file(directory / "hostname", 4096));
    while (hostname_.ends_with('\n')) hostname_.pop_back();
    const auto text = read_file(others / "config.json");
    const Json config = text ? Json::parse(*text, nullptr, false) : Json();
    if (config.is_object()) domainname_ = config.value("domainname", std::string());
    return {};
}

// The shared memory of one that has joined another is that other's.
Result<void> JoinedContainers::join_ipc(Engine& engine, const std::string& id) {
    RT_TRY_ASSIGN(namespaces_.ipc, hold(engine.run_directory(id), "ns/ipc",
                                        cat("cannot join IPC namespace: container ", id, " is not running")));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    std::string owner = id;
    for (int step = 0; step < kMostSteps; ++step) {
        RT_TRY_ASSIGN(const Container other, state->containers.find(owner));
        RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(other.spec));
        const Path shared = shared_memory_in(engine.run_directory(other.id));
        struct stat status{};
        if (spec.ipc_mode == "shareable" && ::stat(shared.c_str(), &status) == 0) {
            namespaces_.shm = shared.native();
            return {};
        }
        const auto next = joined_container(spec.ipc_mode);
        if (!next) break;
        owner = *next;
    }
    return fail(Code::failed_precondition, "container ", id,
                ": non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
}

Result<JoinedContainers> JoinedContainers::open(Engine& engine, const ContainerSpec& spec,
                                                const Path& directory) {
    JoinedContainers joined;
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    for (const std::string* mode : {&spec.network, &spec.pid_mode, &spec.ipc_mode})
        if (const auto id = joined_container(*mode)) RT_TRY(state->containers.find(*id));
    if (const auto id = joined_container(spec.network)) RT_TRY(joined.join_network(engine, *id, directory));
    if (const auto id = joined_container(spec.pid_mode)) {
        RT_TRY_ASSIGN(joined.namespaces_.pid,
                      joined.hold(engine.run_directory(*id), "ns/pid",
                                  cat("cannot join PID namespace: container ", *id, " is not running")));
    }
    if (const auto id = joined_container(spec.ipc_mode)) RT_TRY(joined.join_ipc(engine, *id));
    return joined;
}

} // namespace rt
