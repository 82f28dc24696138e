// SPDX-License-Identifier: Apache-2.0
// Gives a test the plugins of tests/fixtures/plugins in a directory of its own, where they may be loaded
// whoever built them.
#pragma once

#include "core/plugin/loader.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace rt::test {

class PluginTest : public testing::Test {
protected:
    void SetUp() override;

    // A copy of a fixture's shared object, 0755 and ours.
    Path copy(std::string_view name);
    // What make_...() needs to make it.
    DriverSpec spec(std::string_view name, std::string_view config_json = "{}");

    TempDir directory_;
};

// What is the code of a Result that should be a failure; name_of for the output.
template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : std::string(name_of(result.error().code));
}

} // namespace rt::test

// The message, since a message that does not name the file or the remedy is a defect as well.
#define EXPECT_MESSAGE_HAS(result, part)                                                                     \
    EXPECT_NE((result).error().message.find(part), std::string::npos) << (result).error().message
