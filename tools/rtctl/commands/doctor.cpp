// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/doctor.hpp"
#include "core/base/clock.hpp"
#include "core/base/text.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>

namespace rt::cli {
namespace {

using doctor::Finding;
using doctor::Severity;

constexpr int kFound = 1;        // something is left that was found
constexpr int kCouldNotLook = 2; // and this may not be all

Json to_json(const Finding& finding) {
    return {{"Check", finding.check},
            {"Severity", doctor::name_of(finding.severity)},
            {"Subject", finding.subject},
            {"Finding", finding.text},
            {"Owner", finding.owner},
            {"Advice", finding.advice},
            {"Repairable", static_cast<bool>(finding.repair)},
            {"Repaired", finding.repaired},
            {"Problem", finding.problem}};
}

void print(const Finding& finding) {
    const auto line = [](std::string_view title, const std::string& text) {
        if (!text.empty()) print_line(cat("    ", title, printable(text)));
    };
    print_line(printable(cat(finding.repaired ? "repaired" : doctor::name_of(finding.severity), "  ",
                             finding.check, "  ", finding.subject)));
    line("", finding.text);
    line("of: ", finding.owner);
    if (finding.repaired) return;
    line("not repaired: ", finding.problem);
    line(finding.problem.empty() ? "do: " : "when that is seen to: ", finding.advice);
}

void print_sum(const doctor::Report& report) {
    const auto repaired =
        static_cast<std::size_t>(std::ranges::count(report.findings, true, &Finding::repaired));
    const std::size_t left = report.findings.size() - repaired;
    std::string text = left == 0 ? "Nothing is wrong" : cat(left, left == 1 ? " finding" : " findings");
    if (repaired > 0) text += cat(", ", repaired, " repaired");
    print_line(text);
}

int exit_code_of(const doctor::Report& report) {
    const auto is_left = [](const Finding& finding) { return !finding.repaired; };
    if (std::ranges::count(report.findings, Severity::unseen, &Finding::severity) > 0) return kCouldNotLook;
    return std::ranges::any_of(report.findings, is_left) ? kFound : 0;
}

// One line that is written over and over, on a terminal alone.
class ProgressLine {
public:
    void show(const std::string& text, std::uint64_t done, std::uint64_t total) {
        constexpr std::int64_t kRedrawNs = 50'000'000;
        const std::int64_t now = monotonic_ns();
        if (!terminal_ || now - drawn_ < kRedrawNs) return;
        drawn_ = now;
        std::fprintf(stderr, "\r\033[KVerifying %s: %s/%s", text.c_str(), human_size(done).c_str(),
                     human_size(total).c_str());
        std::fflush(stderr);
    }
    ~ProgressLine() {
        if (drawn_ != 0) std::fputs("\r\033[K", stderr);
    }

private:
    bool terminal_ = is_terminal(STDERR_FILENO);
    std::int64_t drawn_ = 0;
};

Result<doctor::Report> examine(const Globals& globals, const Parsed& parsed) {
    ProgressLine line;
    doctor::Options options;
    options.verify = parsed.has("verify");
    options.progress = [&](const std::string& text, std::uint64_t done, std::uint64_t total) {
        line.show(text, done, total);
    };
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    doctor::Repair repair = doctor::Repair::no;
    if (parsed.has("repair"))
        repair = parsed.has("discard") ? doctor::Repair::and_discard : doctor::Repair::yes;
    return doctor::examine(*engine, options, repair);
}

Outcome run_doctor(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    auto add = description.add_options();
    add("repair", "remove what nobody owns, and finish what was interrupted");
    add("discard",
        "with --repair: also what has no owner and may be somebody's data (writable layers, logs)");
    add("verify", "also check the content of blobs against their digests, and the database; takes long");
    add("format", options::value<std::string>()->value_name("text|json"),
        "how to show them; json: one object a line");
    RT_TRY_ASSIGN(const auto parsed, parse(kDoctor, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    if (parsed->has("discard") && !parsed->has("repair"))
        return wrong_option("--discard goes with --repair: it removes what may be somebody's data");
    const auto format = parsed->get<std::string>("format", "text");
    if (format != "text" && format != "json")
        return wrong_option("--format '", format, "' is neither 'text' nor 'json'");
    auto report = examine(globals, *parsed);
    if (!report) return std::unexpected(Failure(std::move(report).error(), kCouldNotLook));
    for (const Finding& finding : report->findings)
        format == "json" ? print_json_line(to_json(finding)) : print(finding);
    if (format == "text") print_sum(*report);
    for (const std::string& text : report->passed_over)
        warn(cat("passed over: ", text, "; look again later"));
    return exit_code_of(*report);
}

} // namespace

const Command kDoctor = {"doctor", "[OPTIONS]",
                         "Find what killed processes have left and what is wrong with this host", run_doctor};

} // namespace rt::cli
