// SPDX-License-Identifier: Apache-2.0
// Every driver against this host, by its own probe; and those that are needed and are not there.
#include "core/doctor/areas.hpp"
#include "core/plugin/survey.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <map>

namespace rt::doctor {
namespace {

struct Use {
    Role role;
    std::string_view sql, what;
};
constexpr std::array kUses{
    Use{Role::storage, "SELECT storage, count(*) FROM containers GROUP BY storage", "containers"},
    Use{Role::storage, "SELECT storage, count(*) FROM layers GROUP BY storage", "unpacked layers"},
    // A driver's own network, which a listing makes a record of, needs nothing while nobody is in it.
    Use{Role::network,
        "SELECT driver, count(*) FROM networks n WHERE config <> '{}' OR EXISTS "
        "(SELECT 1 FROM endpoints e WHERE e.network_id = n.id) GROUP BY driver",
        "networks"},
    Use{Role::isolation, "SELECT isolation, count(*) FROM containers GROUP BY isolation", "containers"}};

Result<void> look_for_missing(Examination& examination) {
    const Wiring& wiring = examination.engine().wiring();
    std::map<std::pair<Role, std::string>, std::string> missing; // what needs it
    for (const Use& use : kUses)
        RT_TRY(examination.state().database.run(use.sql, {}, [&](const SqlRow& row) {
            if (wiring.role(use.role).drivers.contains(row.text(0))) return;
            std::string& needs = missing[{use.role, row.text(0)}];
            needs += cat(needs.empty() ? "" : " and ", row.number(1), " ", use.what);
        }));
    for (const auto& [driver, needs] : missing)
        examination.report("driver.missing",
                           {.subject = cat(name_of(driver.first), " driver '", driver.second, "'"),
                            .text = cat("is not in the wiring file; needed by: ", needs),
                            .advice = "put it back there, or remove what needs it while it is there"});
    return {};
}

void report_warnings(Examination& examination, const DriverReport& driver, const std::string& subject) {
    const Json facts = Json::parse(driver.facts.empty() ? "{}" : driver.facts, nullptr, false);
    if (!facts.is_object() || !facts.contains("warnings") || !facts["warnings"].is_array()) return;
    for (const Json& warning : facts["warnings"])
        if (warning.is_string())
            examination.report("driver.warning",
                               {.subject = cat(subject, ", ", warning.get<std::string>().substr(0, 60)),
                                .text = warning.get<std::string>(),
                                .advice = "do as the warning says"});
}

// As `config check` judges: one that this host cannot run and nobody asked for is no fault.
void look_at_probes(Examination& examination) {
    for (const DriverReport& driver : survey_drivers(examination.engine().wiring())) {
        const std::string subject = cat(name_of(driver.role), " driver '", driver.instance, "'");
        const bool fault = driver.status == DriverStatus::broken ||
                           (driver.is_default && driver.status != DriverStatus::works);
        if (fault)
            examination.report(
                "driver.fault",
                {.subject = subject,
                 .text = driver.reason,
                 .advice = "do as the reason says, or name another default in the wiring file"});
        else
            report_warnings(examination, driver, subject);
    }
}

} // namespace

void look_at_drivers(Examination& examination) {
    examination.look("driver.missing", [&] { return look_for_missing(examination); });
    look_at_probes(examination);
}

} // namespace rt::doctor
