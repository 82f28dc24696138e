// SPDX-License-Identifier: Apache-2.0
// A fixture: WithBusybox with networks that the test makes; at its end they can all be removed.
#pragma once

#include "rtctl/with_busybox.hpp"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

using Words = std::vector<std::string>;

class UserNetworks : public WithBusybox {
protected:
    void TearDown() override {
        if (IsSkipped() || HasFatalFailure()) return;
        std::istringstream ids(rtctl_({"ps", "-aq"}).out);
        for (std::string id; std::getline(ids, id);) EXPECT_EQ(rtctl_({"rm", "-f", id}).exit_code, 0);
        const auto pruned = rtctl_({"network", "prune", "-f"});
        EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
        EXPECT_FALSE(std::filesystem::exists(rtctl_.run() / "networks") &&
                     !std::filesystem::is_empty(rtctl_.run() / "networks"));
        WithBusybox::TearDown();
    }
    void create(Words options, const std::string& name) {
        Words words{"network", "create"};
        words.insert(words.end(), options.begin(), options.end());
        words.push_back(name);
        const auto made = rtctl_(words);
        ASSERT_EQ(made.exit_code, 0) << made.err;
    }
    void start(const std::string& name, Words options, const std::string& line = "sleep 600") {
        Words words{"run", "-d", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        const auto started = rtctl_(words);
        ASSERT_EQ(started.exit_code, 0) << started.err;
    }
    rt::test::Outcome in(const std::string& container, const std::string& line) {
        return rtctl_({"exec", container, "sh", "-c", line});
    }
    void expect_refused(Words words, const std::string& text) {
        const auto outcome = rtctl_(words);
        EXPECT_NE(outcome.exit_code, 0) << text;
        EXPECT_THAT(outcome.err, testing::HasSubstr(text));
    }
};
