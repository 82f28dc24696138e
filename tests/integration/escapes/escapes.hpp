// SPDX-License-Identifier: Apache-2.0
// A fixture for attacks: a directory of the host that no container may reach ("outside"), one that containers
// share, the attack programs as a volume, and containers that are removed at the end.
#pragma once

#include "rtctl/with_busybox.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

class Escapes : public WithBusybox {
protected:
    using Words = std::vector<std::string>;

    void SetUp() override;
    void TearDown() override;

    // Starts a container in the background; it has the attack programs at /attack.
    void start(const std::string& name, Words options, const Words& program);
    void remove(const std::string& name);
    // The same in the foreground; it is removed when it ends.
    rt::test::Outcome attack(const Words& options, const Words& program);
    rt::test::Outcome exec(Words words);
    [[nodiscard]] std::string log_of(const std::string& name);

    // Calls round() for two seconds, and at least five times.
    template <class Round>
    static void race(Round&& round) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        for (int count = 0; count < 5 || std::chrono::steady_clock::now() < end; ++count) round();
    }

    [[nodiscard]] std::filesystem::path outside() const { return rtctl_.directory() / "outside"; }
    [[nodiscard]] std::filesystem::path shared() const { return rtctl_.directory() / "shared"; }
    // Every path below it with what is in it. Outside, this must stay as it was.
    [[nodiscard]] static std::map<std::string, std::string> content(const std::filesystem::path& directory);

private:
    Words names_;
    std::map<std::string, std::string> outside_before_;
};
