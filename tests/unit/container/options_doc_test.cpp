// SPDX-License-Identifier: Apache-2.0
// docs/options.md says what the code does: every field of docker's Config and HostConfig, and what is
// refused.
#include "core/container/spec.hpp"
#include "core/container/unsupported.hpp"

#include "support/api_check.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

namespace {

using Row = std::vector<std::string>;

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

// The rows of the table below a heading, cells without the back quotes.
std::vector<Row> table(const std::string& heading) {
    const std::string text = rt::test::read_file(RT_SOURCE_DIR "/docs/options.md");
    std::istringstream lines(text.substr(text.find("## " + heading + "\n")));
    std::vector<Row> rows;
    for (std::string line; std::getline(lines, line) && (rows.empty() || line.starts_with("|"));) {
        if (!line.starts_with("| `")) continue;
        Row row;
        std::istringstream cells(line.substr(1));
        for (std::string cell; std::getline(cells, cell, '|');) {
            std::erase(cell, '`');
            row.push_back(trimmed(cell));
        }
        rows.push_back(row);
    }
    return rows;
}

// Config and HostConfig of docker's API, by the facts that scripts/make-api-facts took from its description.
std::set<std::string> dockers() {
    std::set<std::string> names;
    for (const std::string& field : rt::test::fields_of_definition("ContainerConfig"))
        names.insert("Config." + field);
    for (const std::string& field : rt::test::fields_of_definition("HostConfig"))
        names.insert("HostConfig." + field);
    return names;
}

// What the table has not, or has without docker having it, or has twice.
std::vector<std::string> differences(const std::vector<Row>& rows) {
    std::vector<std::string> found;
    std::set<std::string> documented;
    for (const Row& row : rows)
        if (!documented.insert(row[0]).second) found.push_back(row[0] + " is there twice");
    for (const std::string& field : dockers())
        if (!documented.contains(field)) found.push_back(field + " is missing");
    for (const std::string& field : documented)
        if (!dockers().contains(field)) found.push_back(field + " is not docker's");
    return found;
}

TEST(OptionsDocument, HasEveryFieldOfDockersApiOnce) {
    EXPECT_GT(dockers().size(), 90U);
    EXPECT_THAT(differences(table("Fields")), testing::IsEmpty());
}

TEST(OptionsDocument, WouldBeRefusedWithAFieldMissingOrMadeUp) {
    std::vector<Row> rows = table("Fields");
    const std::string gone = rows.back()[0];
    rows.back()[0] = "HostConfig.Mood";
    rows.push_back(rows.front());
    EXPECT_THAT(differences(rows),
                testing::ElementsAre(rows.front()[0] + " is there twice", gone + " is missing",
                                     "HostConfig.Mood is not docker's"));
}

TEST(OptionsDocument, NamesTheMembersThatTheCodeHas) {
    std::map<std::string, std::string> members;
    for (const rt::SpecField& field : rt::spec_fields()) {
        std::istringstream names{std::string(field.docker)};
        for (std::string name; names >> name;)
            members[name] += (members[name].empty() ? "" : ", ") + std::string(field.key);
    }
    for (const Row& row : table("Fields")) {
        ASSERT_GE(row.size(), 4U) << row[0];
        EXPECT_EQ(row[2], members[row[0]]) << row[0];
        const bool kept = !row[2].empty();
        EXPECT_TRUE(kept ? row[1] == "works" || row[1] == "refused" : row[1] == "none") << row[0];
        if (!kept) {
            EXPECT_FALSE(row[3].empty()) << row[0] << " has no reason";
        }
    }
    for (const auto& [name, member] : members) EXPECT_TRUE(dockers().contains(name)) << name;
}

TEST(OptionsDocument, HasEveryRefusalWithItsReason) {
    std::vector<std::string> documented;
    for (const Row& row : table("What is refused so far")) documented.push_back(row[0] + ": " + row[1]);
    std::vector<std::string> coded;
    for (const auto& refusal : rt::unsupported_options())
        coded.push_back(refusal.option + ": " + refusal.why);
    EXPECT_EQ(documented, coded);
}

} // namespace
