// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <sqlite3.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace rt::test {
namespace {

using nlohmann::json;

std::string without_newline(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string run_sql(const std::filesystem::path& file, const std::string& statement) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> database(raw, sqlite3_close_v2);
    if (opened != SQLITE_OK) throw std::runtime_error("cannot open " + file.native());
    constexpr int kPatienceMs = 10'000;
    sqlite3_busy_timeout(raw, kPatienceMs);
    std::string value;
    const auto keep = [](void* into, int /*count*/, char** values, char** /*names*/) {
        *static_cast<std::string*>(into) = values[0] != nullptr ? values[0] : "";
        return 0;
    };
    char* problem = nullptr;
    if (sqlite3_exec(raw, statement.c_str(), keep, &value, &problem) != SQLITE_OK)
        throw std::runtime_error(statement + ": " + (problem != nullptr ? problem : "unknown"));
    return value;
}

} // namespace

std::string Doctor::key_of(const json& finding) {
    return finding["Check"].get<std::string>() + " " + finding["Subject"].get<std::string>();
}

void Doctor::SetUp() {
    WithBusybox::SetUp();
    if (HasFatalFailure()) return;
    (void)look(); // makes the directories of drivers that were never used, to probe them in
    ASSERT_TRUE(take_as_clean());
    network_ = without_newline(rtctl_({"network", "create", "back"}).out);
    const Outcome started = rtctl_({"run", "-d", "--name", "bystander", "--network", "back", "-p", "18099:9",
                                    "busybox", "sleep", "1000"});
    ASSERT_EQ(started.exit_code, 0) << started.err;
    bystander_ = without_newline(started.out);
    bystanders_shim_ = shim_of(bystander_);
    const Look first = look();
    usual_exit_code_ = first.exit_code;
    for (const json& finding : first.findings) {
        EXPECT_TRUE(finding["Severity"] == "warning" || finding["Severity"] == "error") << finding;
        usual_.insert(key_of(finding));
    }
    ASSERT_TRUE(!HasFailure()) << "there is something before anything was left: " << first.out;
}

void Doctor::TearDown() {
    if (!HasFatalFailure()) {
        const Outcome used = rtctl_({"exec", "bystander", "true"});
        EXPECT_EQ(used.exit_code, 0) << used.err;
        EXPECT_EQ(shim_of(bystander_), bystanders_shim_);
        EXPECT_EQ(rtctl_({"rm", "-f", "bystander"}).exit_code, 0);
        EXPECT_EQ(rtctl_({"network", "rm", "back"}).exit_code, 0);
    }
    WithBusybox::TearDown();
}

Doctor::Look Doctor::look(const std::vector<std::string>& options) {
    std::vector<std::string> words{"doctor", "--format", "json"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = rtctl_(words);
    Look look{outcome.exit_code, {}, outcome.out, outcome.err};
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
        json finding = json::parse(line);
        if (!usual_.contains(key_of(finding))) look.findings.push_back(std::move(finding));
    }
    return look;
}

std::vector<json> Doctor::of(const Look& look, const std::string& check) {
    std::vector<json> found;
    for (const json& finding : look.findings)
        if (finding["Check"] == check) found.push_back(finding);
    return found;
}

void Doctor::expect_found_and_repaired(const std::string& check, const std::string& subject) {
    const auto is_it = [&](const json& finding) {
        return finding["Subject"].get<std::string>().find(subject) != std::string::npos;
    };
    const Look before = look();
    EXPECT_EQ(before.exit_code, 1) << before.out << before.err;
    const auto found = of(before, check);
    EXPECT_TRUE(std::ranges::any_of(found, is_it)) << before.out;
    for (const json& finding : before.findings) {
        EXPECT_EQ(finding["Repaired"], false) << finding;
        EXPECT_NE(finding["Advice"], "") << finding;
        EXPECT_NE(finding["Owner"], "") << finding;
    }
    const Look again = look(); // a look changes nothing
    EXPECT_EQ(again.findings.size(), before.findings.size()) << again.out;

    const Look repaired = look({"--repair", "--discard"});
    EXPECT_EQ(repaired.exit_code, usual_exit_code_) << repaired.out << repaired.err;
    const auto gone = of(repaired, check);
    EXPECT_TRUE(std::ranges::any_of(gone, is_it)) << repaired.out;
    for (const json& finding : repaired.findings) EXPECT_EQ(finding["Repaired"], true) << finding;

    const Look after = look();
    EXPECT_EQ(after.exit_code, usual_exit_code_) << after.out;
    EXPECT_TRUE(after.findings.empty()) << after.out;
}

void Doctor::expect_found_and_left(const std::string& check, const std::string& subject,
                                   const std::function<void()>& remedy,
                                   const std::vector<std::string>& options) {
    for (const bool repairs : {false, true}) {
        std::vector<std::string> words = options;
        if (repairs) words.emplace_back("--repair");
        const Look seen = look(words);
        EXPECT_EQ(seen.exit_code, 1) << seen.out << seen.err;
        const auto found = of(seen, check);
        ASSERT_EQ(found.size(), 1U) << seen.out;
        EXPECT_NE(found[0]["Subject"].get<std::string>().find(subject), std::string::npos) << found[0];
        EXPECT_EQ(found[0]["Repairable"], false);
        EXPECT_EQ(found[0]["Repaired"], false);
        EXPECT_NE(found[0]["Advice"], "");
    }
    remedy();
    const Look after = look(options);
    EXPECT_TRUE(after.findings.empty()) << after.out;
}

void Doctor::sql(const std::string& statement) {
    (void)run_sql(rtctl_.root() / "rt.db", statement);
}

std::string Doctor::sql_value(const std::string& query) {
    return run_sql(rtctl_.root() / "rt.db", query);
}

void Doctor::leave_endpoint(const std::string& container_id) {
    sql("INSERT INTO endpoints SELECT '" + kGhost + "', network_id, '" + container_id +
        "', json_set(request, '$.id', '" + kGhost +
        "', '$.addresses', json('[]')), '' FROM endpoints WHERE container_id = '" + bystander_ + "'");
}

std::string Doctor::id_of(const std::string& container) {
    return sql_value("SELECT id FROM containers WHERE name = '" + container + "'");
}

pid_t Doctor::shim_of(const std::string& id) const {
    std::ifstream file(rtctl_.run() / "containers" / id / "shim.pid");
    std::string key;
    pid_t pid = 0;
    file >> key >> pid;
    return pid;
}

std::string Doctor::host(const std::string& line) {
    const Outcome outcome = run_program({"sh", "-c", line});
    EXPECT_EQ(outcome.exit_code, 0) << line << ": " << outcome.err;
    return outcome.out;
}

} // namespace rt::test
