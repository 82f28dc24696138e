// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <sys/mount.h>

namespace {

namespace fs = std::filesystem;
using rt::test::Outcome;
using rt::test::write_file;
using testing::HasSubstr;
using DoctorHost = rt::test::Doctor;

TEST_F(DoctorHost, WithoutANameServerForContainersIsFound) {
    const fs::path only_own = rtctl_.directory() / "resolv.conf";
    write_file(only_own, "nameserver 127.0.0.1\n");
    ASSERT_EQ(::mount(only_own.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr), 0);
    expect_found_and_left("host.name-servers", "/etc/resolv.conf", [&] { ::umount("/etc/resolv.conf"); });
}

TEST_F(DoctorHost, WithoutRoomIsFound) {
    const fs::path small = rtctl_.directory() / "small";
    fs::create_directory(small);
    ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=8m"), 0);
    const fs::path config = rtctl_.directory() / "small.json";
    write_file(config, "{\"root\": \"" + (small / "root").native() + "\", \"run\": \"" +
                           (rtctl_.directory() / "run2").native() + "\"}\n");
    const Outcome seen =
        rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", config, "doctor", "--format", "json"});
    EXPECT_EQ(seen.exit_code, 1) << seen.err;
    EXPECT_THAT(seen.out, testing::AllOf(HasSubstr(R"("host.space")"), HasSubstr(small.native())));
    ::umount(small.c_str());
}

TEST_F(DoctorHost, WhoseClockIsBehindIsFound) {
    sql("INSERT INTO events (time, type, action, actor_id, attributes) VALUES (9000000000000000000, 'image', "
        "'pull', "
        "'x', '{}')");
    expect_found_and_left("host.time", "clock", [&] { sql("DELETE FROM events WHERE actor_id = 'x'"); });
}

TEST_F(DoctorHost, HasTrialsOfPluginsThatWereKilled) {
    fs::create_directories(rtctl_.root() / "survey-4194305" / "state"); // above the highest process id
    expect_found_and_repaired("state.trial", "survey-4194305");
}

TEST_F(DoctorHost, ThatCannotBeLookedAtEndsWithAnExitCodeOfItsOwn) {
    const fs::path names = rtctl_.run() / "networks", aside = rtctl_.run() / "aside";
    fs::rename(names, aside);
    write_file(names, "no directory\n");
    const Look seen = look();
    EXPECT_EQ(seen.exit_code, 2) << seen.out;
    ASSERT_EQ(seen.findings.size(), 1U) << seen.out;
    EXPECT_EQ(seen.findings[0]["Severity"], "unseen");
    EXPECT_EQ(seen.findings[0]["Check"], "network.name");
    fs::remove(names);
    fs::rename(aside, names);
    write_file(rtctl_.directory() / "wrong.json", "{");
    const Outcome wrong = rt::test::run_program(
        {RT_BUILD_DIR "/bin/rtctl", "--config", rtctl_.directory() / "wrong.json", "doctor"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_NE(wrong.err, "");
    EXPECT_EQ(rtctl_({"doctor", "--format", "yaml"}).exit_code, 125);
}

} // namespace
