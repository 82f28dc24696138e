// SPDX-License-Identifier: Apache-2.0
// The vfs driver on a file system that can share blocks: a copy then takes no space until it is written to.
// The file system is xfs in a file; where this host cannot make one, the same copy is checked on what there
// is.
#include "layer_writer.hpp"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

bool run(std::vector<const char*> arguments) {
    arguments.push_back(nullptr);
    pid_t child = -1;
    char* const environment[] = {nullptr};
    if (::posix_spawn(&child, arguments[0], nullptr, nullptr, const_cast<char**>(arguments.data()),
                      environment) != 0)
        return false;
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
}

// Attaches the image to a free loop device, which goes when it is closed and unmounted last.
sdk::UniqueFd attach_loop(const fs::path& image, std::string& device) {
    const sdk::UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    const sdk::UniqueFd file(::open(image.c_str(), O_RDWR | O_CLOEXEC));
    for (int attempt = 0; control && file && attempt < 20; ++attempt) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        device = "/dev/loop" + std::to_string(number);
        sdk::UniqueFd loop(::open(device.c_str(), O_RDWR | O_CLOEXEC));
        loop_config config{};
        config.fd = static_cast<__u32>(file.get());
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (loop && ::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) return loop;
    }
    return {};
}

bool mount_sharing_file_system(const fs::path& image, const fs::path& target) {
    write_file(image, "");
    fs::resize_file(image, 320U << 20);
    if (!run({"/usr/sbin/mkfs.xfs", "-q", "-m", "reflink=1", image.c_str()})) return false;
    std::string device;
    const sdk::UniqueFd loop = attach_loop(image, device);
    return loop && ::mount(device.c_str(), target.c_str(), "xfs", 0, nullptr) == 0;
}

bool shares_blocks(const fs::path& path) {
    // A fiemap with room for one extent.
    alignas(fiemap) std::array<std::byte, sizeof(fiemap) + sizeof(fiemap_extent)> buffer{};
    auto* map = reinterpret_cast<fiemap*>(buffer.data());
    map->fm_length = FIEMAP_MAX_OFFSET;
    map->fm_flags = FIEMAP_FLAG_SYNC;
    map->fm_extent_count = 1;
    const sdk::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return ::ioctl(fd.get(), FS_IOC_FIEMAP, map) == 0 && map->fm_mapped_extents == 1 &&
           (map->fm_extents[0].fe_flags & FIEMAP_EXTENT_SHARED) != 0;
}

} // namespace

TEST(VfsDriver, CopiesShareBlocksExactlyWhereItsProbeSaysSo) {
    const TempDir temp;
    fs::create_directory(temp / "place");
    const bool mounted = mount_sharing_file_system(temp / "image", temp / "place");
    {
        DriverUnderTest driver(RT_PLUGIN_DIR "/vfs.so", temp / "place");
        std::string facts;
        ASSERT_EQ(driver.probe(facts), RTP_OK) << driver.error().message;
        const bool shares = facts == R"({"reflink": true})";
        EXPECT_TRUE(shares || !mounted) << facts;
        const Ids base = make_layer(driver, "base", {}, [](const fs::path& root) {
            write_one_of_each(root);
            write_file(root / "large", std::string(4 << 20, 'x'));
        });
        ASSERT_EQ(driver.prepare("c", base), RTP_OK) << driver.error().message;
        const Mounted copy(driver, "c", base);
        expect_one_of_each(copy.path());
        EXPECT_EQ(shares_blocks(copy / "large"), shares);
        write_file(copy / "large", "changed");
        EXPECT_EQ(fs::file_size(Mounted(driver, "base", {}, RTP_MOUNT_READ_ONLY) / "large"), 4U << 20);
    }
    if (mounted) ::umount2((temp / "place").c_str(), MNT_DETACH);
}

} // namespace rt::test
