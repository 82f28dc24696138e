// SPDX-License-Identifier: Apache-2.0
#include "core/container/update.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/run_options.hpp"
#include "tools/rtctl/run_options_parts.hpp"
#include "tools/rtctl/session.hpp"

#include <algorithm>
#include <array>

namespace rt::cli {
namespace {

constexpr std::array kFlags = {
    "blkio-weight",       "cpu-period",  "cpu-quota",   "cpu-rt-period", "cpu-rt-runtime",
    "cpu-shares",         "cpus",        "cpuset-cpus", "cpuset-mems",   "memory",
    "memory-reservation", "memory-swap", "pids-limit",  "restart"};

// Those of run that can be changed afterwards.
options::options_description describe_update() {
    options::options_description description("Options");
    const options::options_description of_run = run_options();
    for (const auto& option : of_run.options())
        if (std::ranges::find(kFlags, option->long_name()) != kFlags.end()) description.add(option);
    return description;
}

std::expected<ContainerUpdate, Failure> read_update(const Parsed& parsed) {
    ContainerSpec asked;
    RT_TRY(of_option(read_limits(parsed, asked)));
    ContainerUpdate update;
    update.memory = asked.memory;
    update.memory_reservation = asked.memory_reservation;
    update.memory_swap = asked.memory_swap;
    update.nano_cpus = asked.nano_cpus;
    update.cpu_shares = asked.cpu_shares;
    update.cpu_period = asked.cpu_period;
    update.cpu_quota = asked.cpu_quota;
    update.cpu_realtime_period = asked.cpu_realtime_period;
    update.cpu_realtime_runtime = asked.cpu_realtime_runtime;
    update.cpuset_cpus = asked.cpuset_cpus;
    update.cpuset_mems = asked.cpuset_mems;
    update.blkio_weight = asked.blkio_weight;
    if (parsed.has("pids-limit")) update.pids_limit = asked.pids_limit;
    if (parsed.has("restart"))
        RT_TRY(take(parsed, "restart", parse_restart_policy, update.restart_policy.emplace()));
    return update;
}

Outcome update_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kUpdate, describe_update(), arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    if (std::ranges::none_of(kFlags, [&](const char* flag) { return parsed->has(flag); }))
        return fail(Code::invalid_argument,
                    "update: you must provide one or more flags when using this command");
    RT_TRY_ASSIGN(const ContainerUpdate update, read_update(*parsed));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands, [&](const std::string& reference) -> Result<void> {
        RT_TRY_ASSIGN(const auto warnings, update_container(*engine, reference, update));
        for (const std::string& warning : warnings) warn(warning);
        return {};
    });
}

} // namespace

const Command kUpdate = {"update", "[OPTIONS] CONTAINER...",
                         "Change the limits and the restart policy of containers", update_command};

} // namespace rt::cli
