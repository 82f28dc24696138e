// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/doctor.hpp"

#include "core/doctor/areas.hpp"

#include <algorithm>
#include <array>

namespace rt::doctor {
namespace {

// The order is that of the repairs too: a shim goes before what it holds, containers before what they have.
constexpr std::array kAreas{look_at_shims,   look_at_containers, look_at_container_files,  look_at_networks,
                            look_at_volumes, look_at_images,     look_at_driver_leftovers, look_at_snapshots,
                            look_at_state,   look_at_locks,      look_at_drivers,          look_at_host};

// What a repair brings to light: the cgroup of a container whose shim was ended, the snapshot under a mount.
constexpr int kRounds = 4;

bool is_same(const Finding& a, const Finding& b) {
    return a.check == b.check && a.subject == b.subject;
}

// What throws is one repair's misfortune, not that of all.
Result<void> repair_one(const Finding& finding) {
    try {
        return finding.repair();
    } catch (const std::exception& exception) {
        return fail(Code::internal, "repair ", finding.subject, ": ", exception.what());
    }
}

// True: at least one was.
bool repair_all(std::vector<Finding>& findings, Repair wanted) {
    bool any = false;
    for (Finding& finding : findings) {
        if (!finding.repair || (finding.is_data && wanted != Repair::and_discard)) continue;
        const auto done = repair_one(finding);
        finding.repaired = done.has_value();
        if (!done) finding.problem = done.error().message;
        any = any || finding.repaired;
    }
    return any;
}

// The newer look counts: what is there again after its repair was not repaired, and what is not there any
// more, and was not repaired, went by itself (whoever was at work on it has done it). saw_all: nothing was
// passed over or could not be looked at, so that it is not only out of sight.
void add(Report& report, std::vector<Finding> findings, bool saw_all) {
    std::erase_if(report.findings, [&](const Finding& old) {
        return saw_all && !old.repaired && !check_named(old.check).takes_long &&
               std::ranges::none_of(findings, [&](const Finding& one) { return is_same(one, old); });
    });
    for (Finding& finding : findings) {
        const auto before =
            std::ranges::find_if(report.findings, [&](const Finding& one) { return is_same(one, finding); });
        if (before == report.findings.end()) {
            report.findings.push_back(std::move(finding));
            continue;
        }
        if (!finding.repaired && finding.problem.empty())
            finding.problem = before->repaired ? "it was, and is there again" : std::move(before->problem);
        *before = std::move(finding);
    }
}

bool saw_all(const Examination& examination, const std::vector<Finding>& findings) {
    return examination.passed_over().empty() &&
           std::ranges::count(findings, Severity::unseen, &Finding::severity) == 0;
}

} // namespace

Result<Report> examine(Engine& engine, const Options& options, Repair repair) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Report report;
    Options quick = options;
    for (int round = 0;; ++round) {
        Examination examination(engine, *state, quick);
        for (const auto& area : kAreas) area(examination);
        report.passed_over = examination.passed_over();
        const bool last = repair == Repair::no || round == kRounds;
        const bool repaired = !last && repair_all(examination.findings(), repair);
        const bool all = saw_all(examination, examination.findings());
        add(report, std::move(examination.findings()), all);
        if (!repaired) return report;
        quick.verify = false; // nothing that was repaired changes what a blob holds
    }
}

} // namespace rt::doctor
