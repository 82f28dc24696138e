// SPDX-License-Identifier: Apache-2.0
#include "core/container/file_maker.hpp"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace rt {

Result<FileMaker> FileMaker::become(std::uint32_t user_and_group) {
    FileMaker maker;
    if (user_and_group == 0) return maker;
    maker.active_ = true;
    ::setfsgid(user_and_group);
    ::setfsuid(user_and_group); // takes the capabilities on files out of the effective set
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return fail_errno(errno, "read capabilities");
    for (auto& set : sets) set.effective = set.permitted;
    if (::syscall(SYS_capset, &header, sets.data()) != 0) return fail_errno(errno, "keep capabilities");
    return maker;
}

FileMaker::FileMaker(FileMaker&& other) noexcept : active_(std::exchange(other.active_, false)) {}

FileMaker::~FileMaker() {
    if (!active_) return;
    ::setfsuid(::geteuid());
    ::setfsgid(::getegid());
}

} // namespace rt
