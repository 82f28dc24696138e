// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/run_options.hpp"

#include "core/container/detach_keys.hpp"
#include "core/container/option_values.hpp"
#include "core/image/platform.hpp"
#include "tools/rtctl/run_options_parts.hpp"
#include "tools/rtctl/text_files.hpp"

#include <algorithm>
#include <cstdlib>

namespace rt::cli {
namespace {

Result<void> add_environment(const Parsed& parsed, std::vector<std::string>& environment) {
    const auto value_of_ours = [](const std::string& key) { return std::getenv(key.c_str()); };
    for (const std::string& file : parsed.get<Words>("env-file")) {
        const auto lines = read_assignments(file);
        if (!lines) return in_context(lines.error(), "--env-file");
        for (const std::string& line : *lines) { // without a value: ours; what we do not have is passed over
            if (line.find('=') != std::string::npos)
                environment.push_back(line);
            else if (const char* value = value_of_ours(line); value != nullptr)
                environment.push_back(cat(line, "=", value));
        }
    }
    for (const std::string& word : parsed.get<Words>("env")) {
        if (word.empty() || word.front() == '=')
            return fail(Code::invalid_argument, "--env '", word, "': the name of the variable is missing");
        const char* value = word.find('=') == std::string::npos ? value_of_ours(word) : nullptr;
        environment.push_back(value != nullptr ? cat(word, "=", value) : word);
    }
    return {};
}

Result<void> add_labels(const Parsed& parsed, StringMap& labels) {
    Words all;
    for (const std::string& file : parsed.get<Words>("label-file")) {
        RT_TRY_ASSIGN(const auto lines, read_assignments(file));
        all.insert(all.end(), lines.begin(), lines.end());
    }
    for (const std::string& label : parsed.get<Words>("label")) all.push_back(label);
    for (const std::string& label : all) {
        const auto [key, value] = split_assignment(label);
        if (key.empty())
            return fail(Code::invalid_argument, "--label '", label, "': the name of the label is missing");
        if (key.find_first_of(" \t\n") != std::string::npos)
            return fail(Code::invalid_argument, "--label '", label, "': the name contains whitespaces");
        labels.insert_or_assign(key, value);
    }
    return {};
}

Result<void> read_process(const Parsed& parsed, ContainerSpec& spec) {
    spec.image = parsed.operands.front();
    spec.command.assign(parsed.operands.begin() + 1, parsed.operands.end());
    if (parsed.has("entrypoint")) {
        const auto program = parsed.get<std::string>("entrypoint");
        spec.entrypoint = program.empty() ? Words() : Words{program};
    }
    RT_TRY(add_environment(parsed, spec.environment));
    spec.working_directory = parsed.get<std::string>("workdir");
    spec.user = parsed.get<std::string>("user");
    spec.group_add = parsed.get<Words>("group-add");
    spec.hostname = parsed.get<std::string>("hostname");
    spec.domainname = parsed.get<std::string>("domainname");
    spec.terminal = parsed.has("tty");
    return take(parsed, "init", parse_boolean, spec.init);
}

Result<void> read_health(const Parsed& parsed, ContainerSpec& spec) {
    Healthcheck check;
    if (parsed.has("health-cmd")) check.test = {"CMD-SHELL", parsed.get<std::string>("health-cmd")};
    RT_TRY(take(parsed, "health-interval", parse_duration, check.interval));
    RT_TRY(take(parsed, "health-timeout", parse_duration, check.timeout));
    RT_TRY(take(parsed, "health-start-period", parse_duration, check.start_period));
    RT_TRY(take(parsed, "health-start-interval", parse_duration, check.start_interval));
    RT_TRY(take_int(parsed, "health-retries", check.retries));
    const bool none = parsed.has("no-healthcheck");
    if (none && check != Healthcheck())
        return fail(Code::invalid_argument, "--no-healthcheck excludes the --health options");
    if (none) check.test = {"NONE"};
    if (check != Healthcheck()) spec.healthcheck = check;
    return {};
}

Result<void> read_life(const Parsed& parsed, ContainerSpec& spec) {
    spec.name = parsed.get<std::string>("name");
    spec.auto_remove = parsed.has("rm");
    spec.container_id_file = parsed.get<std::string>("cidfile");
    if (parsed.has("restart")) {
        RT_TRY_ASSIGN(spec.restart_policy, parse_restart_policy(parsed.get<std::string>("restart")));
    }
    spec.stop_signal = parsed.get<std::string>("stop-signal");
    if (parsed.has("stop-timeout")) RT_TRY(take_int(parsed, "stop-timeout", spec.stop_timeout.emplace()));
    RT_TRY(add_labels(parsed, spec.labels));
    RT_TRY(take_map(parsed, "annotation", spec.annotations));
    spec.log_config.type = parsed.get<std::string>("log-driver");
    return take_map(parsed, "log-opt", spec.log_config.config);
}

// stdin, stdout, stderr, in any case of letters. What is not said follows from -d and -i.
Result<void> read_streams(const Parsed& parsed, RunRequest& request) {
    ContainerSpec& spec = request.spec;
    request.detach = parsed.has("detach");
    spec.open_stdin = request.interactive = parsed.has("interactive");
    if (request.detach && parsed.has("attach"))
        return fail(Code::invalid_argument, "--attach and --detach exclude each other");
    spec.attach_stdout = spec.attach_stderr = !request.detach;
    spec.attach_stdin = request.interactive && !request.detach;
    if (parsed.has("attach")) {
        spec.attach_stdin = spec.attach_stdout = spec.attach_stderr = false;
        for (std::string stream : parsed.get<Words>("attach")) {
            std::ranges::transform(stream, stream.begin(),
                                   [](char c) { return static_cast<char>(c | 0x20); });
            bool* const wanted = stream == "stdin"    ? &spec.attach_stdin
                                 : stream == "stdout" ? &spec.attach_stdout
                                 : stream == "stderr" ? &spec.attach_stderr
                                                      : nullptr;
            if (wanted == nullptr)
                return fail(Code::invalid_argument, "--attach '", stream,
                            "' is not one of stdin, stdout, stderr");
            *wanted = true;
        }
        if (spec.attach_stdin && !request.interactive)
            return fail(Code::invalid_argument, "--attach stdin: without -i it is not open");
        if (!spec.attach_stdout && !spec.attach_stderr)
            return fail(Code::unsupported,
                        "--attach stdin alone is not supported: name stdout or stderr as well");
    }
    spec.stdin_once = spec.open_stdin && spec.attach_stdin;
    RT_TRY_ASSIGN(request.detach_keys,
                  parse_detach_keys(parsed.get<std::string>("detach-keys", std::string(kDefaultDetachKeys))));
    return take(parsed, "sig-proxy", parse_boolean, request.proxy_signals);
}

Result<void> read_engine(const Parsed& parsed, RunRequest& request) {
    request.spec.storage = parsed.get<std::string>("storage");
    request.spec.isolation = parsed.get<std::string>("isolation");
    if (const auto runtime = parsed.get<std::string>("runtime"); !runtime.empty()) {
        if (!request.spec.isolation.empty() && request.spec.isolation != runtime)
            return fail(Code::invalid_argument, "--runtime is another word for --isolation: they differ");
        request.spec.isolation = runtime;
    }
    request.quiet = parsed.has("quiet");
    const auto pull = parsed.get<std::string>("pull", "missing");
    if (pull != "missing" && pull != "always" && pull != "never")
        return fail(Code::invalid_argument, "--pull '", pull, "' is not one of missing, always, never");
    request.pull = pull == "always"  ? PullPolicy::always
                   : pull == "never" ? PullPolicy::never
                                     : PullPolicy::missing;
    RT_TRY(check_host_runs(parsed.get<std::string>("platform")));
    if (parsed.get<std::string>("disable-content-trust", "true") != "true")
        return fail(
            Code::unsupported,
            "--disable-content-trust=false is not supported: rt does not have docker's content trust");
    return {};
}

} // namespace

Result<RunRequest> run_request(const Parsed& parsed) {
    for (const RefusedFlag& flag : refused_flags())
        if (parsed.has(flag.name))
            return fail(Code::unsupported, "--", flag.name, " is not supported: ", flag.why);
    RunRequest request;
    RT_TRY(read_process(parsed, request.spec));
    RT_TRY(read_life(parsed, request.spec));
    RT_TRY(read_health(parsed, request.spec));
    RT_TRY(read_streams(parsed, request));
    RT_TRY(read_files(parsed, request.spec));
    RT_TRY(read_network(parsed, request.spec));
    RT_TRY(read_limits(parsed, request.spec));
    RT_TRY(read_security(parsed, request.spec));
    RT_TRY(read_engine(parsed, request));
    if (request.spec.oom_kill_disable && request.spec.memory == 0)
        request.warnings.emplace_back(
            "--oom-kill-disable without --memory: what it takes in memory may bring the host down");
    return request;
}

} // namespace rt::cli
