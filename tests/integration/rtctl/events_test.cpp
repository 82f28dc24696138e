// SPDX-License-Identifier: Apache-2.0
// What docker says of each thing that happens, and following it.
#include "with_busybox.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <future>
#include <sstream>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::ElementsAre;
using testing::HasSubstr;

class Events : public WithBusybox {
protected:
    void SetUp() override {
        WithBusybox::SetUp();
        since_ = now();
    }
    static std::string now() { return rt::test::run_program({"date", "+%s.%N"}).out.substr(0, 20); }

    // Since the beginning of the test.
    std::vector<json> events(std::vector<std::string> filters = {}) {
        std::vector<std::string> words{"events", "--since", since_, "--until", now(), "--format", "json"};
        for (const std::string& filter : filters) words.insert(words.end(), {"-f", filter});
        const auto shown = rtctl_(words);
        EXPECT_EQ(shown.exit_code, 0) << shown.err;
        std::vector<json> found;
        std::istringstream lines(shown.out);
        for (std::string line; std::getline(lines, line);) found.push_back(json::parse(line));
        return found;
    }
    std::vector<std::string> actions(std::vector<std::string> filters = {}) {
        std::vector<std::string> found;
        for (const json& event : events(std::move(filters))) found.push_back(event["Action"]);
        return found;
    }
    // Of the one event with this action.
    json attributes(const std::string& action) {
        for (const json& event : events())
            if (event["Action"] == action) return event["Actor"]["Attributes"];
        ADD_FAILURE() << "there is no " << action;
        return json::object();
    }

    std::string since_;
};

TEST_F(Events, OfARunAreDockers) {
    ASSERT_EQ(rtctl_({"run", "--rm", "--name", "one", "--label", "tier=web", "busybox", "sh", "-c", "exit 3"})
                  .exit_code,
              3);
    EXPECT_THAT(actions(),
                ElementsAre("create", "attach", "connect", "start", "die", "disconnect", "destroy"));
    const auto all = events({"event=die"});
    ASSERT_EQ(all.size(), 1U);
    const json& die = all[0];
    EXPECT_EQ(die["Type"], "container");
    EXPECT_EQ(die["status"], "die");
    EXPECT_EQ(die["from"], "busybox");
    EXPECT_EQ(die["id"], die["Actor"]["ID"]);
    EXPECT_EQ(die["scope"], "local");
    EXPECT_EQ(die["time"].get<std::int64_t>(), die["timeNano"].get<std::int64_t>() / 1'000'000'000);
    EXPECT_EQ(die["Actor"]["Attributes"], json::parse(R"({"execDuration": "0", "exitCode": "3",
        "image": "busybox", "name": "one", "tier": "web"})"));
    const json connect = events({"event=connect"})[0]["Actor"]["Attributes"];
    EXPECT_EQ(connect["name"], "bridge");
    EXPECT_EQ(connect["type"], "bridge");
    EXPECT_EQ(connect["container"], die["id"]);
    EXPECT_EQ(events({"container=one"}).size(), 5U); // networks are not it
    EXPECT_EQ(events({"type=network"}).size(), 2U);
    EXPECT_EQ(events({"label=tier=web", "event=start", "event=die"}).size(), 2U);
}

TEST_F(Events, OfAStartThatFailsSayNoStart) {
    EXPECT_EQ(rtctl_({"run", "--name", "one", "busybox", "no-such-program"}).exit_code, 127);
    const auto said = actions({"type=container"});
    EXPECT_EQ(std::ranges::count(said, "start"), 0);
    EXPECT_EQ(std::ranges::count(said, "create"), 1);
    (void)rtctl_({"rm", "-f", "one"});
}

TEST_F(Events, OfALifeAreDockers) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"pause", "one"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"unpause", "one"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rename", "one", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"kill", "-s", "USR1", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"start", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"cp", "two:/etc/passwd", rtctl_.directory() / "passwd"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"cp", rtctl_.directory() / "passwd", "two:/tmp"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"export", "-o", rtctl_.directory() / "tar", "two"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rm", "-f", "two"}).exit_code, 0);
    EXPECT_THAT(actions({"type=container"}),
                ElementsAre("create", "start", "pause", "unpause", "rename", "kill", "kill", "kill", "die",
                            "stop", "start", "kill", "kill", "die", "stop", "start", "restart",
                            "archive-path", "extract-to-dir", "export", "kill", "die", "destroy"));
    EXPECT_EQ(attributes("rename")["oldName"], "/one");
    EXPECT_EQ(attributes("rename")["name"], "two");
    EXPECT_EQ(attributes("kill")["signal"], "10");
    EXPECT_EQ(attributes("die")["exitCode"], "137");
}

TEST_F(Events, OfExecsTellTheirEndAlsoWhenNobodyListens) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"exec", "one", "sh", "-c", "exit 4"}).exit_code, 4);
    EXPECT_THAT(actions({"event=exec_create", "event=exec_start", "event=exec_die"}),
                ElementsAre("exec_create: sh -c exit 4", "exec_start: sh -c exit 4", "exec_die"));
    const json die = attributes("exec_die");
    EXPECT_EQ(die["exitCode"], "4");
    EXPECT_EQ(die["name"], "one");
    EXPECT_EQ(die["execID"], attributes("exec_start: sh -c exit 4")["execID"]);
    ASSERT_EQ(rtctl_({"exec", "-d", "one", "sh", "-c", "exit 5"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] {
        const auto ends = events({"event=exec_die"});
        return ends.size() == 2 && ends[1]["Actor"]["Attributes"]["exitCode"] == "5";
    }));
    ASSERT_EQ(rtctl_({"exec", "one", "/no/such/program"}).exit_code, 127);
    EXPECT_EQ(events({"event=exec_create"}).size(), 3U) << "also of one that cannot be executed";
    EXPECT_EQ(events({"event=exec_start"}).size(), 3U);
    EXPECT_EQ(events({"event=exec_die"}).size(), 2U) << "it has not lived";
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Events, OfExecsAreRecordedWithoutTheDatabase) {
    const std::string id = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).out;
    ASSERT_EQ(rtctl_({"rename", "one", "two"}).exit_code, 0);
    const auto database = rtctl_.root() / "rt.db";
    std::filesystem::rename(database, rtctl_.root() / "away");
    EXPECT_EQ(rtctl_({"exec", "two", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"exec", id.substr(0, 64), "true"}).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(database));
    std::filesystem::rename(rtctl_.root() / "away", database);
    EXPECT_NE(rtctl_({"exec", "one", "true"}).exit_code, 0) << "the name that it had";
    EXPECT_THAT(actions({"container=two", "event=rename", "event=exec_create", "event=exec_die"}),
                ElementsAre("rename", "exec_create: true", "exec_die", "exec_create: true", "exec_die"));
    EXPECT_EQ(attributes("exec_die")["name"], "two");
    EXPECT_EQ(rtctl_({"rm", "-f", "two"}).exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_empty(rtctl_.run() / "names"));
    EXPECT_EQ(actions({"type=container"}).back(), "destroy");
}

TEST_F(Events, ThatWereSpooledAndCannotBeReadAreInNobodysWay) {
    rt::test::write_file(rtctl_.root() / "events.spool", "garbage");
    const auto shown = rtctl_({"ps"});
    EXPECT_EQ(shown.exit_code, 0);
    EXPECT_THAT(shown.err, HasSubstr("warning: take in events"));
    EXPECT_THAT(shown.err, HasSubstr("events.spool.broken'"));
    EXPECT_EQ(rtctl_({"ps"}).err, "");
    EXPECT_EQ(rt::test::run_program({"cat", rtctl_.root() / "events.spool.broken"}).out, "garbage");
}

TEST_F(Events, OfExecsNeedNoShortWay) {
    const auto names = rtctl_.run() / "names";
    std::filesystem::remove_all(names);
    rt::test::write_file(names, ""); // no directory
    const auto begun = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"});
    EXPECT_EQ(begun.exit_code, 0) << begun.err;
    EXPECT_THAT(begun.err, HasSubstr(names.native()));
    const auto renamed = rtctl_({"rename", "one", "two"});
    EXPECT_EQ(renamed.exit_code, 0) << renamed.err;
    EXPECT_EQ(rtctl_({"exec", "two", "true"}).exit_code, 0);
    EXPECT_THAT(actions({"event=exec_create", "event=exec_die"}),
                ElementsAre("exec_create: true", "exec_die"));
    EXPECT_EQ(attributes("exec_die")["name"], "two");
    EXPECT_EQ(rtctl_({"rm", "-f", "two"}).exit_code, 0);
    std::filesystem::remove(names);
}

TEST_F(Events, OfNetworksThatWereAlwaysThereTellNoCreation) {
    const auto told = rtctl_({"events", "--since", "10m", "--until", "0s", "-f", "type=network", "--format",
                              "{{.Action}}"}); // also of the first container
    EXPECT_EQ(told.out, "connect\ndisconnect\n");
    EXPECT_EQ(rtctl_({"network", "ls"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"run", "--rm", "--network", "none", "busybox", "true"}).exit_code, 0);
    EXPECT_THAT(actions({"type=network"}), ElementsAre("connect", "disconnect"));
}

TEST_F(Events, OfImagesAreDockers) {
    const auto file = rtctl_.directory() / "one.tar";
    rt::test::write_file(rtctl_.directory() / "x", "x");
    ASSERT_EQ(rt::test::run_program({"tar", "-C", rtctl_.directory().path(), "-cf", file, "x"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"import", "--change", "LABEL a=b", "--change", "CMD x", file, "mine:1"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rmi", "mine:1"}).exit_code, 0);
    EXPECT_THAT(actions({"type=image"}), ElementsAre("import", "tag", "untag", "delete"));
    const auto all = events({"type=image"});
    EXPECT_EQ(all[1]["Actor"]["Attributes"]["name"], "mine:1");
    EXPECT_EQ(all[1]["Actor"]["Attributes"]["a"], "b");
    EXPECT_EQ(all[3]["id"], all[0]["id"]);
    EXPECT_FALSE(all[0].contains("from"));
}

TEST_F(Events, HaveTheImagesLabelsTooUnderTheContainers) {
    const auto file = rtctl_.directory() / "two.tar";
    ASSERT_EQ(rtctl_({"create", "--name", "source", "busybox"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"export", "-o", file, "source"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"rm", "source"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"import", "--change", "LABEL a=image", "--change", "LABEL b=image", file, "labelled"})
                  .exit_code,
              0);
    ASSERT_EQ(rtctl_({"run", "--rm", "--label", "b=user", "labelled", "true"}).exit_code, 0);
    for (const json& event : events({"type=container", "image=labelled"})) {
        EXPECT_EQ(event["Actor"]["Attributes"]["a"], "image") << event;
        EXPECT_EQ(event["Actor"]["Attributes"]["b"], "user") << event;
    }
    EXPECT_EQ(events({"type=container", "image=labelled"}).size(), 5U);
    EXPECT_EQ(rtctl_({"rmi", "labelled"}).exit_code, 0);
}

TEST_F(Events, AreFollowedWithoutLossOrDoubling) {
    const auto words = rtctl_.command({"events", "--since", since_, "-f", "event=create", "--format",
                                       "{{.ID}} {{.Actor.Attributes.name}}"});
    ASSERT_EQ(rtctl_({"create", "--name", "c0", "busybox"}).exit_code, 0);
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    const pid_t follower = ::fork();
    if (follower == 0) {
        std::vector<char*> raw;
        for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
        raw.push_back(nullptr);
        ::dup2(out[1], 1);
        ::execv(raw[0], raw.data());
        ::_exit(255);
    }
    ::close(out[1]);
    std::string expected = "c0\n";
    for (int number = 1; number <= 20; ++number) {
        const std::string name = "c" + std::to_string(number);
        ASSERT_EQ(rtctl_({"create", "--name", name, "busybox"}).exit_code, 0);
        expected += name + "\n";
    }
    std::string names;
    FILE* const lines = ::fdopen(out[0], "r");
    std::array<char, 200> line{};
    for (int number = 0; number <= 20 && std::fgets(line.data(), line.size(), lines) != nullptr; ++number)
        names += std::string(line.data()).substr(65);
    EXPECT_EQ(names, expected);
    std::fclose(lines); // whoever reads no more ends it, without another event
    int status = 0;
    EXPECT_TRUE(eventually([&] { return ::waitpid(follower, &status, WNOHANG) == follower; }));
    for (int number = 0; number <= 20; ++number) (void)rtctl_({"rm", "c" + std::to_string(number)});
}

TEST_F(Events, AreShownAsTextAndBadRequestsRefused) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "--label", "a=b", "busybox"}).exit_code, 0);
    const auto text = rtctl_({"system", "events", "--since", since_, "--until", now()});
    EXPECT_THAT(text.out, testing::MatchesRegex("[-0-9]+T[:.0-9]+(Z|[-+][:0-9]+) container create [0-9a-f]+ "
                                                "\\(a=b, image=busybox, name=one\\)\n"));
    EXPECT_EQ(rtctl_({"events", "--since", since_, "--until", "1"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"events", "--since", "x"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"events", "-f", "colour=red"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"events", "--format", "{{.ID"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Events, OfAWaitForAConditionAreSeen) {
    EXPECT_EQ(rtctl_.wait_for_end({"--rm"}, "one", 6, {"--condition", "removed"}).out, "6\n");
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    EXPECT_EQ(rtctl_.wait_for_end({}, "two", 7, {"--condition", "next-exit"}).out, "7\n");
    EXPECT_EQ(rtctl_({"wait", "--condition", "sometime", "two"}).exit_code, 1);
    auto removed = std::async([&] { return rtctl_({"wait", "--condition", "removed", "two"}); });
    EXPECT_EQ(removed.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
    EXPECT_EQ(rtctl_({"rm", "two"}).exit_code, 0);
    EXPECT_EQ(removed.get().out, "7\n");
}

} // namespace
