// SPDX-License-Identifier: Apache-2.0
// What every container needs of the host, whatever its drivers. What a driver needs, its probe says.
#include "core/base/clock.hpp"
#include "core/container/runtime_files.hpp"
#include "core/doctor/areas.hpp"

#include <sys/statvfs.h>

#include <algorithm>

namespace rt::doctor {
namespace {

std::string text_of(const Path& file) {
    return read_file(file, 1U << 20U).value_or("");
}

void look_at_name_servers(Examination& examination) {
    const std::string of_containers =
        container_resolv_conf(text_of("/etc/resolv.conf"), text_of("/run/systemd/resolve/resolv.conf"));
    if (of_containers.find("nameserver") != std::string::npos) return;
    examination.report(
        "host.name-servers",
        {.subject = "file '/etc/resolv.conf'",
         .text = "it names no server but this host's own, which containers cannot reach: they find "
                 "no name outside",
         .advice = "name a server there, or give containers one with --dns"});
}

constexpr std::uint64_t kLeastSpace = 64U << 20U; // bytes: less, and a container's first writes may fail
constexpr std::uint64_t kLeastFiles = 1000;

void look_at_space(Examination& examination, const Path& directory) {
    struct statvfs status{};
    if (::statvfs(directory.c_str(), &status) != 0)
        return examination.unseen("host.space", cat("file system of '", directory.native(), "'"),
                                  fail_errno(errno, "look at '", directory.native(), "'").error());
    const std::uint64_t space = std::uint64_t{status.f_bavail} * status.f_frsize;
    const bool counts_files = status.f_files != 0; // btrfs does not
    if (space >= kLeastSpace && (!counts_files || status.f_favail >= kLeastFiles)) return;
    examination.report("host.space",
                       {.subject = cat("file system of '", directory.native(), "'"),
                        .text = cat("has ", space >> 20U, " MiB and ", status.f_favail, " files left"),
                        .advice =
                            "make room: 'rtctl system df' shows what is large, 'rtctl system prune' removes "
                            "what is not used"});
}

constexpr std::int64_t kTolerated = 60'000'000'000; // ns; clocks are corrected by less

Result<void> look_at_time(Examination& examination) {
    std::int64_t latest = 0;
    RT_TRY(examination.state().database.run(
        "SELECT max(t) FROM (SELECT max(time) AS t FROM events UNION ALL SELECT max(created_at) FROM "
        "containers)",
        {}, [&](const SqlRow& row) { latest = row.is_null(0) ? 0 : row.number(0); }));
    if (latest - now_ns() <= kTolerated) return {};
    examination.report(
        "host.time",
        {.subject = "the clock",
         .text = cat("it is before what was recorded at ", rfc3339(latest),
                     ": times in logs and events, and certificates of registries, are not right"),
         .advice = "set it, and let chrony or systemd-timesyncd keep it"});
    return {};
}

} // namespace

void look_at_host(Examination& examination) {
    look_at_name_servers(examination);
    look_at_space(examination, examination.engine().wiring().root);
    look_at_space(examination, examination.engine().wiring().run);
    examination.look("host.time", [&] { return look_at_time(examination); });
}

} // namespace rt::doctor
