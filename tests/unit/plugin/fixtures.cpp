// SPDX-License-Identifier: Apache-2.0
#include "fixtures.hpp"

#include "core/config/trusted_path.hpp"

namespace rt::test {

void PluginTest::SetUp() {
    write_file(directory_ / "probe", "");
    if (!check_trusted_file(directory_ / "probe", "test directory"))
        GTEST_SKIP() << "needs a directory that nobody else can write to; run it as root";
}

Path PluginTest::copy(std::string_view name) {
    const std::string file = cat(name, ".so");
    Path target = directory_ / file;
    // Never over a file that may be loaded: its pages would change under the code that runs.
    std::filesystem::copy_file(Path(RT_FIXTURE_DIR) / file, target,
                               std::filesystem::copy_options::skip_existing);
    std::filesystem::permissions(target, std::filesystem::perms(0755));
    return target;
}

DriverSpec PluginTest::spec(std::string_view name, std::string_view config_json) {
    return {copy(name),           std::string(name),  std::string(config_json),
            directory_ / "state", directory_ / "run", false};
}

} // namespace rt::test
