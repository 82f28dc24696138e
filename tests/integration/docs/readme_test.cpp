// SPDX-License-Identifier: Apache-2.0
// The documentation is held to what it says: each ```sh block is run, each ```console block is run and prints
// what it shows, each ```json block is a wiring file that is in order, what is linked to is there, and so is
// each make target.
#include "markdown.hpp"
#include "support/rtctl.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using rt::test::Outcome;

const fs::path kSource = RT_SOURCE_DIR;

std::string page(const std::string& name) {
    return rt::test::read_file(kSource / name);
}

std::vector<std::string> pages() {
    std::vector<std::string> names{"README.md", "CONTRIBUTING.md"};
    for (const auto& entry : fs::directory_iterator(kSource / "docs"))
        if (entry.path().extension() == ".md") names.push_back("docs/" + entry.path().filename().native());
    return names;
}

// A directory as the reader has it: rootfs.tar in it, and the built rtctl as the first on PATH.
class Reader {
public:
    Reader() {
        const std::string directory = rtctl_.directory() / "reader";
        const std::string make = "mkdir -p " + directory + "/bin " + directory + "/root/bin && cd " +
                                 directory +
                                 " && cp /bin/busybox root/bin/ && ln -s busybox root/bin/sh && " +
                                 "ln -s busybox root/bin/echo && ln -s busybox root/bin/sleep && " +
                                 "for tool in ping cat httpd; do ln -s busybox root/bin/$tool; done && tar "
                                 "-C root -cf rootfs.tar .";
        const Outcome made = rt::test::run_program({"bash", "-c", make});
        if (made.exit_code != 0) throw std::runtime_error(made.err);
        std::string wrapper = "#!/bin/sh\nexec";
        for (const std::string& word : rtctl_.command({})) wrapper += " '" + word + "'";
        rt::test::write_file(directory + "/bin/rtctl", wrapper + " \"$@\"\n");
        fs::permissions(directory + "/bin/rtctl", fs::perms::owner_all);
        directory_ = directory;
    }
    Outcome types(const std::string& script) {
        return rt::test::run_program(
            {"bash", "-euxc", "cd " + directory_ + " && PATH=" + directory_ + "/bin:$PATH\n" + script});
    }
    Outcome wires(const std::string& wiring) {
        const fs::path file = rtctl_.directory() / "snippet.json";
        rt::test::write_file(file, wiring);
        return rt::test::run_program(
            {RT_BUILD_DIR "/bin/rtctl", "--config", file.native(), "config", "show"});
    }

private:
    rt::test::Rtctl rtctl_;
    std::string directory_;
};

// One story from the first block to the last.
TEST(Readme, CommandsPrintWhatItShows) {
    Reader reader;
    int commands = 0;
    for (const std::string& block : rt::test::fenced_blocks(page("README.md"), "console"))
        for (const auto& [line, output] : rt::test::typed_commands(block)) {
            const Outcome outcome = reader.types(line);
            EXPECT_EQ(outcome.exit_code, 0) << line << outcome.err;
            EXPECT_TRUE(rt::test::is_same_output(output, outcome.out)) << line << "\nthe page shows:\n"
                                                                       << output << "it prints:\n"
                                                                       << outcome.out;
            ++commands;
        }
    EXPECT_GT(commands, 20);
}

TEST(Readme, OutputsDifferInMoreThanChance) {
    using rt::test::is_same_output;
    EXPECT_TRUE(
        is_same_output("a 0123456789ab  10.0.0.1\n...\nend\n", "a ba9876543210 10.1.2.3\nx\ny\nend\n"));
    EXPECT_FALSE(is_same_output("Exited (0)\n", "Exited (1)\n"));
    EXPECT_FALSE(is_same_output("...\nend\n", "other\n"));
    EXPECT_FALSE(is_same_output("", "something\n"));
}

TEST(Documentation, CommandsOfWatchingDoWhatTheySay) {
    for (const char* name : {"docs/watching.md"}) {
        const auto blocks = rt::test::fenced_blocks(page(name), "sh");
        ASSERT_FALSE(blocks.empty()) << name;
        Reader reader;
        for (const std::string& block : blocks) {
            const Outcome outcome = reader.types(block);
            EXPECT_EQ(outcome.exit_code, 0) << name << ": " << block << outcome.out << outcome.err;
        }
    }
}

// Pages whose ```sh blocks are one session, from a reader's directory on.
TEST(Documentation, CommandsDoWhatTheySay) {
    for (const char* name : {"docs/events.md", "docs/boot.md"}) {
        const auto blocks = rt::test::fenced_blocks(page(name), "sh");
        EXPECT_FALSE(blocks.empty()) << name;
        Reader reader;
        for (const std::string& block : blocks) {
            const Outcome outcome = reader.types(block);
            EXPECT_EQ(outcome.exit_code, 0) << name << ": " << block << outcome.out << outcome.err;
        }
    }
}

TEST(Networks, CommandsDoWhatTheySay) {
    const auto blocks = rt::test::fenced_blocks(page("docs/networks.md"), "sh");
    ASSERT_FALSE(blocks.empty());
    Reader reader;
    const Outcome imported = reader.types("rtctl import rootfs.tar box");
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    for (const std::string& block : blocks) {
        const Outcome outcome = reader.types(block);
        EXPECT_EQ(outcome.exit_code, 0) << block << outcome.out << outcome.err;
    }
}

// In one state each, so that a page may build on what it did before.
TEST(Documentation, CommandsOfThePagesDoWhatTheySay) {
    for (const char* name : {"docs/volumes.md"}) {
        const auto blocks = rt::test::fenced_blocks(page(name), "sh");
        ASSERT_FALSE(blocks.empty()) << name;
        Reader reader;
        ASSERT_EQ(reader.types("rtctl import rootfs.tar box").exit_code, 0);
        for (const std::string& block : blocks) {
            const Outcome outcome = reader.types(block);
            EXPECT_EQ(outcome.exit_code, 0) << name << block << outcome.out << outcome.err;
        }
    }
}

TEST(Readme, WiringFilesAreInOrder) {
    const auto blocks = rt::test::fenced_blocks(page("README.md"), "json");
    ASSERT_FALSE(blocks.empty());
    Reader reader;
    for (const std::string& block : blocks) {
        const Outcome outcome = reader.wires(block);
        EXPECT_EQ(outcome.exit_code, 0) << block << outcome.err;
    }
}

TEST(Documentation, LinksLeadSomewhere) {
    for (const std::string& name : pages())
        for (const std::string& target : rt::test::relative_links(page(name)))
            EXPECT_TRUE(fs::exists(kSource / fs::path(name).parent_path() / target))
                << name << ": " << target;
}

TEST(Documentation, MakeTargetsAreInTheMakefile) {
    const std::string makefile = "\n" + page("Makefile");
    for (const std::string& name : pages())
        for (const std::string& target : rt::test::make_targets(page(name)))
            EXPECT_NE(makefile.find("\n" + target + ":"), std::string::npos) << name << ": make " << target;
}

// `Suite.Test` or `Suite.*`, as pages name the test that guards or shows something; `tests/...`, where it is
// no test of ctest's.
TEST(Documentation, EachTestThatIsNamedAsAGuardIsThere) {
    std::string sources;
    for (const auto& entry : fs::recursive_directory_iterator(kSource / "tests"))
        if (entry.path().extension() == ".cpp") sources += rt::test::read_file(entry.path());
    // Suites that go by another name for their fixture, and single tests of no fixture.
    const auto has = [&](const std::string& suite, const std::string& test) {
        const std::string rest = suite + ", " + (test == "*" ? std::string() : test + ")");
        return sources.find("TEST_F(" + rest) != std::string::npos ||
               sources.find("TEST_P(" + rest) != std::string::npos ||
               sources.find("TEST(" + rest) != std::string::npos;
    };
    const std::regex name("`([A-Z][A-Za-z]+)\\.([A-Z][A-Za-z0-9]+|\\*)`");
    for (const auto& [file, fewest] :
         {std::pair("docs/security.md", 16), std::pair("docs/reliability.md", 16)}) {
        const std::string text = page(file);
        int found = 0;
        for (std::sregex_iterator one(text.begin(), text.end(), name), end; one != end; ++one, ++found)
            EXPECT_TRUE(has((*one)[1], (*one)[2])) << file << ": " << one->str();
        EXPECT_GE(found, fewest) << file;
    }
}

// What survives what is worth no more than the test that shows it.
TEST(Documentation, EachRowOfReliabilityNamesATest) {
    std::istringstream lines(page("docs/reliability.md"));
    int rows = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| ") || line.starts_with("| What ")) continue;
        const std::string shown = line.substr(line.rfind('|', line.size() - 2) + 1);
        EXPECT_TRUE(std::regex_search(shown, std::regex("`([A-Z][A-Za-z]+\\.[A-Za-z0-9*]+|tests/[^`]+)`")))
            << line;
        ++rows;
        for (auto at = shown.find("`tests/"); at != std::string::npos; at = shown.find("`tests/", at + 1)) {
            const std::string file = shown.substr(at + 1, shown.find('`', at + 1) - at - 1);
            EXPECT_TRUE(fs::exists(kSource / file)) << line;
        }
    }
    EXPECT_GT(rows, 15);
}

TEST(Documentation, EachLinkedLibraryIsInTheTableOfDependencies) {
    const std::string table = page("docs/architecture.md");
    for (const char* library : {"Boost", "nlohmann/json", "SQLite", "libseccomp", "libmnl", "libnftnl",
                                "libcurl", "libcrypto", "libarchive", "ISA-L", "GoogleTest"})
        EXPECT_NE(table.find(library), std::string::npos) << library;
}

} // namespace
