// SPDX-License-Identifier: Apache-2.0
#include "layer_writer.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace rt::test {
namespace {

constexpr off_t kSparseSize = 8 << 20;

void must(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

// cap_net_raw+ep as the kernel stores it.
std::string net_raw_capability() {
    vfs_cap_data data{};
    data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
    data.data[0].permitted = 1U << CAP_NET_RAW;
    return {reinterpret_cast<const char*>(&data), XATTR_CAPS_SZ_2};
}

void set_xattr(const std::filesystem::path& path, const char* name, const std::string& value) {
    must(::lsetxattr(path.c_str(), name, value.data(), value.size(), 0), name);
}

void write_sparse(const std::filesystem::path& path) {
    const sdk::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    must(fd.get(), "open");
    must(static_cast<int>(::pwrite(fd.get(), "begin", 5, 0)), "write");
    must(static_cast<int>(::pwrite(fd.get(), "middle", 6, kSparseSize / 2)), "write");
    must(::ftruncate(fd.get(), kSparseSize), "truncate");
}

} // namespace

Ids make_layer(DriverUnderTest& driver, const std::string& id, const Ids& parents, const Writer& write) {
    if (driver.prepare(id, parents) != RTP_OK) throw std::runtime_error(driver.error().message);
    {
        const Mounted mounted(driver, id, parents);
        write(mounted.path());
    }
    if (driver.commit(id) != RTP_OK) throw std::runtime_error(driver.error().message);
    Ids chain{id};
    chain.insert(chain.end(), parents.begin(), parents.end());
    return chain;
}

struct stat status_of(const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path << ": " << std::strerror(errno);
    return status;
}

std::string xattr_of(const std::filesystem::path& path, const std::string& name) {
    char value[256];
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value, sizeof value);
    return size < 0 ? std::string{} : std::string(value, static_cast<std::size_t>(size));
}

void write_one_of_each(const std::filesystem::path& root) {
    std::filesystem::create_directories(root / "bin");
    write_file(root / "bin/tool", "#!tool");
    must(::chown((root / "bin/tool").c_str(), 1234, 5678), "chown");
    must(::chmod((root / "bin/tool").c_str(), 06755), "chmod");
    set_xattr(root / "bin/tool", "security.capability", net_raw_capability());
    set_xattr(root / "bin/tool", "user.note", "kept");
    std::filesystem::create_hard_link(root / "bin/tool", root / "tool-again");
    std::filesystem::create_hard_link(root / "bin/tool", root / "bin/tool-too");
    must(::symlink("/no/where", (root / "link").c_str()), "symlink");
    must(::lchown((root / "link").c_str(), 3000000, 7), "lchown");
    set_xattr(root / "link", "trusted.note", "on a link");
    must(::mknod((root / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)), "mknod");
    must(::chmod((root / "null").c_str(), 0666), "chmod");
    must(::mknod((root / "disk").c_str(), S_IFBLK | 0600, makedev(259, 70000)), "mknod");
    must(::mknod((root / "pipe").c_str(), S_IFIFO | 0640, 0), "mkfifo");
    must(::mknod((root / "socket").c_str(), S_IFSOCK | 0600, 0), "socket");
    write_sparse(root / "sparse");
    write_file(root / "empty", "");
    write_file(root / "line\nbreak\xff", "odd name");
    std::filesystem::create_directory(root / "sticky");
    must(::chmod((root / "sticky").c_str(), 03777), "chmod");
    set_xattr(root / "sticky", "user.note", "on a directory");
    const timespec times[2] = {{1'000'000'000, 0}, {1'111'111'111, 222'222'222}};
    for (const char* name : {"bin/tool", "link", "sticky", "bin"})
        must(::utimensat(AT_FDCWD, (root / name).c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat");
}

void expect_one_of_each(const std::filesystem::path& root) {
    const struct stat tool = status_of(root / "bin/tool");
    EXPECT_EQ(tool.st_mode, S_IFREG | 06755U);
    EXPECT_EQ(tool.st_uid, 1234U);
    EXPECT_EQ(tool.st_gid, 5678U);
    EXPECT_EQ(tool.st_nlink, 3U);
    EXPECT_EQ(read_file(root / "bin/tool"), "#!tool");
    EXPECT_EQ(xattr_of(root / "bin/tool", "security.capability"), net_raw_capability());
    EXPECT_EQ(xattr_of(root / "bin/tool", "user.note"), "kept");
    EXPECT_EQ(status_of(root / "tool-again").st_ino, tool.st_ino);
    EXPECT_EQ(status_of(root / "bin/tool-too").st_ino, tool.st_ino);
    EXPECT_EQ(std::filesystem::read_symlink(root / "link"), "/no/where");
    EXPECT_EQ(status_of(root / "link").st_uid, 3000000U);
    EXPECT_EQ(xattr_of(root / "link", "trusted.note"), "on a link");
    EXPECT_EQ(status_of(root / "null").st_mode, S_IFCHR | 0666U);
    EXPECT_EQ(status_of(root / "null").st_rdev, makedev(1, 3));
    EXPECT_EQ(status_of(root / "disk").st_mode, S_IFBLK | 0600U);
    EXPECT_EQ(status_of(root / "disk").st_rdev, makedev(259, 70000));
    EXPECT_TRUE(S_ISFIFO(status_of(root / "pipe").st_mode));
    EXPECT_TRUE(S_ISSOCK(status_of(root / "socket").st_mode));
    const struct stat sparse = status_of(root / "sparse");
    EXPECT_EQ(sparse.st_size, kSparseSize);
    EXPECT_LT(sparse.st_blocks * 512, 1 << 20) << "the holes were filled";
    EXPECT_EQ(read_file(root / "sparse").substr(kSparseSize / 2, 6), "middle");
    EXPECT_EQ(status_of(root / "empty").st_size, 0);
    EXPECT_EQ(read_file(root / "line\nbreak\xff"), "odd name");
    EXPECT_EQ(status_of(root / "sticky").st_mode, S_IFDIR | 03777U);
    EXPECT_EQ(xattr_of(root / "sticky", "user.note"), "on a directory");
    for (const char* name : {"bin/tool", "link", "sticky", "bin"}) {
        EXPECT_EQ(status_of(root / name).st_mtim.tv_sec, 1'111'111'111) << name;
        EXPECT_EQ(status_of(root / name).st_mtim.tv_nsec, 222'222'222) << name;
    }
}

} // namespace rt::test
