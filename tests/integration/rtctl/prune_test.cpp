// SPDX-License-Identifier: Apache-2.0
// What removes what is not needed, the grouped spellings, and sizes.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Prune : public WithBusybox {
protected:
    void TearDown() override {
        std::istringstream ids(rtctl_({"ps", "-aq"}).out);
        for (std::string id; std::getline(ids, id);) rtctl_({"rm", "-f", id});
        WithBusybox::TearDown();
    }
    std::string make(const std::string& name, std::vector<std::string> options, const std::string& line) {
        std::vector<std::string> words{"run", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        EXPECT_EQ(rtctl_(words).exit_code, 0) << name;
        std::string id = rtctl_({"inspect", "-f", "{{.Id}}", name}).out;
        id.pop_back();
        return id;
    }
    std::string names() { return rtctl_({"ps", "-a", "--format", "{{.Names}}"}).out; }
};

TEST_F(Prune, StoppedContainersGoAndTheirSpaceIsTold) {
    const std::string ended = make("ended", {}, "dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null");
    const std::string kept = make("kept", {"--label", "keep=yes"}, "true");
    make("running", {"-d"}, "sleep 1000");
    make("held", {"-d"}, "sleep 1000");
    ASSERT_EQ(rtctl_({"pause", "held"}).exit_code, 0);
    const std::string made = rtctl_({"create", "--name", "made", "busybox", "true"}).out;
    const auto pruned = rtctl_({"container", "prune", "-f", "--filter", "label!=keep"});
    EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
    EXPECT_THAT(pruned.out, AllOf(testing::StartsWith("Deleted Containers:\n"), HasSubstr(ended + "\n"),
                                  HasSubstr(made), Not(HasSubstr(kept))));
    EXPECT_THAT(pruned.out, testing::ContainsRegex("\n\nTotal reclaimed space: 3\\.[0-9]+MB\n$"));
    EXPECT_EQ(names(), "held\nrunning\nkept\n");
    EXPECT_EQ(rtctl_({"container", "prune", "-f", "--filter", "until=1h"}).out,
              "Total reclaimed space: 0B\n");
    EXPECT_EQ(rtctl_({"container", "prune", "-f", "--filter", "color=red"}).exit_code, 1);
    EXPECT_EQ(names(), "held\nrunning\nkept\n");
}

TEST_F(Prune, AsksBefore) {
    make("ended", {}, "true");
    for (const char* answer : {"", "n\n", "yes\n"}) {
        const auto kept = rtctl_({"container", "prune"}, answer);
        EXPECT_EQ(kept.exit_code, 1) << answer;
        EXPECT_THAT(kept.out, HasSubstr("WARNING! This will remove all stopped containers.\n"
                                        "Are you sure you want to continue? [y/N] "));
        EXPECT_THAT(kept.err, HasSubstr("container prune has been cancelled"));
    }
    EXPECT_EQ(names(), "ended\n");
    OnTerminal terminal(rtctl_.command({"system", "prune"}));
    EXPECT_TRUE(terminal.shows("[y/N] "));
    terminal.type("y\n");
    EXPECT_TRUE(terminal.shows("Total reclaimed space:"));
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(names(), "");
}

TEST_F(Prune, SystemTakesNetworksAndVolumesThatNobodyNeeds) {
    ASSERT_EQ(rtctl_({"network", "create", "empty"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"volume", "create", "named"}).exit_code, 0);
    std::string anonymous = rtctl_({"volume", "create"}).out;
    std::string used = rtctl_({"volume", "create"}).out;
    used.pop_back();
    make("running", {"-d", "-v", used + ":/data"}, "sleep 1000");
    make("ended", {"-v", "/data"}, "true");
    const auto kept = rtctl_({"system", "prune"}, "n\n");
    EXPECT_EQ(kept.exit_code, 1);
    EXPECT_THAT(kept.out, AllOf(HasSubstr("  - all networks not used by at least one container\n"),
                                Not(HasSubstr("volumes"))));
    EXPECT_THAT(rtctl_({"system", "prune", "--volumes"}, "n\n").out,
                HasSubstr("  - all anonymous volumes not used by at least one container\n"));
    const auto refused = rtctl_({"system", "prune", "-f", "--volumes", "--filter", "until=1h"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("\"until\" filter is not supported with \"--volumes\""));
    EXPECT_EQ(names(), "ended\nrunning\n") << "nothing has gone yet";

    const auto without = rtctl_({"system", "prune", "-f"});
    EXPECT_EQ(without.exit_code, 0) << without.err;
    EXPECT_THAT(without.out,
                AllOf(HasSubstr("Deleted Containers:\n"), HasSubstr("Deleted Networks:\nempty\n"),
                      Not(HasSubstr("Deleted Volumes:"))));
    const auto with = rtctl_({"system", "prune", "-f", "--volumes"});
    EXPECT_EQ(with.exit_code, 0) << with.err;
    EXPECT_THAT(with.out, AllOf(HasSubstr("Deleted Volumes:\n"), HasSubstr(anonymous), Not(HasSubstr(used))));
    EXPECT_THAT(rtctl_({"volume", "ls", "-q"}).out,
                AllOf(HasSubstr("named\n"), HasSubstr(used), Not(HasSubstr(anonymous))));
    ASSERT_EQ(rtctl_({"rm", "-f", "running"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"volume", "prune", "-af"}).exit_code, 0);
}

TEST_F(Prune, ImagesWithoutANameGoAndOthersWithAll) {
    std::string first = rtctl_({"images", "-q", "--no-trunc"}).out;
    first.pop_back();
    // The name goes to another image; a container holds on to the first one.
    make("holder", {}, "true");
    const auto tar = rtctl_.directory() / "other.tar";
    ASSERT_EQ(rt::test::run_program({"tar", "-cf", tar.native(), "-C", "/etc", "hostname"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"import", tar.native(), "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"image", "prune", "-f"}).out, "Total reclaimed space: 0B\n") << "it is in use";
    ASSERT_EQ(rtctl_({"rm", "holder"}).exit_code, 0);
    const auto pruned = rtctl_({"image", "prune", "-f"});
    EXPECT_THAT(pruned.out, HasSubstr("Deleted Images:\ndeleted: " + first + "\n\nTotal reclaimed space: "));
    EXPECT_THAT(pruned.out, Not(HasSubstr("space: 0B")));
    EXPECT_THAT(rtctl_({"images"}).out, HasSubstr("busybox"));
    const auto all = rtctl_({"image", "prune", "-a", "-f"});
    EXPECT_THAT(all.out, HasSubstr("untagged: busybox:latest\ndeleted: sha256:"));
    EXPECT_EQ(rtctl_({"images", "-q"}).out, "");
    take_as_clean();
}

TEST_F(Prune, GroupedSpellingsAreTheSameCommands) {
    make("box", {}, "true");
    EXPECT_EQ(rtctl_({"container", "ls", "-aq"}).out, rtctl_({"ps", "-aq"}).out);
    EXPECT_EQ(rtctl_({"container", "list", "-aq"}).out, rtctl_({"container", "ps", "-aq"}).out);
    EXPECT_EQ(rtctl_({"image", "ls", "-q"}).out, rtctl_({"images", "-q"}).out);
    EXPECT_EQ(rtctl_({"container", "run", "--rm", "busybox", "echo", "hello"}).out, "hello\n");
    EXPECT_EQ(rtctl_({"container", "inspect", "-f", "{{.Name}}", "box"}).out, "/box\n");
    EXPECT_EQ(rtctl_({"container", "inspect", "busybox"}).exit_code, 1) << "an image is no container";
    EXPECT_EQ(rtctl_({"image", "inspect", "box"}).exit_code, 1) << "a container is no image";
    EXPECT_EQ(rtctl_({"image", "inspect", "busybox"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"container", "rm", "box"}).out, "box\n");
    const auto help = rtctl_({"container", "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out,
                AllOf(HasSubstr("\n  ls "), HasSubstr("\n  prune "), HasSubstr("List containers\n")));
    const auto unknown = rtctl_({"container", "frob"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("'container frob'; 'rtctl container --help' lists the commands"));
}

TEST_F(Prune, SizesAreCountedWhereTheyAreAskedFor) {
    make("box", {}, "dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null");
    EXPECT_THAT(rtctl_({"ps", "-as"}).out,
                AllOf(HasSubstr("SIZE"), testing::ContainsRegex("3\\.[0-9]+MB \\(virtual ")));
    EXPECT_THAT(rtctl_({"ps", "-a"}).out, Not(HasSubstr("SIZE")));
    EXPECT_THAT(rtctl_({"ps", "-a", "--format", "{{.Size}}"}).out, testing::StartsWith("3."));
    const auto box = nlohmann::json::parse(rtctl_({"inspect", "-s", "box"}).out)[0];
    EXPECT_GE(box.at("SizeRw").get<int>(), 3 << 20);
    EXPECT_LT(box["SizeRw"].get<int>(), 4 << 20);
    EXPECT_GT(box.at("SizeRootFs").get<int>(), box["SizeRw"].get<int>());
    EXPECT_FALSE(nlohmann::json::parse(rtctl_({"inspect", "box"}).out)[0].contains("SizeRw"));
}

} // namespace
