// SPDX-License-Identifier: Apache-2.0
#include "core/shim/listeners.hpp"
#include "core/shim/run_files.hpp"
#include "tests/support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Listening : public testing::Test {
protected:
    rt::UniqueFd listen(const std::string& name) {
        std::filesystem::create_directories(directory_ / name);
        auto socket = rt::shim::listen_socket(directory_ / name);
        EXPECT_TRUE(socket) << socket.error().message;
        return socket ? std::move(*socket) : rt::UniqueFd();
    }

    rt::test::TempDir temporary_;
    rt::Path directory_ = temporary_.path();
};

TEST_F(Listening, ThoseAreThereWhoseSocketIsOpen) {
    EXPECT_THAT(rt::shim::listening_below(directory_), IsEmpty());
    rt::UniqueFd first = listen("first");
    const rt::UniqueFd second = listen("second");
    EXPECT_THAT(rt::shim::listening_below(directory_), UnorderedElementsAre("first", "second"));
    first.reset(); // its file stays
    EXPECT_THAT(rt::shim::listening_below(directory_), UnorderedElementsAre("second"));
}

TEST_F(Listening, OthersInOtherPlacesAreNotThem) {
    const rt::UniqueFd above = listen("");
    const rt::UniqueFd below = listen("one/two");
    EXPECT_THAT(rt::shim::listening_below(directory_), IsEmpty());
    EXPECT_THAT(rt::shim::listening_below(directory_ / "one"), UnorderedElementsAre("two"));
    EXPECT_THAT(rt::shim::listening_below(rt::Path(directory_.native() + "/on")), IsEmpty());
}

TEST_F(Listening, MoreThanTheKernelTellsAtOnce) {
    std::vector<rt::UniqueFd> sockets;
    std::vector<std::string> names;
    for (int number = 0; number < 400; ++number) {
        names.push_back("container-" + std::to_string(number));
        sockets.push_back(listen(names.back()));
    }
    EXPECT_THAT(rt::shim::listening_below(directory_), testing::UnorderedElementsAreArray(names));
}

} // namespace
