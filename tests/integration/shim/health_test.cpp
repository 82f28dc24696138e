// SPDX-License-Identifier: Apache-2.0
// Health checks: docker's three states, the file that tells them, the word at each change.
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"
#include "support/patience.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <signal.h>
#include <sys/stat.h>

namespace rt::test {
namespace {

constexpr std::int64_t kMs = 1'000'000;

class ShimHealthTest : public ShimTest {
protected:
    ShimHealthTest() { // tells events with their details, unlike the reaper of the other tests
        const Path script = temp_ / "engine";
        write_file(script, cat("#!/bin/sh\necho \"$*\" >>'", reaper_file().native(), "'\nexit 1\n"));
        ::chmod(script.c_str(), 0755);
        launch_.reaper_command = {script, "reap"};
    }
    static ShimHealth check(const std::string& script) {
        ShimHealth health;
        health.process_json = nlohmann::json{{"args", {"/bin/sh", "-c", script}}}.dump();
        health.interval = 20 * kMs;
        return health;
    }
    ShimClient run_checked(const ShimHealth& health, const std::string& script = "sleep 1000") {
        ShimContainer container = shell(script);
        container.health = health;
        return run(container);
    }
    [[nodiscard]] nlohmann::json file() const {
        const Path path = directory() / shim::kHealthName;
        return std::filesystem::exists(path) ? nlohmann::json::parse(read_file(path))
                                             : nlohmann::json::object();
    }
    bool becomes(const std::string& status) {
        return eventually([&] { return file().value("status", "") == status; });
    }
    bool was_told(const std::string& status) {
        const std::string line =
            cat("event ", std::string(64, 'c'), " {\"action\":\"health_status: ", status, "\"}\n");
        return eventually([&] {
            return std::filesystem::exists(reaper_file()) &&
                   read_file(reaper_file()).find(line) != std::string::npos;
        });
    }
};

TEST_F(ShimHealthTest, BecomesHealthyWithTheFirstSuccess) {
    const ShimClient client = run_checked(check("echo fine; echo too >&2"));
    ASSERT_TRUE(becomes("healthy"));
    const auto last = file()["log"][0];
    EXPECT_EQ(last["exit_code"], 0);
    EXPECT_EQ(last["output"], "fine\ntoo\n");
    EXPECT_TRUE(last["start"].get<std::string>().starts_with("20"));
    EXPECT_TRUE(was_told("healthy"));
    EXPECT_EQ(nlohmann::json::parse(connect().state()->health)["status"], "healthy");
}

TEST_F(ShimHealthTest, BecomesUnhealthyAfterSoManyFailuresAndHealthyAgain) {
    const Path flag = temp_ / "flag";
    const ShimClient client = run_checked(check(cat("test -e '", flag.native(), "'")));
    EXPECT_EQ(file()["status"], "starting");
    ASSERT_TRUE(becomes("unhealthy"));
    EXPECT_GE(file()["failing_streak"], 3);
    EXPECT_TRUE(was_told("unhealthy"));
    ASSERT_TRUE(eventually([&] { return file()["log"].size() == 5; }));
    write_file(flag, "");
    ASSERT_TRUE(becomes("healthy"));
    EXPECT_EQ(file()["failing_streak"], 0);
    EXPECT_LE(file()["log"].size(), 5U);
}

TEST_F(ShimHealthTest, FailuresInTheStartPeriodDoNotCount) {
    ShimHealth health = check("exit 1");
    health.interval = 3'600'000 * kMs;
    health.start_period = 3'600'000 * kMs;
    health.start_interval = 10 * kMs;
    const ShimClient client = run_checked(health);
    ASSERT_TRUE(eventually([&] { return file()["log"].size() == 5; })) << "at the start's own interval";
    EXPECT_EQ(file()["status"], "starting");
    EXPECT_EQ(file()["failing_streak"], 0);
}

TEST_F(ShimHealthTest, KillsWhatTakesTooLong) {
    ShimHealth health = check(cat("echo begun; sleep 876 & echo $! >'", (temp_ / "pid").native(), "'; wait"));
    health.timeout = std::chrono::nanoseconds(patience(std::chrono::milliseconds(50))).count();
    health.retries = 1;
    const ShimClient client = run_checked(health);
    ASSERT_TRUE(becomes("unhealthy"));
    const auto last = file()["log"][0];
    EXPECT_EQ(last["exit_code"], -1);
    EXPECT_THAT(last["output"].get<std::string>(),
                testing::MatchesRegex("Health check exceeded timeout \\(0\\.0?5s\\): begun\n"));
    const pid_t sleeper = std::stoi(read_file(temp_ / "pid"));
    EXPECT_TRUE(eventually([&] { return ::kill(sleeper, 0) != 0; })) << "and what it has started";
}

TEST_F(ShimHealthTest, KeepsTheBeginningOfMuchOutput) {
    const ShimClient client = run_checked(check("head -c 100000 /dev/zero | tr '\\0' x"));
    ASSERT_TRUE(becomes("healthy"));
    EXPECT_EQ(file()["log"][0]["output"], std::string(4096, 'x') + "...");
}

TEST_F(ShimHealthTest, AProgramThatIsNotThereIsAFailure) {
    ShimHealth health = check("");
    health.process_json = R"({"args": ["/no/such/program"]})";
    health.retries = 1;
    const ShimClient client = run_checked(health);
    ASSERT_TRUE(becomes("unhealthy"));
    EXPECT_EQ(file()["log"][0]["exit_code"], -1);
    EXPECT_NE(file()["log"][0]["output"].get<std::string>().find("/no/such/program"), std::string::npos);
}

TEST_F(ShimHealthTest, EndsWithTheContainer) {
    ShimClient client = run_checked(check("sleep 1000"), "sleep 0.1; exit 3");
    EXPECT_EQ(collect(client).exit.exit_code, 3);
    ASSERT_TRUE(client.destroy(operation_));
    ASSERT_TRUE(client.rest(3'600'000 * kMs));
    EXPECT_FALSE(std::filesystem::exists(directory() / shim::kHealthName));
    EXPECT_EQ(connect().state()->health, "");
}

} // namespace
} // namespace rt::test
