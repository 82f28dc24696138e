// SPDX-License-Identifier: Apache-2.0
// CVE-2019-5736: a container that makes the runtime execute /proc/self/exe runs the host's program inside,
// with libraries of its own choice, and may then write to the file.
#include "escapes/escapes.hpp"

#include <sys/stat.h>

namespace {

using rt::test::Outcome;

class ProgramOfTheHost : public Escapes {
protected:
    void SetUp() override {
        Escapes::SetUp();
#if defined(__x86_64__)
        const char* const linker = "lib64/ld-linux-x86-64.so.2";
#else
        const char* const linker = "lib/ld-linux-aarch64.so.1";
#endif
        const auto place = rtctl_.directory() / linker;
        std::filesystem::create_directories(place.parent_path());
        std::filesystem::copy_file(RT_ATTACK_DIR "/interpreter", place);
        options_ = {"-v",
                    place.parent_path().native() + ":/" + place.parent_path().filename().native() + ":ro"};
        rt::test::write_file(shared() / "script", "#!/proc/self/exe\n");
        ::chmod((shared() / "script").c_str(), 0755);
        options_.insert(options_.end(), {"-v", shared().native() + ":/shared"});
    }
    // The launcher in memory is sealed, a program of the host is behind a read-only mount.
    static void expect_closed(const Outcome& outcome) {
        EXPECT_TRUE(outcome.out == "sealed\n" || outcome.out == "/rt-shim: Read-only file system\n")
            << "exit code " << outcome.exit_code << ": " << outcome.out << outcome.err;
    }
    Words options_;
};

TEST_F(ProgramOfTheHost, IsNotWrittenToByRun) {
    expect_closed(attack(options_, {"/proc/self/exe"}));
    expect_closed(attack(options_, {"/shared/script"}));
}

TEST_F(ProgramOfTheHost, IsNotWrittenToByExec) {
    start("box", options_, {"sleep", "1000"});
    expect_closed(exec({"box", "/proc/self/exe"}));
    expect_closed(exec({"box", "/shared/script"}));
}

} // namespace
