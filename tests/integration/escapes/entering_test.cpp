// SPDX-License-Identifier: Apache-2.0
// What a container gets of a process that enters it: CVE-2016-9962 (it is traced, or its descriptors are
// opened, before it has given up what it has of the host) and CVE-2022-29162 (capabilities that it can
// inherit).
#include "escapes/escapes.hpp"

#include <fstream>

namespace {

using rt::test::eventually;

class Entering : public Escapes {};

// Makes the way to a program long: /usr/local/sbin, which is looked at first, leads over many links of many
// parts to nowhere. So there is time to attack between the loss of the capabilities and the execution.
void make_long_way(const std::filesystem::path& directory) {
    constexpr int kLinks = 38;
    std::string pause;
    for (int part = 0; part < 2000; ++part) pause += "./";
    for (int link = 0; link < kLinks; ++link)
        std::filesystem::create_symlink(pause + "l" + std::to_string(link + 1),
                                        directory / ("l" + std::to_string(link)));
    std::filesystem::create_symlink("l0", directory / "sbin");
}

TEST_F(Entering, AProcessIsClosedToTheContainerUntilItRunsAProgramOfIt) {
    make_long_way(shared());
    start("snoop", {"-v", shared().native() + ":/usr/local"}, {"/attack/snoop"});
    ASSERT_TRUE(eventually([&] { return log_of("snoop") == "ready\n"; })) << log_of("snoop");
    for (const char* user : {"root", "web"})
        race([&] {
            if (HasFailure()) return;
            EXPECT_EQ(exec({"-u", user, "snoop", "true"}).exit_code, 0);
        });
    (void)exec({"snoop", "touch", "/tmp/stop"}); // it may have ended with a finding
    EXPECT_EQ(rtctl_({"wait", "snoop"}).out, "0\n");
    EXPECT_EQ(log_of("snoop"), "ready\nend\n");
}

TEST_F(Entering, NobodyHasCapabilitiesToInherit) {
    const Words show{"grep", "-E", "^Cap(Inh|Amb)", "/proc/self/status"};
    const std::string none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n";
    for (const Words& options :
         {Words{}, Words{"--cap-add", "NET_ADMIN"}, Words{"--privileged"}, Words{"-u", "web"}})
        EXPECT_EQ(attack(options, show).out, none) << testing::PrintToString(options);
    start("box", {}, {"sleep", "1000"});
    for (Words words :
         {Words{}, Words{"--privileged"}, Words{"-u", "web"}, Words{"--privileged", "-u", "web"}}) {
        words.emplace_back("box");
        words.insert(words.end(), show.begin(), show.end());
        EXPECT_EQ(exec(words).out, none) << testing::PrintToString(words);
    }
}

} // namespace
