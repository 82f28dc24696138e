// SPDX-License-Identifier: Apache-2.0
// Which shims are there, asked of the kernel for all of them at once.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <unordered_set>

namespace rt::shim {

// A socket's file, as the kernel tells of it: the device as it numbers them itself, and what is in 32 bits of
// the inode. The kernel numbers some file systems (btrfs) otherwise for stat(): there none is found.
class SocketFile {
public:
    SocketFile(std::uint32_t device, std::uint32_t inode) : key_(std::uint64_t{device} << 32U | inode) {}
    explicit SocketFile(const struct stat& file);
    bool operator==(const SocketFile&) const = default;

    struct Hash {
        std::size_t operator()(const SocketFile& file) const { return std::hash<std::uint64_t>()(file.key_); }
    };

private:
    std::uint64_t key_;
};

// The sockets of this network namespace that somebody listens at: whose shims are alive. Empty where the
// kernel does not answer. Any thread.
using ListeningSockets = std::unordered_set<SocketFile, SocketFile::Hash>;
ListeningSockets listening_sockets();

} // namespace rt::shim
