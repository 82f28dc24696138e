// SPDX-License-Identifier: Apache-2.0
// A fixture: an rtctl of the test's own that has the image "busybox" and has run it once, so that what stays
// for good (the bridge, the nft table) is there; at the end of each test nothing more may be.
#pragma once

#include "support/rtctl.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

inline constexpr int kRefused = 125; // the exit code of a run that was not begun

class WithBusybox : public testing::Test {
protected:
    void SetUp() override {
        rtctl_.import_busybox(applets());
        const auto first = rtctl_({"run", "--rm", "busybox", "true"});
        ASSERT_EQ(first.exit_code, 0) << first.err;
        ASSERT_TRUE(take_as_clean());
    }
    void TearDown() override {
        if (!IsSkipped() && !HasFatalFailure()) {
            EXPECT_TRUE(is_clean()) << difference();
        }
    }

    // What is there now, while no container is, may stay. A veth goes some time after its namespace.
    bool take_as_clean() {
        return rt::test::eventually([&] {
            before_ = traces();
            return std::ranges::none_of(before_,
                                        [](const auto& line) { return line.starts_with("link rtv"); });
        });
    }
    bool is_clean() {
        return rt::test::eventually([&] { return traces() == before_; });
    }
    std::string difference() {
        const auto now = traces();
        std::string text;
        for (const auto& line : now)
            if (!before_.contains(line)) text += "left behind: " + line + "\n";
        for (const auto& line : before_)
            if (!now.contains(line)) text += "lost: " + line + "\n";
        return text;
    }
    [[nodiscard]] virtual std::set<std::string> traces() const { return rtctl_.traces(); }
    [[nodiscard]] virtual std::vector<std::string> applets() const { return rt::test::Rtctl::kApplets; }

    // Runs a shell line in a container that goes again.
    rt::test::Outcome sh(const std::string& line, std::vector<std::string> options = {}) {
        std::vector<std::string> words{"run", "--rm"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        return rtctl_(words);
    }

    rt::test::Rtctl rtctl_;
    std::set<std::string> before_;
};
