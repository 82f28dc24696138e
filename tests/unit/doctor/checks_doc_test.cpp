// SPDX-License-Identifier: Apache-2.0
// docs/doctor.md has the checks that the code has, and each has a test.
#include "core/doctor/finding.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <sstream>

namespace {

using testing::ElementsAreArray;

// "| `container.log` | leftover | yes | a log file ... |", without the back quotes.
std::vector<std::string> documented_checks() {
    std::istringstream lines(rt::test::read_file(RT_SOURCE_DIR "/docs/doctor.md"));
    std::vector<std::string> rows;
    bool in_table = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("| Check |")) in_table = true;
        if (line.empty()) in_table = false;
        if (!in_table || !line.starts_with("| `")) continue;
        std::erase(line, '`');
        rows.push_back(line);
    }
    return rows;
}

TEST(DoctorDocument, HasEveryCheckAsTheCodeHasIt) {
    std::vector<std::string> coded;
    for (const rt::doctor::Check& check : rt::doctor::all_checks())
        coded.push_back(rt::cat("| ", check.name, " | ", rt::doctor::name_of(check.severity), " | ",
                                !check.repairs  ? "no"
                                : check.is_data ? "--discard"
                                                : "yes",
                                " | ", check.what, " |"));
    EXPECT_THAT(documented_checks(), ElementsAreArray(coded));
}

TEST(DoctorChecks, AreEachThereOnce) {
    std::set<std::string_view> names;
    for (const rt::doctor::Check& check : rt::doctor::all_checks())
        EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_GT(names.size(), 30U);
}

// What is found without ever having been seen to be found is not believed.
TEST(DoctorChecks, AreEachNamedByATest) {
    std::string tests;
    for (const auto& entry : std::filesystem::directory_iterator(RT_SOURCE_DIR "/tests/integration/doctor"))
        if (entry.path().extension() == ".cpp") tests += rt::test::read_file(entry.path());
    for (const rt::doctor::Check& check : rt::doctor::all_checks())
        EXPECT_NE(tests.find(rt::cat('"', check.name, '"')), std::string::npos) << check.name;
}

} // namespace
