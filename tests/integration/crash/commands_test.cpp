// SPDX-License-Identifier: Apache-2.0
// No command that changes something is forgotten: each is struck, or it is said here why it is not.
#include "scenario.hpp"
#include "support/rtctl.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace {

struct Listed {
    std::vector<std::string> commands, groups;
};

// What a help lists: "  create      Create a network", below titles.
Listed listed_by(const rt::test::Outcome& help) {
    Listed found;
    bool groups = false;
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) {
        constexpr std::size_t kIndent = 2;
        if (line.ends_with(':')) groups = line.starts_with("Groups of commands");
        if (!line.starts_with("  ") || line.size() == kIndent || line[kIndent] == '-') continue;
        const std::size_t end = line.find("  ", kIndent);
        (groups ? found.groups : found.commands).push_back(line.substr(kIndent, end - kIndent));
    }
    return found;
}

// Each once, by its own name: "container ls" is another spelling of "ps".
std::vector<std::string> commands() {
    const rt::test::Rtctl rtctl;
    const Listed top = listed_by(rtctl({"--help"}));
    std::vector<std::string> all = top.commands;
    for (const std::string& group : top.groups)
        for (const std::string& word : listed_by(rtctl({group})).commands) {
            const std::string name = group + " " + word;
            if (rtctl({group, word, "--help"}).out.starts_with("Usage: rtctl " + name + " "))
                all.push_back(name);
        }
    return all;
}

const std::map<std::string, std::string>& not_struck() {
    static const std::map<std::string, std::string> reasons{
        {"wait", "reads"},
        {"attach", "passes on input and output, as run in the foreground does"},
        {"ps", "reads"},
        {"top", "reads"},
        {"port", "reads"},
        {"stats", "reads"},
        {"logs", "reads"},
        {"inspect", "reads"},
        {"diff", "reads"},
        {"save", "reads, and writes where its user says"},
        {"push",
         "what it changes is in the registry; here it changes one row with its event, in one transaction"},
        {"search", "reads"},
        {"login", "one file of docker's client, which is replaced whole"},
        {"logout", "one file of docker's client, which is replaced whole"},
        {"images", "reads"},
        {"history", "reads"},
        {"system df", "reads"},
        {"network ls", "reads"},
        {"network inspect", "reads"},
        {"volume ls", "reads"},
        {"volume inspect", "reads"},
        {"events", "reads"},
        {"info", "reads"},
        {"version", "reads"},
        {"plugin ls", "reads"},
        {"plugin inspect", "reads"},
        {"config show", "reads"},
        {"config check", "reads"},
        {"config explain", "reads"},
        {"explain run", "reads"},
        {"completion", "writes a text"},
        {"system prune", "the prunes of containers, networks, images and volumes, one after the other"},
        {"doctor",
         "looks; with --repair it does what recovery, clean-up and the collection of what no image has "
         "do, which are struck with the other commands; DoctorRepair kills it as a whole"},
        {"system boot", "a start of each container"},
    };
    return reasons;
}

bool is_struck(const std::string& command) {
    return std::ranges::any_of(rt::test::scenarios(), [&](const rt::test::Scenario& scenario) {
        std::string words;
        for (const std::string& word : scenario.command) {
            words += (words.empty() ? "" : " ") + word;
            if (words == command) return true;
        }
        return false;
    });
}

TEST(StruckCommands, AreAllThatChangeSomething) {
    const std::vector<std::string> all = commands();
    EXPECT_THAT(all, testing::Contains("network create")) << "the help is not read";
    for (const std::string& command : all)
        EXPECT_NE(is_struck(command), not_struck().contains(command))
            << command << ": add a scenario, or say in not_struck() why it needs none";
    for (const auto& [command, reason] : not_struck())
        EXPECT_THAT(all, testing::Contains(command)) << "there is no such command any more";
}

} // namespace
