// SPDX-License-Identifier: Apache-2.0
// Mounts what a driver returned at a directory of its own, as the host does; unmounted when it goes.
#pragma once

#include "driver_under_test.hpp"

#include <filesystem>
#include <string>

namespace rt::test {

class Mounted {
public:
    // Throws std::runtime_error when the driver or the kernel refuses.
    Mounted(DriverUnderTest& driver, const std::string& id, const Ids& parents = {},
            int mode = RTP_MOUNT_READ_WRITE);
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted();

    [[nodiscard]] const std::filesystem::path& path() const { return target_; }
    std::filesystem::path operator/(const std::string& name) const { return target_ / name; }

private:
    TempDir place_;
    std::filesystem::path target_;
};

} // namespace rt::test
