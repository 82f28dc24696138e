// SPDX-License-Identifier: Apache-2.0
#include "core/shim/listeners.hpp"
#include "core/shim/run_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <filesystem>

namespace {

using testing::ElementsAre;

// Not on a disk: some file systems number devices otherwise for stat().
class Listening : public testing::Test {
protected:
    void SetUp() override {
        std::string name = "/dev/shm/rt-test-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    rt::UniqueFd listen(const std::string& name) {
        std::filesystem::create_directories(directory_ / name);
        auto socket = rt::shim::listen_socket(directory_ / name);
        EXPECT_TRUE(socket) << socket.error().message;
        return socket ? std::move(*socket) : rt::UniqueFd();
    }

    // Of the names asked for, those whose sockets are among them.
    std::vector<std::string> listening(const std::vector<std::string>& names) {
        const auto sockets = rt::shim::listening_sockets();
        std::vector<std::string> found;
        for (const std::string& name : names) {
            struct stat file{};
            EXPECT_EQ(::stat((directory_ / name / rt::shim::kSocketName).c_str(), &file), 0) << name;
            if (sockets.contains(rt::shim::SocketFile(file))) found.push_back(name);
        }
        return found;
    }

    rt::Path directory_;
};

TEST_F(Listening, ThoseAreThereWhoseSocketIsOpen) {
    rt::UniqueFd first = listen("first");
    const rt::UniqueFd second = listen("second");
    EXPECT_THAT(listening({"first", "second"}), ElementsAre("first", "second"));
    first.reset(); // its file stays
    EXPECT_THAT(listening({"first", "second"}), ElementsAre("second"));
}

TEST_F(Listening, WhateverTheLengthOfTheirPaths) {
    const std::string name(200, 'x');
    const rt::UniqueFd socket = listen(name);
    EXPECT_THAT(listening({name}), ElementsAre(name));
}

TEST_F(Listening, MoreThanTheKernelTellsAtOnce) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    std::vector<rt::UniqueFd> sockets;
    std::vector<std::string> names;
    for (int number = 0; number < 800; ++number) {
        names.push_back("container-" + std::to_string(number));
        sockets.push_back(listen(names.back()));
    }
    EXPECT_EQ(listening(names), names);
}

} // namespace
