// SPDX-License-Identifier: Apache-2.0
#include "mounted.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace rt::test {
namespace {

void must(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what + ": " + std::strerror(errno));
}

void mount_bind(const sdk::Mount& mount, const char* target) {
    must(::mount(mount.source.c_str(), target, nullptr, MS_BIND, nullptr) == 0, "bind " + mount.source);
    if (std::ranges::find(mount.options, "ro") == mount.options.end()) return;
    must(::mount(nullptr, target, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0,
         "make it read-only");
}

// fsconfig(2) takes values of 255 bytes.
void mount_old(const sdk::Mount& mount, const char* target) {
    unsigned long flags = 0;
    std::string data;
    for (const std::string& option : mount.options) {
        if (option == "ro") flags = MS_RDONLY;
        if (option != "ro" && option != "rw") data += (data.empty() ? "" : ",") + option;
    }
    must(::mount(mount.source.c_str(), target, mount.type.c_str(), flags, data.c_str()) == 0,
         "mount " + mount.type + " with " + data);
}

void mount_new(const sdk::Mount& mount, const char* target) {
    constexpr std::size_t kLongest = 255;
    if (std::ranges::any_of(mount.options, [](const auto& option) { return option.size() > kLongest; }))
        return mount_old(mount, target);
    const sdk::UniqueFd context(::fsopen(mount.type.c_str(), FSOPEN_CLOEXEC));
    must(static_cast<bool>(context), "fsopen " + mount.type);
    unsigned flags = 0;
    for (const std::string& option : mount.options) {
        if (option == "ro") flags = MOUNT_ATTR_RDONLY;
        if (option == "ro" || option == "rw") continue;
        const auto equals = option.find('=');
        const std::string key = option.substr(0, equals);
        const int result =
            equals == std::string::npos
                ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
                : ::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), &option[equals + 1], 0);
        must(result == 0, option);
    }
    must(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0, "mount " + mount.type);
    const sdk::UniqueFd made(::fsmount(context.get(), FSMOUNT_CLOEXEC, flags));
    must(static_cast<bool>(made), "fsmount");
    must(::move_mount(made.get(), "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0, "move_mount");
}

} // namespace

Mounted::Mounted(DriverUnderTest& driver, const std::string& id, const Ids& parents, int mode)
    : target_(place_ / "root") {
    std::filesystem::create_directory(target_);
    std::vector<sdk::Mount> mounts;
    if (driver.mounts(id, parents, mode, mounts) != RTP_OK) throw std::runtime_error(driver.error().message);
    must(mounts.size() == 1 && mounts[0].target.empty(), "one mount on the root");
    if (mounts[0].type == "bind")
        mount_bind(mounts[0], target_.c_str());
    else
        mount_new(mounts[0], target_.c_str());
}

Mounted::~Mounted() {
    (void)::umount2(target_.c_str(), 0);
} // TempDir then fails on what is still mounted

} // namespace rt::test
