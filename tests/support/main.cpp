// SPDX-License-Identifier: Apache-2.0
// main() of every test program. One whose name ends in _root_test runs in namespaces of its own.
#include "support/sandbox.hpp"

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (std::string_view(argv[0]).ends_with("_root_test") && !testing::GTEST_FLAG(list_tests))
        rt::test::enter_sandbox();
    return RUN_ALL_TESTS();
}
