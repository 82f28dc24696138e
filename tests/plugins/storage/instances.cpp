// SPDX-License-Identifier: Apache-2.0
// The drivers that come with rt, each held to every law.
#include "driver_under_test.hpp"

namespace rt::test {
namespace {

const auto kDrivers = testing::Values(std::filesystem::path(RT_PLUGIN_DIR "/overlayfs.so"),
                                      std::filesystem::path(RT_PLUGIN_DIR "/vfs.so"));

std::string name_of(const testing::TestParamInfo<std::filesystem::path>& info) {
    return info.param.stem();
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Drivers, SnapshotLaws, kDrivers, name_of);
INSTANTIATE_TEST_SUITE_P(Drivers, ContentLaws, kDrivers, name_of);
INSTANTIATE_TEST_SUITE_P(Drivers, RemovalLaws, kDrivers, name_of);
INSTANTIATE_TEST_SUITE_P(Drivers, CrashLaws, kDrivers, name_of);

} // namespace rt::test
