// SPDX-License-Identifier: Apache-2.0
#include "escapes/escapes.hpp"

using rt::test::Outcome;

namespace fs = std::filesystem;

void Escapes::SetUp() {
    WithBusybox::SetUp();
    for (const char* name : {"outside/there", "shared"}) fs::create_directories(rtctl_.directory() / name);
    rt::test::write_file(outside() / "secret", "of the host\n");
    rt::test::write_file(outside() / "file", "of the host\n");
    outside_before_ = content(outside());
}

void Escapes::TearDown() {
    for (const std::string& name : Words(names_)) remove(name);
    EXPECT_EQ(content(outside()), outside_before_);
    WithBusybox::TearDown();
}

void Escapes::start(const std::string& name, Words options, const Words& program) {
    Words words{"run", "-d", "--name", name, "-v", RT_ATTACK_DIR ":/attack:ro"};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("busybox");
    words.insert(words.end(), program.begin(), program.end());
    names_.push_back(name);
    const Outcome outcome = rtctl_(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
}

void Escapes::remove(const std::string& name) {
    (void)rtctl_({"rm", "-f", name}); // it may never have been made
    std::erase(names_, name);
}

Outcome Escapes::attack(const Words& options, const Words& program) {
    Words words{"run", "--rm", "-v", RT_ATTACK_DIR ":/attack:ro"};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("busybox");
    words.insert(words.end(), program.begin(), program.end());
    return rtctl_(words);
}

Outcome Escapes::exec(Words words) {
    words.insert(words.begin(), "exec");
    return rtctl_(words);
}

std::string Escapes::log_of(const std::string& name) {
    return rtctl_({"logs", name}).out;
}

std::map<std::string, std::string> Escapes::content(const fs::path& directory) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        const fs::file_status status = entry.symlink_status();
        std::string& text = found[entry.path().native()];
        text = std::to_string(static_cast<unsigned>(status.permissions())) + " ";
        if (fs::is_regular_file(status)) text += rt::test::read_file(entry.path());
        if (fs::is_symlink(status)) text += fs::read_symlink(entry.path()).native();
    }
    return found;
}
