// SPDX-License-Identifier: Apache-2.0
// Every command of a container's life, struck at every system call with an effect: whatever is killed or
// refused a resource, the state that is told is true, the container can be used and removed, and nothing
// stays behind.
#include "image_files.hpp"
#include "rtctl/with_busybox.hpp"
#include "scenario.hpp"
#include "support/kept_state.hpp"
#include "support/registry.hpp"
#include "tracer.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using nlohmann::json;
using rt::test::eventually;
using rt::test::Fate;
using rt::test::Outcome;
using rt::test::Point;
using rt::test::Role;
using rt::test::Scenario;
using rt::test::Strike;
using rt::test::TraceRequest;
using rt::test::TraceResult;
using rt::test::Truth;
using rt::test::Words;

const char* name_of(Strike strike) {
    switch (strike) {
    case Strike::kill: return "kill";
    case Strike::no_space: return "no_space";
    case Strike::no_descriptor: return "no_descriptor";
    case Strike::no_memory: return "no_memory";
    case Strike::locked: return "locked";
    }
    return "";
}

// As --since takes it.
std::string seconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::string nanoseconds = std::to_string(1'000'000'000 + now.tv_nsec).substr(1);
    return std::to_string(now.tv_sec) + "." + nanoseconds;
}

class CrashPoints : public WithBusybox {
protected:
    void SetUp() override {
        WithBusybox::SetUp();
        if (HasFatalFailure()) return;
        ASSERT_EQ(rtctl_({"network", "ls"}).exit_code, 0); // has a row of every driver made
        rt::test::write_image_files(rtctl_.directory().path());
        std::filesystem::current_path(rtctl_.directory().path()); // where the commands find them
        if (scenario() != nullptr && scenario()->pulls) serve_tiny();
        ASSERT_TRUE(take_as_clean());
    }
    void TearDown() override {
        WithBusybox::TearDown();
        registry_.reset();
        std::filesystem::current_path("/");
    }

    [[nodiscard]] std::set<std::string> traces() const override {
        std::set<std::string> found = WithBusybox::traces();
        found.merge(rt::test::kept_state(rtctl_.root()));
        return found;
    }

    // No more than the scenarios need: each file of an image is struck where it is read or written.
    [[nodiscard]] std::vector<std::string> applets() const override {
        return {"sh", "true", "cat", "sleep", "touch", "nc", "ip", "ls"};
    }

    // The one that is struck; null: several.
    [[nodiscard]] virtual const Scenario* scenario() const { return nullptr; }

    void serve_tiny() {
        registry_.emplace(rtctl_.directory().path() / "registry", rt::test::Registry::Users::everybody);
        const std::string name = "127.0.0.1:5000/tiny";
        for (const Words& command : {Words{"load", "-i", "tiny-image.tar"}, Words{"tag", "tiny", name},
                                     Words{"push", name}, Words{"rmi", name, "tiny"}}) {
            const Outcome outcome = rtctl_(command);
            ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        }
    }

    void prepare(const Scenario& scenario) {
        for (const auto& command : scenario.before) {
            const Outcome outcome = rtctl_(command);
            ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        }
    }

    // The shim of the container that runs, if there is one.
    std::vector<pid_t> shims() const {
        std::vector<pid_t> found;
        std::error_code problem;
        for (const auto& entry : std::filesystem::directory_iterator(rtctl_.run() / "containers", problem)) {
            std::ifstream file(entry.path() / "shim.pid");
            std::string key;
            if (pid_t pid = 0; file >> key >> pid) found.push_back(pid);
        }
        return found;
    }

    TraceResult struck(const Scenario& scenario, std::optional<Point> point, bool interrupt_always = false) {
        return rt::test::trace({.command = rtctl_.command(scenario.command),
                                .attach = shims(),
                                .to_the_end = scenario.to_the_end,
                                .point = point,
                                .interrupt_always = interrupt_always});
    }

    std::string state_of_victim() {
        const Outcome outcome = rtctl_({"inspect", "victim"});
        if (outcome.exit_code != 0) return "missing";
        return json::parse(outcome.out)[0]["State"]["Status"];
    }

    // A shim or its reaper may be at it, and take back what was begun.
    std::string settled_state() {
        std::string state;
        EXPECT_TRUE(eventually([&] {
            state = state_of_victim();
            const bool has_another_name = state == "missing" && !rtctl_({"ps", "-q"}).out.empty();
            return state == "running" || state == "paused" || has_another_name || shims().empty();
        })) << state;
        return state;
    }

    void expect(const Truth& truth) {
        const Outcome outcome = rtctl_(truth.command);
        std::string words;
        for (const std::string& word : truth.command) words += " " + word;
        if (truth.output)
            EXPECT_TRUE(outcome.exit_code == 0 && outcome.out.find(*truth.output) != std::string::npos)
                << words << ": " << outcome.out << outcome.err << " instead of " << *truth.output;
        else
            EXPECT_NE(outcome.exit_code, 0) << words << ": " << outcome.out;
    }

    // In each network the names of those that are in it, and no others.
    void expect_true_names() {
        std::error_code none;
        for (const auto& network : std::filesystem::directory_iterator(rtctl_.run() / "networks", none)) {
            const Outcome shown = rtctl_({"network", "inspect", network.path().filename()});
            if (shown.exit_code != 0) continue; // it has been removed but for this directory
            const json inspected = json::parse(shown.out)[0];
            std::set<std::string> wanted, found;
            for (const auto& [id, place] : inspected["Containers"].items())
                for (const std::string& name : {place["Name"].get<std::string>(), id.substr(0, 12)})
                    wanted.insert({name, name + "." + inspected["Name"].get<std::string>()});
            for (const auto& name : std::filesystem::directory_iterator(network.path() / "names", none))
                found.insert(name.path().filename());
            EXPECT_EQ(found, wanted) << inspected["Name"];
        }
    }

    // What whoever looks puts right.
    void look() {
        const Outcome listed = rtctl_({"ps", "-a"});
        EXPECT_EQ(listed.exit_code, 0) << listed.err;
    }

    void expect_settled(const Scenario& scenario, Strike strike) {
        look();
        if (scenario.goes_with_its_end && strike == Strike::kill) {
            std::string state;
            EXPECT_TRUE(eventually([&] {
                look();
                state = state_of_victim();
                return state == "running" || state == "missing";
            })) << state;
        }
        if (!scenario.always.empty() && settled_state() == "running")
            for (const Truth& truth : scenario.always) expect(truth);
        expect_true_names();
    }

    // The command once more. A container that it is refused for may just be taken back.
    void expect_done_at_last(const Scenario& scenario) {
        (void)settled_state();
        Outcome done, started;
        EXPECT_TRUE(eventually([&] {
            done = rtctl_(scenario.command);
            if (scenario.again->runs) started = rtctl_({"start", "victim"}); // no failure where it runs
            return !scenario.again->runs || started.exit_code == 0;
        })) << started.err;
        const auto says = [&](const std::string& words) { return done.err.find(words) != done.err.npos; };
        EXPECT_TRUE(done.exit_code == 0 || std::ranges::any_of(scenario.again->refusals, says))
            << "once more: " << done.err;
        for (const Truth& truth : scenario.again->then) expect(truth);
    }

    void see_to(const Scenario& scenario, Strike strike) {
        expect_settled(scenario, strike);
        if (scenario.again) {
            expect_done_at_last(scenario);
            look();
        }
        expect_usable(scenario);
        for (const Words& command : scenario.after) expect({command});
    }

    // What is told of the container holds, and it can be used.
    void expect_usable(const Scenario& scenario) {
        std::string state = settled_state();
        if (state == "missing") {
            EXPECT_EQ(scenario.fate, Fate::may_be_missing);
            return;
        }
        if (state == "paused") {
            EXPECT_EQ(rtctl_({"unpause", "victim"}).exit_code, 0);
        }
        if (state == "running" || state == "paused") {
            Outcome used;
            EXPECT_TRUE(eventually([&] { // its shim may just see to its end
                used = rtctl_({"exec", "victim", "true"});
                if (used.exit_code != 0) state = state_of_victim();
                return used.exit_code == 0 || state == "exited" || state == "created" || state == "missing";
            })) << state
                << ": " << used.err;
        }
        if (state == "created" || state == "exited") {
            Outcome started;
            EXPECT_TRUE(eventually([&] { // what was begun may still be taken back
                started = rtctl_({"start", "victim"});
                if (started.exit_code != 0) state = state_of_victim();
                return started.exit_code == 0 || state == "missing";
            })) << state
                << ": " << started.err;
        }
        if (state == "missing") { // an end that was still under way took it with it, or took it back
            EXPECT_EQ(scenario.fate, Fate::may_be_missing);
            return;
        }
        const Outcome removed = rtctl_({"rm", "-f", "victim"});
        EXPECT_EQ(removed.exit_code, 0) << removed.err;
    }

    // Of all containers since then, which are gone by now: each had its ends told once, and its removal.
    void expect_events_once(const Scenario& scenario, const std::string& since) {
        const Outcome told = rtctl_({"events", "--since", since, "--until", "0s", "--format",
                                     "{{.Actor.ID}} {{.Action}}", "--filter", "type=container"});
        ASSERT_EQ(told.exit_code, 0) << told.err;
        std::map<std::string, std::map<std::string, int>> counts;
        std::istringstream lines(told.out);
        for (std::string line; std::getline(lines, line);)
            if (!line.starts_with(' ')) ++counts[line.substr(0, 64)][line.substr(65)]; // a prune is of none
        for (auto& [id, count] : counts) {
            EXPECT_LE(count["destroy"], 1) << told.out;
            if (count["create"] > 0) {
                EXPECT_EQ(count["destroy"], 1) << told.out;
            }
            // A start that was struck may have come to nothing, or have run for a moment without its event.
            EXPECT_GE(count["die"], count["start"]) << told.out;
            EXPECT_LE(count["die"], count["start"] + (scenario.starts() ? 1 : 0)) << told.out;
        }
    }

    // Whether the point was reached. Where it was not, nothing was done to the command: it has to work.
    bool try_point(const Scenario& scenario, const Point& point) {
        const std::string since = seconds_now();
        prepare(scenario);
        if (HasFatalFailure()) return false;
        const TraceResult result = struck(scenario, point);
        SCOPED_TRACE(std::string(name_of(point.strike)) + " " + name_of(point.role) + " at point " +
                     std::to_string(point.number) + ", " + result.struck_at + "; it said: " + result.output);
        EXPECT_FALSE(result.hung);
        if (!result.struck || point.strike == Strike::locked) {
            EXPECT_EQ(result.exit_code, 0);
        }
        see_to(scenario, point.strike);
        expect_events_once(scenario, since);
        EXPECT_TRUE(is_clean()) << difference();
        constexpr int kNotLoaded = 127; // the loader's: it has no words for want of memory
        if (point.strike != Strike::kill && point.role == Role::client && result.exit_code != 0 &&
            result.exit_code != kNotLoaded) {
            EXPECT_NE(result.output, "") << "it failed without a word";
        }
        if (HasFailure()) (void)rtctl_({"rm", "-f", "victim"});
        return result.struck;
    }

private:
    std::optional<rt::test::Registry> registry_;
};

struct Case {
    const Scenario* scenario;
    Role role;
    Strike strike;
};

class CrashPointsOf : public CrashPoints, public testing::WithParamInterface<Case> {
protected:
    [[nodiscard]] const Scenario* scenario() const override { return GetParam().scenario; }

    // For who looks into one: RT_CRASH_POINT=17 begins there.
    static std::size_t first_point() {
        const char* const text = std::getenv("RT_CRASH_POINT");
        return text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
    }

    // Several processes run at once, and the database tidies up now and then: what one run does not reach
    // another may.
    bool is_reached(const Point& point) {
        for (int attempt = 0; attempt < 3 && !HasFailure(); ++attempt)
            if (try_point(*GetParam().scenario, point)) return true;
        return false;
    }
};

// One point after the other, until a command has none so late any more.
TEST_P(CrashPointsOf, LeaveATrueStateAndNothingBehind) {
    const auto& [scenario, role, strike] = GetParam();
    std::size_t number = first_point();
    while (is_reached({role, strike, number})) ++number;
    std::cout << "[  points  ] " << number << '\n';
    RecordProperty("points", static_cast<int>(number));
    if (strike == Strike::kill) {
        EXPECT_GT(number, 0) << "a process with a part in this has no system call with an effect";
    }
}

// To the database.
bool writes(Role role) {
    return role == Role::client || role == Role::reaper;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Scenario& scenario : rt::test::scenarios())
        for (const Role role : scenario.roles)
            for (const Strike strike :
                 {Strike::kill, Strike::no_space, Strike::no_descriptor, Strike::no_memory, Strike::locked})
                if (strike != Strike::locked || writes(role)) all.push_back({&scenario, role, strike});
    return all;
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
    std::string role = rt::test::name_of(info.param.role);
    std::ranges::replace_if(role, [](char c) { return c == ' ' || c == '-'; }, '_');
    return info.param.scenario->name + "__" + role + "__" + name_of(info.param.strike);
}

INSTANTIATE_TEST_SUITE_P(All, CrashPointsOf, testing::ValuesIn(cases()), name_of_case);

class Interrupted : public CrashPoints, public testing::WithParamInterface<const Scenario*> {
protected:
    [[nodiscard]] const Scenario* scenario() const override { return GetParam(); }
};

// A signal may come at any time: each call that it can interrupt is interrupted once.
TEST_P(Interrupted, AtEveryCallWorksAllTheSame) {
    const Scenario& scenario = *GetParam();
    prepare(scenario);
    const TraceResult result = struck(scenario, std::nullopt, true);
    EXPECT_FALSE(result.hung);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    see_to(scenario, Strike::locked); // nothing is killed
}

std::vector<const Scenario*> all_scenarios() {
    std::vector<const Scenario*> all;
    for (const Scenario& scenario : rt::test::scenarios()) all.push_back(&scenario);
    return all;
}

INSTANTIATE_TEST_SUITE_P(All, Interrupted, testing::ValuesIn(all_scenarios()),
                         [](const auto& one) { return one.param->name; });

} // namespace
