// SPDX-License-Identifier: Apache-2.0
// A shim over the fake isolation driver, in a directory of the test's own. What a test leaves running is
// ended by the fixture: it destroys the container and says reaped(), or kills the shim by its pid file.
#pragma once

#include "core/shim/client.hpp"
#include "support/patience.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace rt::test {

struct Collected {
    std::string out;
    std::string error;
    bool exited = false;
    ExitRecord exit;
};

class ShimTest : public testing::Test {
protected:
    ShimTest();
    ~ShimTest() override;

    [[nodiscard]] Path directory() const { return directory_; }
    [[nodiscard]] Path log_file() const { return temp_ / "container.log"; }
    [[nodiscard]] Path reaper_file() const { return temp_ / "reaped"; } // a line for each run of the command
    [[nodiscard]] std::string log() const;
    [[nodiscard]] std::size_t reaper_runs() const;
    [[nodiscard]] pid_t shim_pid() const;

    ShimClient launch();
    ShimClient connect();
    // A container that runs a shell with this script.
    [[nodiscard]] ShimContainer shell(const std::string& script) const;
    [[nodiscard]] ShimContainer program(std::vector<std::string> arguments, bool terminal = false) const;
    // launch, create, attach, start.
    ShimClient run(const ShimContainer& container, bool with_stdin = false);

    static Collected collect(ShimClient& client); // until the exit or the end of the connection
    // Reads until all of it has come out of the container.
    static void expect_output(ShimClient& client, const std::string& text);

    TempDir temp_;
    Path directory_;
    ShimLaunch launch_;
    std::string annotations_ = "{}";
    const Operation operation_{.id = "test"};
};

} // namespace rt::test
