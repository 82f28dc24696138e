// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/run_options.hpp"

#include "tools/rtctl/detach_keys.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace rt::cli {
namespace {

using Words = std::vector<std::string>;

Result<void> add_environment(const Words& words, std::vector<std::string>& environment) {
    for (const std::string& word : words) {
        if (word.empty() || word.front() == '=')
            return fail(Code::invalid_argument, "--env '", word, "': the name of the variable is missing");
        if (word.find('=') != word.npos) {
            environment.push_back(word);
            continue;
        }
        // Without a value: ours, or none.
        const char* value = std::getenv(word.c_str());
        environment.push_back(value != nullptr ? cat(word, "=", value) : word);
    }
    return {};
}

} // namespace

options::options_description run_options() {
    options::options_description description("Options");
    const auto text = [] { return options::value<std::string>(); };
    const auto list = [] { return options::value<Words>()->composing(); };
    // clang-format off
    description.add_options()
        ("rm", "remove the container when it ends")
        ("restart", text()->value_name("POLICY"), "start it again when it ends: no, always, unless-stopped, on-failure[:COUNT]")
        ("interactive,i", "keep standard input open")
        ("tty,t", "give it a terminal")
        ("detach,d", "run in the background and print the id")
        ("detach-keys", text()->value_name("KEYS"), "what leaves it without ending it (default: ctrl-p,ctrl-q)")
        ("name", text()->value_name("NAME"), "name of the container (default: a random one)")
        ("env,e", list()->value_name("KEY[=VALUE]"), "set an environment variable; without a value: from ours")
        ("workdir,w", text()->value_name("DIR"), "working directory")
        ("user,u", text()->value_name("USER[:GROUP]"), "user and group, by name or number")
        ("entrypoint", text()->value_name("PROGRAM"), "replace the image's entrypoint; \"\" takes it away")
        ("hostname,h", text()->value_name("NAME"), "hostname (default: the first 12 digits of the id)")
        ("volume,v", list()->value_name("HOST:CTR[:ro]"), "mount a file or directory of the host")
        ("publish,p", list()->value_name("[IP:]HOST:CTR[/PROTO]"), "publish a port, tcp or udp")
        ("memory,m", text()->value_name("SIZE"), "memory limit: 512m, 2g")
        ("cpus", text()->value_name("NUMBER"), "how many CPUs it may use: 1.5")
        ("pids-limit", options::value<std::int64_t>()->value_name("NUMBER"), "how many processes it may have; -1: any")
        ("cap-add", list()->value_name("NAME"), "add a capability, or ALL")
        ("cap-drop", list()->value_name("NAME"), "take a capability away, or ALL")
        ("read-only", "mount the root file system read-only")
        ("storage", text()->value_name("DRIVER"), "storage driver, as named in the wiring file")
        ("network", text()->value_name("DRIVER"), "network driver")
        ("isolation", text()->value_name("DRIVER"), "isolation driver");
    // clang-format on
    return description;
}

Result<std::int64_t> parse_size(const std::string& text) {
    double number = 0;
    const char* const last = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), last, number);
    const std::string unit(rest, last);
    std::int64_t factor = -1;
    if (unit.empty() || unit == "b" || unit == "B") factor = 1;
    if (unit == "k" || unit == "K" || unit == "kb" || unit == "KB") factor = 1LL << 10U;
    if (unit == "m" || unit == "M" || unit == "mb" || unit == "MB") factor = 1LL << 20U;
    if (unit == "g" || unit == "G" || unit == "gb" || unit == "GB") factor = 1LL << 30U;
    if (unit == "t" || unit == "T" || unit == "tb" || unit == "TB") factor = 1LL << 40U;
    const double bytes = number * static_cast<double>(factor);
    if (problem != std::errc() || factor < 0 || !(bytes >= 0 && bytes <= 0x1p62))
        return fail(Code::invalid_argument, "'", text,
                    "' is not a size: a number with b, k, m, g or t, as in 512m");
    return static_cast<std::int64_t>(bytes);
}

Result<std::int64_t> parse_cpus(const std::string& text) {
    double number = 0;
    const char* const last = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), last, number);
    // The kernel's least quota is 1 ms in a period of 100 ms; 0 is docker's word for no limit.
    const bool in_range = number == 0 || (number >= 0.01 && number <= 10'000);
    if (problem != std::errc() || rest != last || !in_range)
        return fail(Code::invalid_argument, "'", text, "' is not a number of CPUs: 0.01 or more, as in 1.5");
    return std::llround(number * 1e9);
}

Result<MountSpec> parse_bind(const std::string& text) {
    const auto first = text.find(':');
    const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
    MountSpec bind;
    bind.create_source = true;
    bind.source = text.substr(0, first);
    if (first != text.npos)
        bind.target = text.substr(first + 1, second == text.npos ? second : second - first - 1);
    const std::string mode = second == text.npos ? "rw" : text.substr(second + 1);
    if (bind.source.empty() || bind.target.empty())
        return fail(Code::invalid_argument, "mount '", text,
                    "': expected HOST:CTR[:ro], as in /srv/data:/data:ro");
    if (mode != "ro" && mode != "rw")
        return fail(Code::invalid_argument, "mount '", text, "': mode '", mode, "' is not one of ro, rw");
    bind.read_only = mode == "ro";
    // "./x" and "../x" are from here, as docker's client takes them; a bare word is the name of a volume.
    if (bind.source.starts_with('.')) bind.source = std::filesystem::absolute(bind.source).lexically_normal();
    bind.target = std::filesystem::path(bind.target).lexically_normal();
    if (bind.target.size() > 1 && bind.target.ends_with('/')) bind.target.pop_back();
    return bind;
}

Result<RunRequest> run_request(const Parsed& parsed) {
    RunRequest request;
    ContainerSpec& spec = request.spec;
    spec.image = parsed.operands.front();
    spec.command.assign(parsed.operands.begin() + 1, parsed.operands.end());
    spec.name = parsed.get<std::string>("name");
    spec.storage = parsed.get<std::string>("storage");
    spec.network = parsed.get<std::string>("network");
    spec.isolation = parsed.get<std::string>("isolation");
    if (parsed.has("entrypoint")) {
        const auto program = parsed.get<std::string>("entrypoint");
        spec.entrypoint = program.empty() ? Words() : Words{program};
    }
    RT_TRY(add_environment(parsed.get<Words>("env"), spec.environment));
    spec.working_directory = parsed.get<std::string>("workdir");
    spec.user = parsed.get<std::string>("user");
    spec.hostname = parsed.get<std::string>("hostname");
    spec.terminal = parsed.has("tty");
    request.interactive = spec.open_stdin = parsed.has("interactive");
    request.detach = parsed.has("detach");
    RT_TRY_ASSIGN(spec.restart_policy, parse_restart_policy(parsed.get<std::string>("restart", "no")));
    RT_TRY_ASSIGN(request.detach_keys,
                  parse_detach_keys(parsed.get<std::string>("detach-keys", std::string(kDefaultDetachKeys))));
    spec.auto_remove = parsed.has("rm");
    spec.read_only = parsed.has("read-only");
    spec.cap_add = parsed.get<Words>("cap-add");
    spec.cap_drop = parsed.get<Words>("cap-drop");
    for (const std::string& text : parsed.get<Words>("volume")) {
        RT_TRY_ASSIGN(MountSpec bind, parse_bind(text));
        spec.mounts.push_back(std::move(bind));
    }
    for (const std::string& text : parsed.get<Words>("publish")) {
        RT_TRY_ASSIGN(const auto ports, parse_published_port(text));
        spec.ports.insert(spec.ports.end(), ports.begin(), ports.end());
    }
    if (parsed.has("memory")) {
        RT_TRY_ASSIGN(spec.memory, parse_size(parsed.get<std::string>("memory")));
    }
    if (parsed.has("cpus")) {
        RT_TRY_ASSIGN(spec.nano_cpus, parse_cpus(parsed.get<std::string>("cpus")));
    }
    spec.pids_limit = parsed.get<std::int64_t>("pids-limit", 0);
    if (spec.pids_limit == -1) spec.pids_limit = 0; // docker's word for "no limit"
    return request;
}

} // namespace rt::cli
