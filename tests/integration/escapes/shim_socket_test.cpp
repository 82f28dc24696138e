// SPDX-License-Identifier: Apache-2.0
// CVE-2020-15257: an abstract socket of the shim is open to every container that shares the host's network.
#include "escapes/escapes.hpp"

#include <set>
#include <sstream>

namespace {

class ShimSocket : public Escapes {
protected:
    // The names of sockets in the network that the line runs in.
    std::set<std::string> names() {
        const auto outcome = attack({"--network", "host"}, {"cat", "/proc/net/unix"});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        std::set<std::string> found;
        std::istringstream lines(outcome.out);
        for (std::string line; std::getline(lines, line);)
            if (const auto at = line.find_first_of("/@"); at != line.npos) found.insert(line.substr(at));
        return found;
    }
};

TEST_F(ShimSocket, HasNoNameThatAContainerCanUse) {
    start("box", {"--network", "host"}, {"sleep", "1000"});
    const auto found = names();
    EXPECT_FALSE(found.empty()); // those of the two shims
    for (const std::string& name : found) {
        EXPECT_FALSE(name.starts_with('@')) << name;
        EXPECT_NE(exec({"box", "test", "-e", name}).exit_code, 0) << name;
    }
}

} // namespace
