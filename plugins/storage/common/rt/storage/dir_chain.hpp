// SPDX-License-Identifier: Apache-2.0
// The way from a root directory down to the current one, as file descriptors. Trees may be deeper than a
// process may have descriptors: only the nearest are kept open, the others are opened again through ".." and
// compared by inode. Never follows a symbolic link, never enters another mount. Owns the descriptors; for one
// thread.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <cstdint>
#include <vector>

namespace rt::storage {

class DirChain {
public:
    // root: an open directory.
    static sdk::Result<DirChain> at(sdk::UniqueFd root);

    [[nodiscard]] int fd() const { return frames_.back().fd.get(); }
    [[nodiscard]] std::size_t depth() const { return frames_.size() - 1; }

    // Into the subdirectory. failed_precondition: something is mounted there; not_found: it is gone.
    sdk::Result<void> enter(const char* name);
    // Back to the parent. unavailable: somebody moved the directories meanwhile.
    sdk::Result<void> leave();

private:
    struct Identity {
        std::uint64_t inode = 0;
        std::uint64_t device = 0;
        std::uint64_t mount = 0;
        friend bool operator==(const Identity&, const Identity&) = default;
    };
    struct Frame {
        sdk::UniqueFd fd;
        Identity identity;
    };
    static sdk::Result<Identity> identify(int fd);

    std::vector<Frame> frames_;
};

} // namespace rt::storage
