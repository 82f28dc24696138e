// SPDX-License-Identifier: Apache-2.0
// main() of every test program. One whose name ends in _root_test runs in namespaces of its own.
#include "support/sandbox.hpp"

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    const bool in_sandbox =
        std::string_view(argv[0]).ends_with("_root_test") && !testing::GTEST_FLAG(list_tests);
    if (in_sandbox) rt::test::enter_sandbox();
    const int code = RUN_ALL_TESTS();
    if (in_sandbox) rt::test::leave_sandbox();
    return code;
}
