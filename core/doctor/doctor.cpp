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

// True: at least one was.
bool repair_all(std::vector<Finding>& findings, Repair wanted) {
    bool any = false;
    for (Finding& finding : findings) {
        if (!finding.repair || (finding.is_data && wanted != Repair::and_discard)) continue;
        const auto done = finding.repair();
        finding.repaired = done.has_value();
        if (!done) finding.problem = done.error().message;
        any = any || finding.repaired;
    }
    return any;
}

// What is there again after its repair was not repaired.
void add(Report& report, std::vector<Finding> findings) {
    for (Finding& finding : findings) {
        const auto before =
            std::ranges::find_if(report.findings, [&](const Finding& one) { return is_same(one, finding); });
        if (before == report.findings.end())
            report.findings.push_back(std::move(finding));
        else
            *before = std::move(finding);
    }
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
        add(report, std::move(examination.findings()));
        if (!repaired) return report;
        quick.verify = false; // nothing that was repaired changes what a blob holds
    }
}

} // namespace rt::doctor
