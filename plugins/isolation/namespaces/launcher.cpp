// SPDX-License-Identifier: Apache-2.0
#include "launcher.hpp"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/statvfs.h>

// The launcher's file, put here by the linker (launcher_image.S).
extern "C" const char rt_launcher_begin[];
extern "C" const char rt_launcher_end[];

namespace rt::namespaces {
namespace {

#ifndef MFD_EXEC
constexpr unsigned MFD_EXEC = 0x10; // Linux 6.3
#endif

// rt-shim is started through a detached read-only mount where the engine can do so; no writer gets past that.
bool host_program_is_read_only() {
    const UniqueFd program(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
    struct statvfs info{};
    return program && ::fstatvfs(program.get(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

UniqueFd make_memfd() {
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    UniqueFd fd(::memfd_create("rt-launcher", flags | MFD_EXEC));
    if (!fd && errno == EINVAL) fd.reset(::memfd_create("rt-launcher", flags)); // before Linux 6.3
    return fd;
}

} // namespace

Result<UniqueFd> open_launcher() {
    if (host_program_is_read_only()) return UniqueFd();
    UniqueFd fd = make_memfd();
    if (!fd) return fail_errno(errno, "make a file in memory for the launcher");
    const auto size = static_cast<std::size_t>(rt_launcher_end - rt_launcher_begin);
    if (::write(fd.get(), rt_launcher_begin, size) != static_cast<ssize_t>(size))
        return fail_errno(errno, "write the launcher of ", size, " bytes into memory");
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return fail_errno(errno, "seal the launcher");
    // A process that has the file open for writing cannot execute it: hand on a descriptor for reading.
    UniqueFd readable(::open(cat("/proc/self/fd/", fd.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!readable) return fail_errno(errno, "open the launcher again");
    return readable;
}

} // namespace rt::namespaces
