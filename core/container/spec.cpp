// SPDX-License-Identifier: Apache-2.0
#include "core/container/spec.hpp"

#include "core/base/id.hpp"
#include "core/container/capabilities.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>

namespace rt {
namespace {

Json binds_to_json(const std::vector<BindMount>& binds) {
    Json list = Json::array();
    for (const BindMount& bind : binds)
        list.push_back({{"source", bind.source}, {"target", bind.target}, {"read_only", bind.read_only}});
    return list;
}

Json ports_to_json(const std::vector<PublishedPort>& ports) {
    Json list = Json::array();
    for (const PublishedPort& port : ports) list.push_back(to_json(port));
    return list;
}

// RFC 1123, and the kernel's limit.
Result<void> validate_hostname(const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
    };
    if (name.size() > 64 || !std::ranges::all_of(name, allowed) || name.starts_with('-') ||
        name.starts_with('.'))
        return fail(Code::invalid_argument, "the hostname '", name,
                    "' is not valid: at most 64 letters, digits, '-' and '.', the first no '-' or '.'");
    return {};
}

Result<void> validate_binds(const std::vector<BindMount>& binds) {
    std::set<std::string> targets;
    for (const BindMount& bind : binds) {
        if (!bind.source.starts_with('/'))
            return fail(Code::invalid_argument, "mount '", bind.source, ":", bind.target, "': '", bind.source,
                        "' is not an absolute path (named volumes are not supported yet)");
        if (!bind.target.starts_with('/'))
            return fail(Code::invalid_argument, "mount '", bind.source, ":", bind.target, "': '", bind.target,
                        "' is not an absolute path in the container");
        if (bind.target == "/")
            return fail(Code::invalid_argument, "mount '", bind.source, ":", bind.target,
                        "': the root of a container cannot be mounted over");
        if (!targets.insert(bind.target).second)
            return fail(Code::invalid_argument, "mount '", bind.source, ":", bind.target, "': '", bind.target,
                        "' is mounted twice");
    }
    return {};
}

} // namespace

Json to_json(const ContainerSpec& spec) {
    Json value{{"image", spec.image},
               {"name", spec.name},
               {"storage", spec.storage},
               {"network", spec.network},
               {"isolation", spec.isolation},
               {"command", spec.command},
               {"environment", spec.environment},
               {"working_directory", spec.working_directory},
               {"user", spec.user},
               {"hostname", spec.hostname},
               {"terminal", spec.terminal},
               {"open_stdin", spec.open_stdin},
               {"auto_remove", spec.auto_remove},
               {"binds", binds_to_json(spec.binds)},
               {"ports", ports_to_json(spec.ports)},
               {"memory", spec.memory},
               {"nano_cpus", spec.nano_cpus},
               {"pids_limit", spec.pids_limit},
               {"cap_add", spec.cap_add},
               {"cap_drop", spec.cap_drop},
               {"read_only", spec.read_only}};
    if (spec.entrypoint) value["entrypoint"] = *spec.entrypoint;
    return value;
}

Result<ContainerSpec> spec_from_json(const std::string& text) {
    RT_TRY_ASSIGN(const Json value, parse_json(text, "stored container"));
    try {
        ContainerSpec spec;
        value.at("image").get_to(spec.image);
        value.at("name").get_to(spec.name);
        value.at("storage").get_to(spec.storage);
        value.at("network").get_to(spec.network);
        value.at("isolation").get_to(spec.isolation);
        if (value.contains("entrypoint"))
            spec.entrypoint = value["entrypoint"].get<std::vector<std::string>>();
        value.at("command").get_to(spec.command);
        value.at("environment").get_to(spec.environment);
        value.at("working_directory").get_to(spec.working_directory);
        value.at("user").get_to(spec.user);
        value.at("hostname").get_to(spec.hostname);
        value.at("terminal").get_to(spec.terminal);
        value.at("open_stdin").get_to(spec.open_stdin);
        value.at("auto_remove").get_to(spec.auto_remove);
        for (const Json& bind : value.at("binds"))
            spec.binds.push_back({bind.at("source"), bind.at("target"), bind.at("read_only")});
        for (const Json& port : value.at("ports")) spec.ports.push_back(published_port_from_json(port));
        value.at("memory").get_to(spec.memory);
        value.at("nano_cpus").get_to(spec.nano_cpus);
        value.at("pids_limit").get_to(spec.pids_limit);
        value.at("cap_add").get_to(spec.cap_add);
        value.at("cap_drop").get_to(spec.cap_drop);
        value.at("read_only").get_to(spec.read_only);
        return spec;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "stored container: ", error.what());
    }
}

Result<void> validate_container_name(const std::string& name) {
    if (is_valid_name(name) && name.size() >= 2) return {};
    return fail(Code::invalid_argument, "container name '", name,
                "' is not valid: two or more of [a-zA-Z0-9_.-], the first a letter or digit");
}

Result<void> validate(const ContainerSpec& spec) {
    if (!spec.name.empty()) RT_TRY(validate_container_name(spec.name));
    if (!spec.working_directory.empty() && !spec.working_directory.starts_with('/'))
        return fail(Code::invalid_argument, "working directory '", spec.working_directory,
                    "' is not an absolute path");
    RT_TRY(validate_hostname(spec.hostname));
    constexpr std::int64_t kLeastMemory =
        6LL << 20U; // below this the kernel kills the first process before it runs
    if (spec.memory < 0 || (spec.memory > 0 && spec.memory < kLeastMemory))
        return fail(Code::invalid_argument, "memory limit of ", spec.memory, " bytes: the least is 6m (",
                    kLeastMemory, ")");
    if (spec.nano_cpus < 0) return fail(Code::invalid_argument, "the number of CPUs is negative");
    if (spec.pids_limit < 0)
        return fail(Code::invalid_argument, "limit of processes ", spec.pids_limit,
                    ": give a number of at least 1, or -1 for no limit");
    for (const auto& names : {spec.cap_add, spec.cap_drop})
        for (const std::string& name : names) RT_TRY(canonical_capability(name));
    return validate_binds(spec.binds);
}

} // namespace rt
