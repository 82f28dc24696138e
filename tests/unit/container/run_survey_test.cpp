// SPDX-License-Identifier: Apache-2.0
#include "core/container/run_survey.hpp"

#include "core/container/network_change.hpp"
#include "core/shim/run_files.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using rt::Path;
using rt::RunSurvey;
namespace shim = rt::shim;

// Run directories as shims leave them; this process is the shim of those that are alive.
class RunSurveyTest : public testing::TestWithParam<int> {
protected:
    Path make(const std::string& id) {
        const Path directory = directory_ / id;
        std::filesystem::create_directories(directory);
        return directory;
    }
    Path make_alive(const std::string& id) {
        const Path directory = make(id);
        EXPECT_TRUE(shim::write_pid_file(directory));
        return directory;
    }
    void listen(const Path& directory) {
        auto socket = shim::listen_socket(directory);
        ASSERT_TRUE(socket) << socket.error().message;
        sockets_.push_back(std::move(*socket));
    }
    static void make_file(const Path& directory, const char* name) {
        rt::test::write_file(directory / name, "");
    }

    rt::test::TempDir temporary_;
    Path directory_ = temporary_ / "containers";
    std::vector<rt::UniqueFd> sockets_;
};

// Few are looked at by their pid files alone, more by their sockets, and many by a thread of its own.
INSTANTIATE_TEST_SUITE_P(Of, RunSurveyTest, testing::Values(0, 30, 150));

TEST_P(RunSurveyTest, ThoseJustRunWhoseShimIsAliveAndOfWhomNothingIsToBeDone) {
    for (int number = 0; number < GetParam(); ++number) {
        const std::string id = "idle-" + std::to_string(number);
        listen(make(id));
        ASSERT_TRUE(shim::write_pid_file(directory_ / id));
    }
    listen(make_alive("healthy"));
    make_file(directory_ / "healthy", shim::kHealthName);
    make_file(make_alive("paused"), shim::kPausedName); // its socket is not there yet
    make_file(make_alive("ended"), shim::kExitName);
    make_file(make_alive("changing"), rt::kNetworkChangeName);
    make("without-shim");
    rt::test::write_file(make("dead") / shim::kPidName,
                         "pid 1\nstart 18446744073709551615\n"); // somebody has its number
    listen(make("stale"));
    sockets_.pop_back(); // its file stays

    const auto [ids, running] = rt::begin_survey(directory_).get();
    EXPECT_EQ(running.size(), static_cast<std::size_t>(GetParam()) + 2);
    ASSERT_TRUE(running.contains("healthy") && running.contains("paused"));
    EXPECT_TRUE(running.at("healthy").has_health && !running.at("healthy").paused);
    EXPECT_TRUE(running.at("paused").paused && !running.at("paused").has_health);
    ASSERT_TRUE(ids);
    EXPECT_EQ(ids->size(), running.size() + 5);
    for (const char* const other : {"ended", "changing", "without-shim", "dead", "stale"}) {
        EXPECT_FALSE(running.contains(other)) << other;
        EXPECT_TRUE(std::ranges::binary_search(*ids, other)) << other;
    }
}

TEST(RunSurvey, NothingHasRunYet) {
    const RunSurvey survey = rt::survey_runs("/nonexistent/containers");
    EXPECT_TRUE(survey.running.empty());
    EXPECT_TRUE(survey.ids && survey.ids->empty());
}

} // namespace
