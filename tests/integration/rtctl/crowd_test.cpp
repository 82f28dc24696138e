// SPDX-License-Identifier: Apache-2.0
// Many containers that come and go at once. A program of its own, because it leaves no processor to other
// tests.
#include "with_busybox.hpp"

#include <mutex>
#include <thread>

namespace {

constexpr int callers = 8, of_each = 25;

class Crowd : public WithBusybox {
protected:
    // A command that has to succeed and to have nothing to say beside its output.
    bool succeeds(const std::vector<std::string>& arguments) {
        const auto outcome = rtctl_(arguments);
        if (outcome.exit_code == 0 && outcome.err.empty()) return true;
        const std::scoped_lock lock(mutex_);
        ADD_FAILURE() << arguments[0] << " " << arguments[1] << " ended with " << outcome.exit_code << ": "
                      << outcome.err;
        return false;
    }
    void come_and_go(const std::string& name, bool by_itself) {
        if (by_itself) {
            succeeds({"run", "--rm", "--name", name, "busybox", "true"});
            return;
        }
        if (succeeds({"run", "-d", "--name", name, "busybox", "sleep", "1000"}))
            (void)(succeeds({"stop", "-t", "0", name}) && succeeds({"rm", name}));
    }

private:
    std::mutex mutex_;
};

TEST_F(Crowd, OfTwoHundredStartedAndRemovedByEightAtOnceNothingStays) {
    {
        std::vector<std::jthread> threads;
        for (int caller = 0; caller < callers; ++caller)
            threads.emplace_back([this, caller] {
                for (int number = 0; number < of_each; ++number)
                    come_and_go("crowd-" + std::to_string(caller) + "-" + std::to_string(number),
                                (caller + number) % 2 == 0);
            });
    }
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    EXPECT_TRUE(is_clean()) << difference();
    EXPECT_EQ(rtctl_({"run", "--rm", "busybox", "echo", "still works"}).out, "still works\n");
}

} // namespace
